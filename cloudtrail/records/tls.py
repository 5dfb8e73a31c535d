"""`tlsDetails`: how a client is connected to AWS's endpoint."""

from __future__ import annotations

TLS_VERSION = "TLSv1.3"
CIPHER_SUITE = "TLS_AES_128_GCM_SHA256"


HOST_ALONE = frozenset({"opensearchserverless"})
"""Services whose `tlsDetails` only has the host (2 of 2)."""


def tls_details(service: str, host: str) -> dict[str, str]:
    """`tlsDetails` for a client of the endpoint `host`."""
    if service in HOST_ALONE:
        return {"clientProvidedHostHeader": host}
    return {
        "tlsVersion": TLS_VERSION,
        "cipherSuite": CIPHER_SUITE,
        "clientProvidedHostHeader": host,
    }
