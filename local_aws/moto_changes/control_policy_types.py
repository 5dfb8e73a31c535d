"""An organization's policies only count while their type is enabled in the root.

A new organization with all features has service control policies enabled; resource control policies
are enabled by EnablePolicyType. Enabling a type attaches its policy that allows everything to the
root and to each unit and account. Disabling it detaches all policies of the type. Source:
API/CreateOrganization, EnablePolicyType; Organizations User Guide, "Disabling a policy type", "RCP
evaluation", "RCP syntax".
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any

from local_aws.moto_changes.patching import MotoChange

SERVICE_CONTROL, RESOURCE_CONTROL = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
_ALLOWING_ALL = {SERVICE_CONTROL: "p-FullAWSAccess", RESOURCE_CONTROL: "p-RCPFullAWSAccess"}


def is_enabled(organization: Any, policy_type: str) -> bool:
    """Whether the type is enabled in the root of the organization: moto's backend of it."""
    types = (each["Type"] for root in _roots(organization) for each in root.policy_types)
    return policy_type in types


def _roots(organization: Any) -> Iterator[Any]:
    return (each for each in organization.ou if each.type == "ROOT")


def _create_organization(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def create_organization(self: Any, region: str, **asked: Any) -> dict[str, Any]:
        made: dict[str, Any] = ask_moto(self, region, **asked)
        if self.org.feature_set == "ALL":
            self.enable_policy_type(RootId=self.org.root_id, PolicyType=SERVICE_CONTROL)
        return made

    return create_organization


def _enable(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def enable_policy_type(self: Any, **asked: Any) -> dict[str, Any]:
        enabled: dict[str, Any] = ask_moto(self, **asked)
        allowing_all = _ALLOWING_ALL.get(asked["PolicyType"])
        for each in (*self.ou, *self.accounts) if allowing_all else ():
            self.attach_policy(PolicyId=allowing_all, TargetId=each.id)
        return enabled

    return enable_policy_type


def _disable(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def disable_policy_type(self: Any, **asked: Any) -> dict[str, Any]:
        disabled: dict[str, Any] = ask_moto(self, **asked)
        for policy in self.policies:
            for each in list(policy.attachments) if policy.type == asked["PolicyType"] else ():
                each.attached_policies.remove(policy)
                policy.attachments.remove(each)
        return disabled

    return disable_policy_type


def _attach(ask_moto: Any) -> Any:
    """Policies that moto attaches by itself to a new account or unit: only if their type is
    enabled."""

    @functools.wraps(ask_moto)
    def attach_policy(self: Any, **asked: Any) -> None:
        if is_enabled(self, self.get_policy_by_id(asked["PolicyId"]).type):
            ask_moto(self, **asked)

    return attach_policy


def _attach_asked(ask_moto: Any) -> Any:
    """AttachPolicy as a call: it fails if the policy's type is not enabled."""

    @functools.wraps(ask_moto)
    def attach_policy(self: Any) -> str:
        from moto.organizations.exceptions import PolicyTypeNotEnabledException

        backend = self.organizations_backend
        if not is_enabled(backend, backend.get_policy_by_id(self._get_param("PolicyId")).type):
            raise PolicyTypeNotEnabledException
        return str(ask_moto(self))

    return attach_policy


def _detach(ask_moto: Any) -> Any:
    """Everything keeps at least one control policy that allows."""

    @functools.wraps(ask_moto)
    def detach_policy(self: Any, **asked: Any) -> None:
        from moto.organizations.exceptions import ConstraintViolationException

        policy = self.get_policy_by_id(asked["PolicyId"])
        entity = next((e for e in policy.attachments if e.id == asked["TargetId"]), None)
        of_type = [e for e in entity.attached_policies if e.type == policy.type] if entity else []
        is_last = policy.type == SERVICE_CONTROL and len(of_type) == 1
        if is_last or policy.id == _ALLOWING_ALL[RESOURCE_CONTROL]:
            raise ConstraintViolationException(
                "You cannot remove the last policy attached to the specified target. You must have "
                "at least one attached at all times."
            )
        ask_moto(self, **asked)

    return detach_policy


def _create(ask_moto: Any) -> Any:
    """A resource control policy may only deny, and only to everybody."""

    @functools.wraps(ask_moto)
    def create_policy(self: Any, **asked: Any) -> dict[str, Any]:
        from moto.organizations.exceptions import OrganizationsClientError

        if asked.get("Type") == RESOURCE_CONTROL and not _only_denies(asked.get("Content") or ""):
            raise OrganizationsClientError(
                "MalformedPolicyDocumentException",
                "The provided policy document does not meet the requirements of the specified "
                "policy type.",
            )
        made: dict[str, Any] = ask_moto(self, **asked)
        return made

    return create_policy


def _only_denies(content: str) -> bool:
    try:
        statements = json.loads(content)["Statement"]
        listed = statements if isinstance(statements, list) else [statements]
        return all((each["Effect"], each["Principal"]) == ("Deny", "*") for each in listed)
    except (KeyError, TypeError, ValueError):
        return False


_BACKEND = "moto.organizations.models:OrganizationsBackend"
_WHY = "moto attaches policies of any type, whether it is enabled or not."
CHANGES = (
    MotoChange(_BACKEND, "create_organization", _create_organization, _WHY),
    MotoChange(_BACKEND, "enable_policy_type", _enable, _WHY),
    MotoChange(_BACKEND, "disable_policy_type", _disable, _WHY),
    MotoChange(_BACKEND, "attach_policy", _attach, _WHY),
    MotoChange(
        "moto.organizations.responses:OrganizationsResponse", "attach_policy", _attach_asked, _WHY
    ),
    MotoChange(_BACKEND, "detach_policy", _detach, "moto lets the last policy be detached."),
    MotoChange(_BACKEND, "create_policy", _create, "moto accepts any resource control policy."),
)
