"""IAM's records: which parts of the API's output their responses leave out (measured)."""

from __future__ import annotations

from typing import Any

from cloudtrail.records.calls import Call, text

_LACKING_WHEN_EMPTY = ("tags", "roleLastUsed")
_LACKING = {"CreateRole": ("maxSessionDuration",), "CreatePolicyVersion": ("document",)}


def response_elements(call: Call, elements: dict[str, Any]) -> dict[str, Any]:
    """The response as real records of IAM show it, which have less, and in one case more.

    Empty tags and an unused role's `roleLastUsed` are absent (12 of 12 real records), while an
    instance profile's empty `roles` stay (4 of 4). A new role has no `maxSessionDuration` (4 of 4).
    A new policy version does not have its document, which the API does not return either
    (API/PolicyVersion). A new policy has its description, unless it is empty (2 of 2), although
    CreatePolicy does not return it.
    """
    for described in elements.values():
        if isinstance(described, dict):
            for name in _LACKING_WHEN_EMPTY:
                if not described.get(name, True):
                    del described[name]
            for name in _LACKING.get(call.operation, ()):
                described.pop(name, None)
    description = text(call.parameters, "Description")
    if call.operation == "CreatePolicy" and "policy" in elements and description:
        elements["policy"]["description"] = description
    return elements
