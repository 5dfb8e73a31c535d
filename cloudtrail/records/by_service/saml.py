"""Assertions of SAML providers: their subject, and what records of AssumeRoleWithSAML show.

A record has the assertion's id and attributes instead of the assertion itself.
Sources: IAM User Guide, "Logging IAM and STS API calls", example of AssumeRoleWithSAML, and
"Configure SAML assertions for the authentication response".
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any
from xml.parsers.expat import ExpatError

import xmltodict  # type: ignore[import-untyped]
from msgspec import Struct

from cloudtrail.partitions import arn_parts

_SPACES = {
    "urn:oasis:names:tc:SAML:2.0:protocol": "",
    "urn:oasis:names:tc:SAML:2.0:assertion": "",
}
_ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
_TAG = "PrincipalTag:"


class SamlAssertion(Struct, frozen=True):
    """A SAML provider's assertion. Its signature is not checked here.

    `attributes` are AWS's own, by the end of their names: `RoleSessionName`.
    """

    assertion_id: str
    issuer: str
    subject: str
    name_qualifier: str
    attributes: Mapping[str, list[str]]


def saml_assertion(parameters: Mapping[str, Any]) -> SamlAssertion | None:
    """The assertion that AssumeRoleWithSAML was called with; None if the text is not one.

    The qualifier is a digest of the issuer, the provider's account and its name (STS API
    reference, AssumeRoleWithSAML).
    """
    try:
        text = base64.b64decode(str(parameters["SAMLAssertion"]))
        found = xmltodict.parse(text, process_namespaces=True, namespaces=_SPACES, force_cdata=True)
        said = found["Response"]["Assertion"]
        issuer, subject = said["Issuer"]["#text"], said["Subject"]["NameID"]["#text"]
        provider = arn_parts(str(parameters["PrincipalArn"]))
        named = f"{issuer}{provider.account_id}/{provider.resource.rpartition('/')[2]}"
        digest = hashlib.sha1(named.encode(), usedforsecurity=False).digest()
        qualifier = base64.b64encode(digest).decode()
        return SamlAssertion(said.get("@ID", ""), issuer, subject, qualifier, _attributes(said))
    except (ValueError, KeyError, TypeError, AttributeError, ExpatError):
        return None


def stated(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What a record's requestParameters show of the assertion; empty if there is none."""
    assertion = saml_assertion(parameters)
    if assertion is None:
        return {}
    attributes = assertion.attributes
    found: dict[str, Any] = {
        "sAMLAssertionID": assertion.assertion_id,
        "roleSessionName": "".join(attributes.get("RoleSessionName", ())[:1]),
        "sourceIdentity": "".join(attributes.get("SourceIdentity", ())[:1]),
        "principalTags": {
            name.removeprefix(_TAG): "".join(values[:1])
            for name, values in attributes.items()
            if name.startswith(_TAG)
        },
        "transitiveTagKeys": attributes.get("TransitiveTagKeys", []),
    }
    return {name: value for name, value in found.items() if value}


def _attributes(assertion: Mapping[str, Any]) -> dict[str, list[str]]:
    statement = assertion.get("AttributeStatement") or {}
    return {
        each["@Name"].removeprefix(_ATTRIBUTES): [
            value["#text"] for value in _several(each.get("AttributeValue")) if "#text" in value
        ]
        for each in _several(statement.get("Attribute"))
        if each["@Name"].startswith(_ATTRIBUTES)
    }


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
