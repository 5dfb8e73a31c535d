"""The least-privilege policy for the calls that were made, from their records.

Resources are as narrow as records allow: the ARNs in a record, or those its parameters name. A
resource is `*` if an action cannot be limited, or if a record names nothing to limit it to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from cloudtrail.partitions import partition_of
from cloudtrail.policies.actions import actions_of, reference
from cloudtrail.records.calls import Record

CLOUDFORMATION = "cloudformation.amazonaws.com"
PASS_ROLE = "iam:PassRole"  # noqa: S105
MOST_OBJECTS = 20
"""Up to this many objects of a bucket are named one by one; for more it is the whole bucket."""

ANY = "*"
_NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "athena": {"workGroup": ("{region}:{account}:workgroup/{}",)},
    "cloudformation": {"stackName": ("{region}:{account}:stack/{}/*",)},
    "cloudtrail": {
        "name": ("{region}:{account}:trail/{}",),
        "trailName": ("{region}:{account}:trail/{}",),
    },
    "cloudwatch": {"alarmName": ("{region}:{account}:alarm:{}",)},
    "dynamodb": {"tableName": ("{region}:{account}:table/{}",)},
    "ecr": {"repositoryName": ("{region}:{account}:repository/{}",)},
    "firehose": {"deliveryStreamName": ("{region}:{account}:deliverystream/{}",)},
    "iam": {
        "groupName": (":{account}:group/{}",),
        "instanceProfileName": (":{account}:instance-profile/{}",),
        "policyName": (":{account}:policy/{}",),
        "roleName": (":{account}:role/{}",),
        "userName": (":{account}:user/{}",),
    },
    "kinesis": {"streamName": ("{region}:{account}:stream/{}",)},
    "kms": {"keyId": ("{region}:{account}:key/{}",)},
    "lambda": {"functionName": ("{region}:{account}:function:{}",)},
    "logs": {
        "logGroupName": (
            "{region}:{account}:log-group:{}",
            "{region}:{account}:log-group:{}:*",
        )
    },
    "s3": {"bucketName": ("::{}", "::{}/*")},
    "secretsmanager": {
        "name": ("{region}:{account}:secret:{}-??????",),
        "secretId": ("{region}:{account}:secret:{}-??????",),
    },
    "sns": {"name": ("{region}:{account}:{}",)},
    "sqs": {"queueName": ("{region}:{account}:{}",)},
    "ssm": {"name": ("{region}:{account}:parameter/{}",)},
    "states": {"name": ("{region}:{account}:stateMachine:{}",)},
}
"""Per prefix: the request parameters that name a resource, and the ends of its ARNs."""

_COPIES = frozenset({"CopyObject", "UploadPartCopy"})
_ROLE_ARN = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/.+")
_STACK = re.compile(r"(:cloudformation:[\w-]+:\d+:stack/[\w-]+)/.*")
"""A stack's ARN; its last part differs when the stack is created again."""

_SECRET = re.compile(r"(:secretsmanager:[\w-]+:\d+:secret:.+)-[A-Za-z0-9]{6}$")
"""A secret's ARN; its last six characters differ when the secret is created again."""

_ID = re.compile(r"(arn:[^:]*:([^:]*):(?:[^:]*:){2}.*[:/])([^:/]+)")
"""An ARN: what comes before its last part, the service, the last part."""

_RANDOM = r"-(?:[A-Z0-9]{12,13}|[a-z0-9]{12})(?=$|[/:])"
"""The end of names that CloudFormation generates."""


class ActionNeed(Struct):
    """The resources on which an action is needed, and who called: `""` for the principal itself."""

    resources: set[str] = field(default_factory=set)
    by: set[str] = field(default_factory=set)


Needs = dict[str, ActionNeed]
"""What is needed, by action."""


class Requirement(Struct, frozen=True):
    """An action that a call needs, and on what: on each of `resources`.

    Each item has the possible ARNs of one resource: one of them must be allowed. `*` stands for
    any.
    """

    action: str
    resources: tuple[tuple[str, ...], ...]


class Denial(Struct, frozen=True):
    """A principal (the ARN of a user, a role or root) lacked an action on one of these ARNs."""

    principal: str | None
    action: str
    resources: tuple[str, ...]
    event_name: str


def principal_of(record: Record) -> str | None:
    """Who needs the permissions for a call: the ARN of the user, of the session's role, or of root.

    None if it is not an API call, or if the caller has no ARN: a service, or another account's.
    """
    identity = record.get("userIdentity") or {}
    if record.get("eventType", "AwsApiCall") != "AwsApiCall" or not identity.get("arn"):
        return None
    issuer = (identity.get("sessionContext") or {}).get("sessionIssuer") or {}
    if identity.get("type") == "AssumedRole" and issuer.get("arn"):
        return str(issuer["arn"])
    return str(identity["arn"])


def principals(records: Iterable[Record]) -> Counter[str]:
    """Who called, and how often."""
    return Counter(each for record in records if (each := principal_of(record)))


def needs_of(records: Iterable[Record], principal: str) -> Needs:
    """What a principal's calls need, including those that CloudFormation made for it."""
    needs: Needs = {}
    stacks: set[str] = set()
    given: dict[str, str] = {}
    for record in records:
        if principal_of(record) != principal:
            continue
        stacks |= _stacks(record)
        given |= _given(record)
        by = str((record.get("userIdentity") or {}).get("invokedBy") or "")
        for each in requirements(record):
            need = needs.setdefault(each.action, ActionNeed())
            need.resources.update(*each.resources)
            need.by.add(by)
    for need in needs.values():
        need.resources = _narrowed({given.get(each, each) for each in need.resources}, stacks)
    return needs


def unknown_actions(needs: Needs) -> list[str]:
    """The actions that the Service Authorization Reference lacks: they are named like the calls."""
    return sorted(each for each in needs if not reference().has(each))


def policy_of(needs: Needs) -> dict[str, Any]:
    """The policy: a statement for each set of resources."""
    together: dict[tuple[str, ...], list[str]] = {}
    for action, need in sorted(needs.items()):
        together.setdefault(tuple(sorted(need.resources)), []).append(action)
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": list(resources)}
            for resources, actions in sorted(together.items(), key=lambda each: each[1])
        ],
    }


def requirements(record: Record) -> Iterator[Requirement]:
    """What a call needs, by its record; the call may not be answered yet."""
    for action in actions_of(record):
        yield Requirement(action, tuple(_resources(record, action)))
    roles = _passed(record)
    if roles:
        yield Requirement(PASS_ROLE, tuple((each,) for each in sorted(roles)))


def _resources(record: Record, action: str) -> list[tuple[str, ...]]:
    """The ARNs of the record that the action can be limited to, or those that it names."""
    if not reference().kinds(action):
        return [(ANY,)]
    fits = reference().fits
    known = [(each,) for each in dict.fromkeys(_arns(record, action)) if fits(action, each)]
    if known:
        return [*known]
    named = (tuple(arn for arn in arns if fits(action, arn)) for arns in _named(record, action))
    return [each for each in named if each] or [(ANY,)]


def _arns(record: Record, action: str) -> Iterator[str]:
    if record.get("eventName") in _COPIES:
        yield from _of_copy(record, action)
        return
    for resource in record.get("resources") or ():
        yield resource.get("ARN") or ""
    if action.startswith("s3:"):
        return  # What a bucket's policy or notifications name is not what is asked for.
    for element in ("requestParameters", "responseElements"):
        for text in _texts(record.get(element)):
            if text.startswith("arn:"):
                yield text
    index = (record.get("requestParameters") or {}).get("indexName")
    if index and action.startswith("dynamodb:"):
        for resource in record.get("resources") or ():
            yield f"{resource.get('ARN')}/index/{index}"


def _of_copy(record: Record, action: str) -> Iterator[str]:
    """The object that a copy reads or, for `s3:PutObject`, writes."""
    parameters = record.get("requestParameters") or {}
    written = f"{parameters.get('bucketName')}/{parameters.get('key')}"
    read = str(parameters.get("x-amz-copy-source")).removeprefix("/").partition("?")[0]
    partition = _partition(record)
    yield f"arn:{partition}:s3:::{written if action == 's3:PutObject' else read}"


def _partition(record: Record) -> str:
    return partition_of(str(record.get("awsRegion")))


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)


def _named(record: Record, action: str) -> Iterator[list[str]]:
    """The ARNs that each thing named by the parameters may have."""
    prefix = action.partition(":")[0]
    parameters = record.get("requestParameters") or {}
    partition = _partition(record)
    for member, ends in _NAMES.get(prefix, {}).items():
        name = parameters.get(member)
        if not isinstance(name, str) or not name or ":" in name or name.startswith("alias/"):
            continue
        places = (
            end.format(
                name.lstrip("/") if prefix == "ssm" else name,
                region=record.get("awsRegion"),
                account=record.get("recipientAccountId"),
            )
            for end in ends
        )
        yield [f"arn:{partition}:{prefix}:{place}" for place in places]


def _passed(record: Record) -> set[str]:
    """The roles that a call passes to a service."""
    source = record.get("eventSource")
    if record.get("readOnly") or source in ("iam.amazonaws.com", "sts.amazonaws.com"):
        return set()
    return set(_roles(record.get("requestParameters")))


def _roles(node: object) -> Iterator[str]:
    if isinstance(node, list):
        for value in node:
            yield from _roles(value)
    elif isinstance(node, Mapping):
        for member, value in node.items():
            is_role = member.lower().endswith(("role", "rolearn"))
            if is_role and isinstance(value, str) and _ROLE_ARN.fullmatch(value):
                yield value
            else:
                yield from _roles(value)


def _given(record: Record) -> dict[str, str]:
    """The ARNs of what a call created with an id of the service's choice, and the same with `*` for
    it.

    Creating it again gives another id: a KMS key, a stack, a table's stream.
    """
    if record.get("readOnly"):
        return {}
    asked = set(_texts(record.get("requestParameters")))
    found = (_ID.fullmatch(each) for each in _texts(record.get("responseElements")))
    return {
        each[0]: f"{each[1]}*"
        for each in found
        if each and each[2] != "secretsmanager" and not any(each[3] in text for text in asked)
    }


def _stacks(record: Record) -> set[str]:
    if record.get("eventSource") != CLOUDFORMATION:
        return set()
    name = str((record.get("requestParameters") or {}).get("stackName") or "")
    return {name.split("/")[1] if name.startswith("arn:") else name} - {""}


def _narrowed(resources: set[str], stacks: set[str]) -> set[str]:
    """`resources` without those that `*` covers, and with `*` for the ends of names that change."""
    if ANY in resources:
        return {ANY}
    resources = {_SECRET.sub(r"\1-??????", _STACK.sub(r"\1/*", each)) for each in resources}
    names = "|".join(re.escape(each) for each in sorted(stacks))
    if names:
        given = re.compile(rf"((?:^|[:/])(?:{names})-[\w-]*?){_RANDOM}", re.IGNORECASE)
        resources = {given.sub(r"\1-*", each) for each in resources}
    objects = Counter(each.partition("/")[0] for each in resources if _is_object(each))
    return {
        f"{bucket}/*" if _is_object(each) and objects[bucket] > MOST_OBJECTS else each
        for each in resources
        for bucket in [each.partition("/")[0]]
    }


def _is_object(arn: str) -> bool:
    return ":s3:::" in arn and "/" in arn
