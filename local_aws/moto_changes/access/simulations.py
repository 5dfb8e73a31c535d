"""IAM's simulation of what a principal may do, which moto lacks.

A simulation judges as the local AWS judges requests (`/moto-api/reset-auth`): by the policies of
the user or role and the organization's service control policies, without conditions and boundaries.
Source: IAM API reference, SimulatePrincipalPolicy; IAM User Guide, "IAM policy testing with the IAM
policy simulator".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cloudtrail.policies.evaluation import AccessRequest, Effect
from local_aws.moto_changes.access import control_policies
from local_aws.moto_changes.patching import MotoChange

_DECISIONS = {"PERMITTED": "allowed", "DENIED": "explicitDeny", "NEUTRAL": "implicitDeny"}


def _simulate(response: Any) -> Any:
    from moto.core.responses import ActionResult

    source = response._get_param("PolicySourceArn")
    policies, account = list(_policies(response.backend, source)), response.backend.account_id
    results = [
        _by_organization(account, _result(policies, action, arn))
        for action in response._get_param("ActionNames")
        for arn in response._get_param("ResourceArns") or ["*"]
    ]
    return ActionResult({"EvaluationResults": results, "IsTruncated": False})


def _result(policies: Iterable[Any], action: str, arn: str) -> dict[str, Any]:
    from moto.iam.access_control import IAMPolicy

    said = {IAMPolicy(each).is_action_permitted(action, arn).name for each in policies}
    verdict = next((each for each in ("DENIED", "PERMITTED") if each in said), "NEUTRAL")
    return {
        "EvalActionName": action,
        "EvalResourceName": arn,
        "EvalDecision": _DECISIONS[verdict],
        "MatchedStatements": [],
        "MissingContextValues": [],
    }


def _by_organization(account: str, result: dict[str, Any]) -> dict[str, Any]:
    """`result` with what the service control policies say, if there are any."""
    if not control_policies.is_limited(account):
        return result
    action, arn = result["EvalActionName"], result["EvalResourceName"]
    request = AccessRequest("", action, arn, {})
    said = control_policies.of_caller(account, request, conditions=False)
    decisions = {Effect.DENY: "explicitDeny", None: "implicitDeny"}
    return {
        **result,
        "EvalDecision": decisions.get(said, result["EvalDecision"]),
        "OrganizationsDecisionDetail": {"AllowedByOrganizations": said is Effect.ALLOW},
    }


def _policies(backend: Any, arn: str) -> Iterator[Any]:
    """All policies of the user or role; InvalidInput for anybody else."""
    from moto.iam.access_control import AssumedRoleAccessKey, IAMUserAccessKey
    from moto.iam.exceptions import InvalidInput

    kind, _, name = arn.rpartition(":")[2].partition("/")
    name = name.rpartition("/")[2]
    owners: dict[str, Any] = {"user": IAMUserAccessKey, "role": AssumedRoleAccessKey}
    if kind not in owners:
        raise InvalidInput(
            f"Invalid Entity Arn: {arn} does not clearly define entity type and name."
        )
    (backend.get_user if kind == "user" else backend.get_role)(name)
    key = owners[kind].__new__(owners[kind])
    key.account_id, key.partition = backend.account_id, backend.partition
    key._owner_user_name = key._owner_role_name = name
    yield from key.collect_policies()


CHANGES = (
    MotoChange(
        "moto.iam.responses:IamResponse",
        "simulate_principal_policy",
        _simulate,
        "moto lacks it.",
        is_new=True,
    ),
)
