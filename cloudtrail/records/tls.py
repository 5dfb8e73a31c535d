"""`tlsDetails`: the connection that a client makes to AWS's endpoint."""

from __future__ import annotations

TLS_VERSION = "TLSv1.3"
CIPHER_SUITE = "TLS_AES_128_GCM_SHA256"


def tls_details(host: str) -> dict[str, str]:
    """Return `tlsDetails` for a client of the endpoint `host`."""
    return {
        "tlsVersion": TLS_VERSION,
        "cipherSuite": CIPHER_SUITE,
        "clientProvidedHostHeader": host,
    }
