"""IAM's records: which parts of the API's output their responses leave out (measured)."""

from __future__ import annotations

from typing import Any

from cloudtrail.records.calls import Call
from cloudtrail.records.parameters import text

_LACKING_WHEN_EMPTY = ("tags", "roleLastUsed")
_LACKING = {"CreateRole": ("maxSessionDuration",), "CreatePolicyVersion": ("document",)}


def response_elements(call: Call, elements: dict[str, Any]) -> dict[str, Any]:
    """The response without what real records of IAM lack, and with what the API's lacks.

    Empty tags and an unused role's `roleLastUsed` are absent (12 of 12 real records), while
    an instance profile's empty `roles` stay (4 of 4); a role just created shows no
    `maxSessionDuration` (4 of 4), and a new policy version not its document, which the API
    does not return either (API/PolicyVersion). A new policy shows its description (1 of 1; none
    that is empty, 1 of 1), which CreatePolicy does not return.
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
