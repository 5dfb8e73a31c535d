"""Whether a service may deliver to a destination, by its policy or a role's permissions.

In AWS a queue, topic, function or log group lets a service in by its own policy; streams, delivery
streams, state machines and event buses are reached by a role that the service assumes; and if a
queue or topic is encrypted with a customer's key, that key's policy counts, too (EventBridge User
Guide, "Using resource-based policies"; S3 User Guide, "Granting permissions to publish event
notification messages"; SNS and SQS Developer Guides, "Key management").

`/_local-aws/status` shows deliveries without permission, with the reason. Nothing is blocked unless
`enforce` was called: moto's users, and many examples, write no such policies.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from msgspec import Struct
from msgspec.structs import replace

from cloudtrail.partitions import arn_parts, root_arn
from cloudtrail.policies.documents import valid_policy
from cloudtrail.policies.evaluation import AccessRequest, Permission, evaluate, service_context
from local_aws.cloudtrail.faults import Faults
from local_aws.moto_state import backend_of
from local_aws.role_rights import role_allows, trusts_service

LOGS = "logs.amazonaws.com"
_enforced = False
told = Faults(with_traceback=False)
"""What AWS would not have delivered, by sender and destination."""

_KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")


class NotPermitted(Exception):
    """The destination does not let the service in. The message says why."""


class Sender(Struct, frozen=True):
    """A service that delivers for a resource of the user's.

    `principal` is the service's name in policies, `source_arn` the rule, topic, bucket, alarm or
    log group, `role_arn` the role that it may assume, if any.
    """

    principal: str
    source_arn: str
    account_id: str
    role_arn: str | None = None

    def context(self) -> dict[str, str]:
        """The condition keys of the sender's requests; CloudWatch's also have `aws:SourceOwner`."""
        context = service_context(
            self.principal, source_arn=self.source_arn, source_account=self.account_id
        )
        owner = {"aws:sourceowner": self.account_id}
        return context | (owner if self.principal == "cloudwatch.amazonaws.com" else {})


def enforce(patches: ExitStack) -> None:
    """Block what is not permitted, as AWS does, until `patches` is closed."""
    patches.enter_context(patch(f"{__name__}._enforced", True))


def judge(arn: str, sender: Sender) -> None:
    """Note a delivery that is not permitted, or raise NotPermitted if that is enforced."""
    reason = missing_rights(arn, sender)
    if reason is None:
        return
    refused = NotPermitted(f"{sender.principal} may not deliver to {arn}: {reason}")
    if _enforced:
        raise refused
    told.note(f"{sender.source_arn} to {arn}", refused)


def is_there(arn: str) -> bool:
    """Whether a queue, topic, function or log group with this ARN exists."""
    nobody = Sender("", "", "")
    return _LOOKS[arn_parts(arn).service](arn, nobody) is not None


def missing_rights(arn: str, sender: Sender) -> str | None:
    """Why the sender may not deliver to an ARN; None if it may, or if nothing has this ARN."""
    find = _LOOKS.get(arn_parts(arn).service)
    permission = find(arn, sender) if find else None
    if permission is None or permission.permitted:
        return None
    if sender.principal == LOGS:
        # CloudWatch Logs also has a name in each Region.
        region = arn_parts(sender.source_arn).region
        regional = replace(sender, principal=f"logs.{region}.amazonaws.com")
        return missing_rights(arn, regional) and permission.reason
    return permission.reason


def _of_arn(module: str, name: str, arn: str) -> Any:
    place = arn_parts(arn)
    return backend_of(module, name, place.account_id, place.region)


def _asked(policy: Any, action: str, arn: str, sender: Sender) -> Permission:
    return evaluate(policy, AccessRequest(sender.principal, action, arn, sender.context()))


# By the destination's own policy, or by the sender's role if it has one


def _to_queue(arn: str, sender: Sender) -> Permission | None:
    backend = _of_arn("moto.sqs.models", "sqs_backends", arn)
    queue = backend.queues.get(arn_parts(arn).resource) if backend else None
    if queue is None:
        return None
    key = getattr(queue, "kms_master_key_id", None)
    return _by_policy_and_key(queue.policy, key, "sqs:SendMessage", arn, sender)


def _to_topic(arn: str, sender: Sender) -> Permission | None:
    backend = _of_arn("moto.sns.models", "sns_backends", arn)
    topic = backend.topics.get(arn) if backend else None
    if topic is None:
        return None
    return _by_policy_and_key(topic.policy, topic.kms_master_key_id, "sns:Publish", arn, sender)


def _by_policy_and_key(
    policy: str | None, key: str | None, action: str, arn: str, sender: Sender
) -> Permission:
    """What the sender's role permits if it has one, otherwise the policies of the destination
    and its key."""
    if sender.role_arn:
        return _by_role(action, arn, sender)
    permission = _asked(valid_policy(policy), action, arn, sender)
    if not permission.permitted:
        return permission
    return _by_key(key, arn, sender)


def _by_key(key_id: str | None, arn: str, sender: Sender) -> Permission:
    """Whether the key of an encrypted queue or topic lets the sender use it."""
    if not key_id:
        return Permission(True, "it is not encrypted with a key")
    if key_id.endswith(f"alias/aws/{arn_parts(arn).service}"):
        return Permission(False, f"no service may use {key_id}, the key that AWS manages")
    kms = _of_arn("moto.kms.models", "kms_backends", arn)
    found = kms.get_key_id(kms.get_key_id_from_alias(key_id) or key_id) if kms else key_id
    key = kms.keys.get(found) if kms else None
    if key is None:
        return Permission(False, f"its key {key_id} does not exist")
    for action in _KEY_ACTIONS:
        permission = _asked(valid_policy(key.policy), action, key.arn, sender)
        if not permission.permitted:
            return Permission(False, f"its key {key.arn} does not let it: {permission.reason}")
    return Permission(True, "its key lets it")


def _to_function(arn: str, sender: Sender) -> Permission | None:
    from moto.awslambda.exceptions import LambdaClientError, UnknownFunctionException

    backend = _of_arn("moto.awslambda.models", "lambda_backends", arn)
    try:
        function = backend.get_function(arn) if backend else None
    except (LambdaClientError, UnknownFunctionException):
        function = None
    if function is None:
        return None
    if sender.role_arn:
        return _by_role("lambda:InvokeFunction", arn, sender)
    statements = function.policy.statements
    policy = {"Version": "2012-10-17", "Statement": statements} if statements else None
    return _asked(policy, "lambda:InvokeFunction", arn, sender)


def _to_log_group(arn: str, sender: Sender) -> Permission | None:
    backend = _of_arn("moto.logs.models", "logs_backends", arn)
    group = arn_parts(arn).resource.removeprefix("log-group:").removesuffix(":*")
    if backend is None or group not in backend.groups:
        return None
    policies = [valid_policy(each.policy_document) for each in backend.resource_policies.values()]
    statements = [each for policy in policies if policy for each in _statements(policy)]
    policy = {"Version": "2012-10-17", "Statement": statements} if statements else None
    stream = f"{arn.removesuffix(':*')}:log-stream:{group}"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        permission = _asked(policy, action, stream, sender)
        if not permission.permitted:
            return permission
    return Permission(True, "the account's log policies allow it")


def _statements(policy: Mapping[str, Any]) -> list[Any]:
    found = policy["Statement"]
    return [found] if isinstance(found, Mapping) else list(found)


# By a role


def _by_role(action: str, arn: str, sender: Sender) -> Permission:
    if not sender.role_arn:
        return Permission(False, f"it has no role that may {action}")
    if not trusts_service(sender.role_arn, sender.principal, sender.source_arn, sender.account_id):
        return Permission(False, f"it may not assume the role {sender.role_arn}")
    if not role_allows(sender.role_arn, action, arn):
        return Permission(False, f"the role {sender.role_arn} may not {action} on {arn}")
    return Permission(True, f"the role {sender.role_arn} may")


def _needs(action: str) -> Callable[[str, Sender], Permission]:
    return lambda arn, sender: _by_role(action, arn, sender)


def _to_event_bridge(arn: str, sender: Sender) -> Permission | None:
    """Another bus by a role, or in another account by its policy; an API destination by a role."""
    place = arn_parts(arn)
    kind, _, name = place.resource.partition("/")
    if kind == "api-destination":
        return _by_role("events:InvokeApiDestination", arn, sender)
    if kind != "event-bus":
        return None
    if place.account_id == sender.account_id:
        return _by_role("events:PutEvents", arn, sender)
    backend = _of_arn("moto.events.models", "events_backends", arn)
    bus = backend.event_buses.get(name) if backend else None
    if bus is None:
        return None
    names = frozenset({sender.account_id, root_arn(place.partition, sender.account_id)})
    request = AccessRequest("", "events:PutEvents", arn, sender.context(), names)
    return evaluate(json.loads(bus.policy) if bus.policy else None, request)


_LOOKS: Mapping[str, Callable[[str, Sender], Permission | None]] = {
    "sqs": _to_queue,
    "sns": _to_topic,
    "lambda": _to_function,
    "logs": _to_log_group,
    "kinesis": _needs("kinesis:PutRecord"),
    "firehose": _needs("firehose:PutRecord"),
    "states": _needs("states:StartExecution"),
    "events": _to_event_bridge,
}
