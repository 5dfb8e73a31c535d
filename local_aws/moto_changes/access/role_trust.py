"""Who may assume a role, by its trust policy. moto lets everybody, even if there is no role.

AssumeRole is judged by it when policies are enforced (`/moto-api/reset-auth`). Nobody enters an
account that was closed. Source: IAM User Guide, "Cross-account policy evaluation logic" and "Access
to AWS accounts owned by third parties" (`sts:ExternalId`).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from cloudtrail.partitions import arn_parts_if_any
from cloudtrail.policies.role_trust import lets_in
from cloudtrail.records.identity import Identity
from local_aws.moto_changes.access import control_policies
from local_aws.recording.callers import Credential, caller_of
from local_aws.recording.clients import Client, client_of
from local_aws.role_rights import trust_policy

ASSUME_ROLE = "sts:AssumeRole"


def install(patches: ExitStack) -> None:
    """Judge AssumeRole by trust policies until `patches` is closed."""
    from moto.sts.responses import TokenResponse

    judged = _judging(TokenResponse.assume_role)
    patches.enter_context(patch.object(TokenResponse, "assume_role", judged))


def trusts(role_arn: str, caller: Identity, given: Mapping[str, str]) -> bool:
    """Whether the role exists and lets the caller assume it.

    `given` are the condition keys that come with the request, such as `sts:externalid`.
    """
    return _lets_in(role_arn, client_of(caller), given)


def _lets_in(role_arn: str, client: Client, given: Mapping[str, str]) -> bool:
    trust = trust_policy(role_arn)
    return trust is not None and lets_in(trust, client.asks(ASSUME_ROLE, role_arn, given))


def _judging(ask_moto: Any) -> Any:
    from local_aws.moto_changes.access.iam_actions import is_judging
    from local_aws.moto_changes.access.refusals import RefusedCall

    def assume_role(self: Any) -> Any:
        role_arn = str(self._get_param("RoleArn"))
        caller = caller_of(self.current_account, Credential(self.get_access_key(), self.region))
        client = client_of(caller)
        external_id = self._get_param("ExternalId")
        given = {"sts:rolesessionname": str(self._get_param("RoleSessionName"))}
        given |= {"sts:externalid": str(external_id)} if external_id else {}
        parts = arn_parts_if_any(role_arn)
        closed = parts is not None and control_policies.is_closed(parts.account_id)
        if closed or (is_judging() and not _lets_in(role_arn, client, given)):
            what = f"{ASSUME_ROLE} on resource: {role_arn}"
            message = f"User: {client.arn} is not authorized to perform: {what}"
            raise RefusedCall("AccessDenied", message, 403)
        return ask_moto(self)

    return assume_role
