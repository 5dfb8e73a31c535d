"""Corrects moto's responses where they differ from AWS's and a record repeats the difference.

Only for the lab's services: DynamoDB's tables, Lambda's functions, IAM's ids.
"""

from __future__ import annotations

import contextlib
import hashlib
import string
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from cloudtrail.partitions import arn_of
from local_aws.first_use import ANY_SERVICE, on_first_use, uses_of
from local_aws.moto_changes.patching import MotoChange, change_on_first_use

_TABLE_ID = "_local_aws_table_id"
_TABLE_CLASS = "_local_aws_table_class"
_THROUGHPUT = "_local_aws_throughput"
_ON_DEMAND_SINCE = "_local_aws_on_demand_since"
_UNCHANGED = {"NumberOfDecreasesToday": 0}
_CAPACITIES = ("ReadCapacityUnits", "WriteCapacityUnits")
_REVISION = "_local_aws_revision"
_BEING_CREATED = {
    "State": "Pending",
    "StateReason": "The function is being created.",
    "StateReasonCode": "Creating",
}
_PASSING = ("State", "LastUpdateStatus")
_ID_ALPHABET = string.ascii_uppercase + string.digits
_MILLISECONDS = len("2026-01-01T00:00:00.000")


def install(stack: contextlib.ExitStack) -> None:
    """Correct the answers until `stack` is closed."""
    on_first_use(stack, uses_of("dynamodb"), _describe_tables)
    on_first_use(stack, uses_of("awslambda"), _describe_functions)
    on_first_use(stack, ANY_SERVICE, _give_principals_ids)
    change_on_first_use(stack, (_NAMED, _PROTECTED))


SERVICE_ROLES = {
    "cloudtrail.amazonaws.com": "CloudTrail",
    "replication.dynamodb.amazonaws.com": "DynamoDBReplication",
    "dynamodb.application-autoscaling.amazonaws.com": "ApplicationAutoScaling_DynamoDBTable",
    "ecs.application-autoscaling.amazonaws.com": "ApplicationAutoScaling_ECSService",
    "lambda.application-autoscaling.amazonaws.com": "ApplicationAutoScaling_LambdaConcurrency",
    "rds.application-autoscaling.amazonaws.com": "ApplicationAutoScaling_RDSCluster",
}
"""How the names of service-linked roles end, for services where moto makes up another name."""


def _create_role(ask_moto: Callable[..., Any]) -> Callable[..., Any]:
    def create_role(self: Any, role_name: str, *positional: Any, **named: Any) -> Any:
        linked = SERVICE_ROLES.get(named.get("linked_service") or "")
        name = f"AWSServiceRoleFor{linked}" if linked else role_name
        return ask_moto(self, name, *positional, **named)

    return create_role


def _say_protected(_begin: Any) -> Any:
    def begun(self: Any, *_: Any) -> None:
        super(type(self), self).__init__(
            "Resource cannot be deleted as it is currently protected against deletion. Disable "
            "deletion protection first."
        )

    return begun


_PROTECTED = MotoChange(
    "moto.dynamodb.exceptions:DeletionProtectedException",
    "__init__",
    _say_protected,
    "DynamoDB's message is another (aws-bench/aws-bench#41, nubo-db/dynoxide#46).",
)
_NAMED = MotoChange(
    "moto.iam.models:IAMBackend", "create_role", _create_role, "moto names some roles otherwise."
)


def _describe_tables(stack: contextlib.ExitStack) -> None:
    """Give tables an id, a class, and the status CREATING or UPDATING in those calls' answers.

    moto has neither id nor class, calls each table ACTIVE at once, lists empty indexes and names a
    billing mode that nobody chose: all of this would be in responseElements.
    """
    from moto.dynamodb.models.table import Table
    from moto.dynamodb.responses import DynamoHandler

    describe_in_moto = Table.describe

    def describe(self: Table, base_key: str = "TableDescription") -> dict[str, Any]:
        answer = describe_in_moto(self, base_key)
        _complete_table(self, answer[base_key])
        return answer

    stack.enter_context(patch.object(Table, "describe", describe))
    for operation, status in (("create_table", "CREATING"), ("update_table", "UPDATING")):
        changed = _changing_table(getattr(DynamoHandler, operation), status)
        stack.enter_context(patch.object(DynamoHandler, operation, changed))


def _complete_table(table: Any, description: dict[str, Any]) -> None:
    state = vars(table)
    description["TableId"] = state.setdefault(_TABLE_ID, str(uuid.uuid4()))
    if _TABLE_CLASS in state:
        description["TableClassSummary"] = {"TableClass": state[_TABLE_CLASS]}
    for indexes in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        if not description.get(indexes, True):
            del description[indexes]
    for index in description.get("GlobalSecondaryIndexes", ()):
        index["ProvisionedThroughput"] = _UNCHANGED | index["ProvisionedThroughput"]
    description["ProvisionedThroughput"] = (
        description["ProvisionedThroughput"] | _UNCHANGED | state.get(_THROUGHPUT, {})
    )
    if table.billing_mode == "PAY_PER_REQUEST":
        state.setdefault(_ON_DEMAND_SINCE, table.created_at)
    if _ON_DEMAND_SINCE in state:
        since = {"LastUpdateToPayPerRequestDateTime": state[_ON_DEMAND_SINCE]}
        description["BillingModeSummary"] = {"BillingMode": table.billing_mode} | since
    else:
        description.pop("BillingModeSummary", None)


def _changing_table(ask_moto: Callable[[Any], Any], status: str) -> Callable[[Any], Any]:
    def change(self: Any) -> Any:
        changed = self.dynamodb_backend.tables.get(self.body.get("TableName"))
        if changed:
            _check_billing(changed, self.body)
        before = dict(changed.throughput) if changed else None
        billed = changed.billing_mode if changed else None
        answer = ask_moto(self)
        description = answer.result["TableDescription"]
        table = self.dynamodb_backend.get_table(description["TableName"])
        if "TableClass" in self.body:
            vars(table)[_TABLE_CLASS] = self.body["TableClass"]
        if before is not None and table.billing_mode != billed:
            _switch_billing(table, description)
        elif before is not None:
            _count_changes(table, before)
        _complete_table(table, description)
        if before is None:
            # In CreateTable's answer, what the table was created with is not an update.
            description.get("BillingModeSummary", {}).pop("LastUpdateToPayPerRequestDateTime", 0)
        description["TableStatus"] = status
        if "WarmThroughput" not in self.body:
            description.pop("WarmThroughput", None)
        return answer

    return change


def _check_billing(table: Any, wanted: dict[str, Any]) -> None:
    """Refuse a capacity that is not used, and a missing one that is needed (API/UpdateTable)."""
    from moto.dynamodb.exceptions import MockValidationException

    mode = wanted.get("BillingMode", table.billing_mode)
    given = "ProvisionedThroughput" in wanted
    if mode == "PAY_PER_REQUEST" and given:
        raise MockValidationException(
            "One or more parameter values were invalid: Neither ReadCapacityUnits nor "
            "WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
        )
    if mode == "PROVISIONED" != table.billing_mode and not given:
        raise MockValidationException(
            "One or more parameter values were invalid: ReadCapacityUnits and "
            "WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
        )


def _switch_billing(table: Any, description: dict[str, Any]) -> None:
    """On demand, a table and its indexes have a capacity of 0 and 0."""
    if table.billing_mode == "PAY_PER_REQUEST":
        vars(table)[_ON_DEMAND_SINCE] = datetime.now(UTC)
        for each in (table, *table.global_indexes):
            each.throughput = dict.fromkeys(_CAPACITIES, 0)
        described = table.describe()["TableDescription"]
        for name in ("ProvisionedThroughput", "GlobalSecondaryIndexes"):
            if name in described:
                description[name] = described[name]


def _count_changes(table: Any, before: dict[str, Any]) -> None:
    """Remember when a table's throughput rose and fell; moto does not."""
    steps = [table.throughput.get(each, 0) - before.get(each, 0) for each in _CAPACITIES]
    told = vars(table).setdefault(_THROUGHPUT, dict(_UNCHANGED))
    if any(step > 0 for step in steps):
        told["LastIncreaseDateTime"] = time.time()
    if any(step < 0 for step in steps):
        told["LastDecreaseDateTime"] = time.time()
        told["NumberOfDecreasesToday"] += 1


def _describe_functions(stack: contextlib.ExitStack) -> None:
    """Let a function's dates end in `+0000`, and leave out an empty list of layers."""
    from moto.awslambda.models import LambdaFunction

    describe_in_moto = LambdaFunction.get_configuration

    def get_configuration(self: LambdaFunction, on_create: bool = False) -> dict[str, Any]:
        answer = describe_in_moto(self, on_create)
        if not answer["Layers"]:
            del answer["Layers"]
        answer["LastModified"] = f"{answer['LastModified'][:_MILLISECONDS]}+0000"
        return answer | _unknown_to_moto(self, answer, on_create)

    stack.enter_context(patch.object(LambdaFunction, "get_configuration", get_configuration))


def _unknown_to_moto(
    function: Any, configuration: dict[str, Any], on_create: bool
) -> dict[str, Any]:
    """What a function's configuration has in AWS and lacks in moto."""
    name, runtime = configuration["FunctionName"], str(configuration["Runtime"])
    stamp = [each for name, each in configuration.items() if name not in _PASSING]
    known, revision = vars(function).get(_REVISION, (None, ""))
    if known != stamp:
        revision = str(uuid.uuid4())
        vars(function)[_REVISION] = stamp, revision
    said: dict[str, Any] = {
        "RevisionId": revision,
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
    }
    if configuration["PackageType"] == "Zip":
        version = hashlib.sha256(runtime.encode()).hexdigest()
        arn = arn_of("lambda", function.region, "", f"runtime:{version}")
        said["RuntimeVersionConfig"] = {"RuntimeVersionArn": arn}
    return said | (_BEING_CREATED if on_create else {})


def _give_principals_ids(stack: contextlib.ExitStack) -> None:
    """Let an IAM id start with its kind: `AIDA` for a user, then 17 upper-case letters and digits.

    moto's ids are 20 lower-case characters; all 387 real records of users have AWS's form.
    """
    from moto.iam import models
    from moto.moto_api._internal import mock_random

    def with_id(begin: Any, prefix: str) -> Any:
        def begun(self: Any, *positional: Any, **named: Any) -> None:
            begin(self, *positional, **named)
            self.id = prefix + "".join(mock_random.choices(_ID_ALPHABET, k=17))

        return begun

    for owner, prefix in (
        (models.User, "AIDA"),
        (models.Group, "AGPA"),
        (models.InstanceProfile, "AIPA"),
        (models.Policy, "ANPA"),
    ):
        stack.enter_context(patch.object(owner, "__init__", with_id(owner.__init__, prefix)))
