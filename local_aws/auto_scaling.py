"""Application Auto Scaling of DynamoDB: capacity outside a target's limits is brought within them.

moto keeps scalable targets and policies, and never scales. Here, when a target is registered or
gets a policy, the service reads the table, and calls UpdateTable if the capacity is below the
minimum or above the maximum: in a session of its service-linked role, through the recorder.
Consumption is not followed: nothing here measures it.

Sources: a real record of such a DescribeTable; Application Auto Scaling User Guide,
"Service-linked roles"; DynamoDB Developer Guide, "Managing throughput capacity automatically".
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import quote

from msgspec import Struct

from cloudtrail.partitions import partition_of
from cloudtrail.records.calls import Call
from cloudtrail.records.identity import AwsService, Identity, OnBehalfOf, Principal
from local_aws.first_use import on_first_use

if TYPE_CHECKING:
    from local_aws.recording.recorder import Recorder

SERVICE = "dynamodb.application-autoscaling.amazonaws.com"
ROLE = "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
ROLE_POLICY = "policy/aws-service-role/AWSApplicationAutoscalingDynamoDBTablePolicy"
READS, WRITES = "ReadCapacityUnits", "WriteCapacityUnits"


class ScalableTarget(Struct, frozen=True):
    """One capacity of a table or of one of its indexes, and its limits."""

    table: str
    index: str | None
    unit: str
    least: int
    most: int

    def wanted(self, table: Mapping[str, Any]) -> dict[str, int] | None:
        """The throughput that the table or index should get; None if nothing has to change.

        That includes on-demand tables, which have none, and missing indexes.
        """
        indexes = {each["IndexName"]: each for each in table.get("GlobalSecondaryIndexes", ())}
        found = indexes.get(self.index) if self.index else table
        now = (found or {}).get("ProvisionedThroughput", {})
        if not now.get(self.unit):
            return None
        bounded = min(max(now[self.unit], self.least), self.most)
        if bounded == now[self.unit]:
            return None
        return {READS: now[READS], WRITES: now[WRITES], self.unit: bounded}

    def update(self, throughput: dict[str, int]) -> dict[str, Any]:
        """The parameters of UpdateTable."""
        if self.index is None:
            return {"TableName": self.table, "ProvisionedThroughput": throughput}
        change = {"IndexName": self.index, "ProvisionedThroughput": throughput}
        return {"TableName": self.table, "GlobalSecondaryIndexUpdates": [{"Update": change}]}


def target_of(registered: Any) -> ScalableTarget | None:
    """The capacity that moto's scalable target is for; None if it is not DynamoDB's."""
    if registered.service_namespace != "dynamodb":
        return None
    _, table, *index = registered.resource_id.split("/")
    unit = registered.scalable_dimension.rpartition(":")[2]
    return ScalableTarget(
        table,
        index[1] if len(index) > 1 else None,
        unit,
        registered.min_capacity or 1,
        registered.max_capacity or registered.min_capacity or 1,
    )


def install(patches: ExitStack, endpoint_url: str, recorder: Recorder) -> None:
    """Have capacities scaled until `patches` is closed."""
    service = frozenset({"applicationautoscaling"})
    on_first_use(patches, service, partial(_install_now, recorder, endpoint_url))


def _install_now(recorder: Recorder, endpoint_url: str, patches: ExitStack) -> None:
    from moto.applicationautoscaling.models import ApplicationAutoscalingBackend as Backend

    from local_aws.recording.receive import caller_of_this_request

    outbox = recorder.service.delivery.outbox

    def looking(ask_moto: Callable[..., Any]) -> Callable[..., Any]:
        def ask(self: Any, *positional: Any, **named: Any) -> Any:
            answer = ask_moto(self, *positional, **named)
            dimension, resource = answer.scalable_dimension, answer.resource_id
            registered = self.targets.get(dimension, {}).get(resource)
            target = target_of(registered) if registered else None
            if target is not None:
                caller = caller_of_this_request()
                scaling = _Scaling(
                    self.account_id, self.region_name, recorder, endpoint_url, caller
                )
                outbox.hand_on(f"auto scaling of {resource}", partial(scaling.adjust, target))
            return answer

        return ask

    for name in ("register_scalable_target", "put_scaling_policy"):
        patches.enter_context(patch.object(Backend, name, looking(getattr(Backend, name))))


class _Scaling(Struct, frozen=True):
    """The service, in one account and Region."""

    account_id: str
    region: str
    recorder: Recorder
    endpoint_url: str
    caller: Identity | None
    """Who registered the target, or put the policy."""

    def adjust(self, target: ScalableTarget) -> None:
        """Bring a capacity within its limits. Raises CallFailed, also for a missing table."""
        named = {"TableName": target.table}
        table = self._call("RetrieveCurrentCapacity", "DescribeTable", named)["Table"]
        wanted = target.wanted(table)
        if wanted is not None:
            self._call("UpdateCapacity", "UpdateTable", target.update(wanted))

    def _call(self, purpose: str, operation: str, parameters: dict[str, Any]) -> Mapping[str, Any]:
        from botocore.credentials import Credentials

        from local_aws.cloudformation.resources.calls import OnBehalf, Services
        from local_aws.cloudformation.resources.resource_types import ApiCall as Sent
        from local_aws.recording.callers import Credential, caller_of

        session = self._session(f"AutoScaling-{purpose}")
        caller: Any = caller_of(self.account_id, Credential(session.access_key_id, self.region))
        keys = Credentials(session.access_key_id, session.secret_access_key, session.session_token)
        calling = OnBehalf(
            self.account_id,
            self.region,
            OnBehalfOf(caller, SERVICE),
            keys,
            Services(self.recorder, self.endpoint_url),
        )
        return calling.send(Sent("dynamodb", operation, parameters))

    def _session(self, name: str) -> Any:
        """A session of the service-linked role, which the service itself assumes."""
        from moto.sts.models import sts_backends

        role_arn = self._role_arn()
        session = sts_backends[self.account_id][partition_of(self.region)].assume_role(
            region_name=self.region,
            role_session_name=name,
            role_arn=role_arn,
            policy="",
            duration=3600,
            external_id="",
        )
        self._record(
            "sts",
            "AssumeRole",
            AwsService(SERVICE),
            {"RoleArn": session.role_arn, "RoleSessionName": session.session_name},
            {
                "Credentials": {
                    "AccessKeyId": session.access_key_id,
                    "SessionToken": session.session_token,
                    "Expiration": session.expiration,
                },
                "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
            },
            shared_event_id=str(uuid.uuid4()),
        )
        return session

    def _role_arn(self) -> str:
        """The role's ARN. As in AWS, the role is created when it is first needed."""
        from moto import backends

        # By name: this makes the changes to IAM that wait for its first use.
        iam: Any = backends.get_backend("iam")[self.account_id][partition_of(self.region)]
        for role in iam.get_roles():
            if role.name == ROLE:
                return str(role.arn)
        role = iam.create_service_linked_role(SERVICE, "", "")
        iam.attach_role_policy(f"arn:{iam.partition}:iam::aws:{ROLE_POLICY}", ROLE)
        self._record_creation(role)
        return str(role.arn)

    def _record_creation(self, role: Any) -> None:
        """Record CreateServiceLinkedRole: the caller's own call, which the service makes for it."""
        caller = self.caller.principal if isinstance(self.caller, OnBehalfOf) else self.caller
        described = {
            "Path": role.path,
            "RoleName": role.name,
            "RoleId": role.id,
            "Arn": role.arn,
            "CreateDate": datetime.now(UTC),
            "AssumeRolePolicyDocument": quote(role.assume_role_policy_document),
        }
        self._record(
            "iam",
            "CreateServiceLinkedRole",
            OnBehalfOf(caller, SERVICE) if isinstance(caller, Principal) else AwsService(SERVICE),
            {"AWSServiceName": SERVICE},
            {"Role": described},
        )

    def _record(
        self,
        service: str,
        operation: str,
        identity: Identity,
        parameters: dict[str, Any],
        output: dict[str, Any],
        shared_event_id: str | None = None,
    ) -> None:
        from local_aws.recording.requests import new_request_id

        self.recorder.service.record(
            Call(
                time=datetime.now(UTC),
                service=service,
                operation=operation,
                region=self.region,
                account_id=self.account_id,
                identity=identity,
                source_ip_address=SERVICE,
                user_agent=SERVICE,
                request_id=new_request_id(service),
                event_id=str(uuid.uuid4()),
                parameters=parameters,
                output=output,
                shared_event_id=shared_event_id,
            )
        )
