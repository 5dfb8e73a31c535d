"""What the caller may do, by IAM's own simulation, which changes nothing.

If the simulation is not allowed, or not possible (for a root user), the calls of other examinations
show a part of it. They are harmless, and a denied one says which permission it needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lab_steps.call_errors import advice, allow
from lab_steps.checking.view import error_code
from lab_steps.preflight.remark import Remark, note, ok, stops, unknown
from lab_steps.preflight.subject import Subject

_MOST_ARNS = 20
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
_BY_CALLS = (
    "not simulated{why}: the calls made here show that reading is allowed, and a denied call "
    "names the missing permission. Whether the lab may be created shows when it is created"
)


def examine(subject: Subject) -> Iterator[Remark]:
    """Which of the actions that the lab needs are denied."""
    if subject.caller.is_root:
        yield note("a root user may do everything except what a service control policy denies")
        return
    try:
        decisions = _simulated(subject)
    except Exception as error:
        if error_code(error) not in _DENIED:
            raise
        yield unknown(_BY_CALLS.format(why=f" ({error_code(error)})"), advice(error) or "")
        return
    denied = {action for action, each in decisions.items() if each == "denied"}
    by_organization = {action for action, each in decisions.items() if each == "organization"}
    if denied:
        yield stops(
            f"by simulation, denied: {', '.join(sorted(denied))}",
            allow("these actions"),
        )
    if by_organization:
        yield stops(
            "by simulation, denied by a service control policy: "
            f"{', '.join(sorted(by_organization))}",
            "Ask whoever manages the organization, or use another account.",
        )
    unsure = sum(each == "unsure" for each in decisions.values())
    some = f"; {unsure} of them under conditions that a simulation cannot judge" if unsure else ""
    if not (denied or by_organization):
        yield ok(f"by simulation, all {len(decisions)} actions the lab needs are allowed{some}")


def _simulated(subject: Subject) -> dict[str, str]:
    """The decision by action: allowed, denied, denied by the `organization`, or unsure."""
    principal, found = _principal(subject), dict[str, str]()
    for arn, actions in _by_resource(subject).items():
        asked: dict[str, Any] = {
            "PolicySourceArn": principal,
            "ActionNames": actions,
            "ResourceArns": [arn],
        }
        while True:
            page = subject.view.ask("iam:SimulatePrincipalPolicy", **asked)
            for each in page["EvaluationResults"]:
                _keep_worst(found, each["EvalActionName"], _decision(each))
            if not page.get("IsTruncated"):
                break
            asked["Marker"] = page["Marker"]
    return found


def _decision(result: Mapping[str, Any]) -> str:
    if result["EvalDecision"] == "allowed":
        return "allowed"
    if result.get("MissingContextValues"):
        return "unsure"
    allowed = result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True)
    return "denied" if allowed else "organization"


def _keep_worst(found: dict[str, str], action: str, decision: str) -> None:
    order = ("allowed", "unsure", "organization", "denied")
    found[action] = max(found.get(action, "allowed"), decision, key=order.index)


def _principal(subject: Subject) -> str:
    """The user's ARN, or that of the role behind a session: IAM knows no sessions."""
    arn = subject.caller.arn
    if ":assumed-role/" not in arn:
        return arn
    name = arn.split("/")[1]
    return str(subject.view.ask("iam:GetRole", RoleName=name)["Role"]["Arn"])


def _by_resource(subject: Subject) -> dict[str, list[str]]:
    """The actions by the ARN that each is simulated on: the lab's own things of that kind."""
    from cloudtrail.policies.actions import reference

    arns, asked = arns_of(subject), dict[str, list[str]]()
    for action in subject.actions:
        fitting = [arn for arn in arns if reference().fits(action, arn)] or ["*"]
        for arn in fitting[:_MOST_ARNS]:
            asked.setdefault(arn, []).append(action)
    return asked


def arns_of(subject: Subject) -> list[str]:
    """ARNs of what the lab is made of, by the names that it gives and that CloudFormation gives."""
    caller, stacks = subject.caller, subject.stacks
    here = f"{subject.view.region}:{caller.account}"
    kinds = {
        "AWS::IAM::Role": f"iam::{caller.account}:role/",
        "AWS::Lambda::Function": f"lambda:{here}:function:",
    }
    arns = [
        *(f"cloudformation:{here}:stack/{each.name}/*" for each in stacks),
        *(f"cloudtrail:{here}:trail/{name}" for each in stacks for name in each.trails),
        *(f"s3:::{name}" for each in stacks for name in each.buckets),
        *(f"s3:::{name}/AWSLogs/{caller.account}/x" for each in stacks for name in each.buckets),
        *(f"dynamodb:{here}:table/{name}" for name in subject.names.tables if subject.of_work),
        *(
            f"{kinds[resource['Type']]}{template.stack}-{name}-X"
            for template in subject.templates
            for name, resource in template.resources.items()
            if resource["Type"] in kinds
        ),
    ]
    return [f"arn:{caller.partition}:{each}" for each in arns]
