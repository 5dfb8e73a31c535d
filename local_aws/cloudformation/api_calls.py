"""Which API calls CloudFormation makes for a resource, by its type.

A plan yields the calls of a creation, update or deletion in their order, parameters taken
from the resolved properties and outputs from the model that the resource became. Where the
Template Reference names the operations behind a property, these are they; types that are
not in the table make no calls that are known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from cloudtrail.service_models import error_shape, operation_model
from local_aws.cloudformation.api_shapes import output_of, parameters_of, text
from local_aws.cloudformation.bucket_models import canned_acl, lifecycle_rule
from local_aws.cloudformation.table_models import index_updates
from local_aws.cloudformation.trail_models import creation_requests

Kind = Literal["created", "updated", "deleted"]
Properties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ApiCall:
    """An operation with its parameters and output, by botocore's member names."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    output: Mapping[str, Any]


def api_call(
    service: str, operation: str, parameters: Properties, output: Properties | None = None
) -> ApiCall:
    """The call, with what the operation's model knows of parameters and output."""
    return ApiCall(
        service,
        operation,
        parameters_of(service, operation, parameters),
        output_of(service, operation, output or {}),
    )


def declares(call: ApiCall, error_code: str) -> bool:
    """Whether the call's operation is documented to fail with the error."""
    model = operation_model(call.service, call.operation)
    declared = [shape.name for shape in model.error_shapes] if model else []
    return error_shape(call.service, error_code) in declared


@dataclass(frozen=True, slots=True)
class Change:
    """A resource that was created, updated or deleted.

    `name` is what it was created under, `physical_id` what `Ref` gives; `before` holds an
    updated resource's earlier properties, and is empty otherwise. `model` is None where the
    creation failed.
    """

    type: str
    name: str
    physical_id: str
    properties: Properties
    before: Properties
    model: Any
    account_id: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource in the stack's account and Region."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"

    def changed(self, names: Iterable[str]) -> dict[str, Any]:
        """The properties of these names that differ from before; None where one is gone."""
        return {
            name: self.properties.get(name)
            for name in names
            if self.properties.get(name) != self.before.get(name)
        }

    def items(self, name: str) -> list[Any]:
        """A list property, empty where it is not given."""
        return list(self.properties.get(name) or [])

    def gone(self, name: str) -> list[Any]:
        """What a list property held before and does not now."""
        kept = self.items(name)
        return [item for item in self.before.get(name) or [] if item not in kept]

    def new(self, name: str) -> list[Any]:
        """What a list property holds now and did not before."""
        return [item for item in self.items(name) if item not in (self.before.get(name) or [])]


Plan = Callable[[Change], Iterator[ApiCall]]


@dataclass(frozen=True, slots=True)
class Calls:
    """The plans of a type.

    `undone_when_failed`: a creation that fails half-way deletes what it had made.
    `answers_at_once`: the calls succeed, and what becomes of them shows later.
    """

    created: Plan
    updated: Plan
    deleted: Plan
    undone_when_failed: bool = False
    answers_at_once: bool = False

    def of(self, kind: Kind) -> Plan:
        """The plan of a creation, update or deletion."""
        return {"created": self.created, "updated": self.updated, "deleted": self.deleted}[kind]


def calls_of(resource_type: str) -> Calls | None:
    """The plans of a type, None where its calls are not known."""
    if resource_type.startswith("Custom::"):
        return CALLS["AWS::CloudFormation::CustomResource"]
    return CALLS.get(resource_type)


def _without(properties: Properties, *names: str) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name not in names}


def _retag(
    change: Change, service: str, operations: tuple[str, str], identifier: Properties
) -> Iterator[ApiCall]:
    """The calls that put new and changed tags, and remove those that are gone."""
    tag, untag = operations
    now, before = _tags(change.properties), _tags(change.before)
    new = [{"Key": key, "Value": now[key]} for key in now if now[key] != before.get(key)]
    gone = [key for key in before if key not in now]
    if new:
        yield api_call(service, tag, {**identifier, "Tags": new})
    if gone:
        yield api_call(service, untag, {**identifier, "TagKeys": gone})


def _tags(properties: Properties) -> dict[str, Any]:
    tags = properties.get("Tags") or {}
    return dict(tags) if isinstance(tags, Mapping) else {tag["Key"]: tag["Value"] for tag in tags}


# --- Amazon S3 ---------------------------------------------------------------------------

_PRIVATE = "Private"
_BUCKET_SETTINGS: dict[str, tuple[Callable[[Any], tuple[str, Properties]], str | None]] = {
    "BucketEncryption": (
        lambda value: ("PutBucketEncryption", {"ServerSideEncryptionConfiguration": _rules(value)}),
        "DeleteBucketEncryption",
    ),
    "PublicAccessBlockConfiguration": (
        lambda value: ("PutPublicAccessBlock", {"PublicAccessBlockConfiguration": value}),
        "DeletePublicAccessBlock",
    ),
    "OwnershipControls": (
        lambda value: ("PutBucketOwnershipControls", {"OwnershipControls": value}),
        "DeleteBucketOwnershipControls",
    ),
    "AccessControl": (
        lambda value: ("PutBucketAcl", {"ACL": canned_acl(value or _PRIVATE)}),
        None,
    ),
    "VersioningConfiguration": (
        lambda value: (
            "PutBucketVersioning",
            {"VersioningConfiguration": value or {"Status": "Suspended"}},
        ),
        None,
    ),
    "LifecycleConfiguration": (
        lambda value: (
            "PutBucketLifecycleConfiguration",
            {"LifecycleConfiguration": {"Rules": [_lifecycle(rule) for rule in value["Rules"]]}},
        ),
        "DeleteBucketLifecycle",
    ),
    "Tags": (
        lambda value: ("PutBucketTagging", {"Tagging": {"TagSet": value}}),
        "DeleteBucketTagging",
    ),
}
"""Of each property that is a setting: the call that puts a value, and the one that removes it
(None where a default is put instead)."""


def _rules(encryption: Properties) -> Properties:
    """An encryption configuration; the API has another name for each rule's default."""
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": rule.get("ServerSideEncryptionByDefault"),
            "BucketKeyEnabled": rule.get("BucketKeyEnabled"),
        }
        for rule in encryption["ServerSideEncryptionConfiguration"]
    ]
    return {"Rules": rules}


def _lifecycle(rule: Properties) -> dict[str, Any]:
    """A rule by the API's member names, of which the models know the XML's."""
    translated = lifecycle_rule(rule)
    if "Transition" in translated:
        translated["Transitions"] = translated.pop("Transition")
    return translated


def _bucket_created(change: Change) -> Iterator[ApiCall]:
    location = None if change.region == "us-east-1" else {"LocationConstraint": change.region}
    wanted = {"Bucket": change.name, "CreateBucketConfiguration": location}
    yield api_call("s3", "CreateBucket", wanted)
    yield from _bucket_updated(change)


def _bucket_updated(change: Change) -> Iterator[ApiCall]:
    for name, value in change.changed(_BUCKET_SETTINGS).items():
        put, remove = _BUCKET_SETTINGS[name]
        operation, parameters = put(value) if value or remove is None else (remove, {})
        yield api_call("s3", operation, {"Bucket": change.name, **parameters})


def _bucket_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("s3", "DeleteBucket", {"Bucket": change.name})


def _bucket_policy_put(change: Change) -> Iterator[ApiCall]:
    policy, bucket = change.properties["PolicyDocument"], change.properties["Bucket"]
    yield api_call("s3", "PutBucketPolicy", {"Bucket": bucket, "Policy": policy})


def _bucket_policy_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("s3", "DeleteBucketPolicy", {"Bucket": change.properties["Bucket"]})


# --- AWS CloudTrail ----------------------------------------------------------------------


def _trail_created(change: Change) -> Iterator[ApiCall]:
    answers = change.model.answers if change.model is not None else {}
    for operation, request in creation_requests(change.name, change.properties):
        yield api_call("cloudtrail", operation, request, answers.get(operation))


def _trail_updated(change: Change) -> Iterator[ApiCall]:
    for operation, request in change.model.requests:
        yield api_call("cloudtrail", operation, request, change.model.answers.get(operation))


def _trail_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("cloudtrail", "DeleteTrail", {"Name": change.name})


# --- Amazon DynamoDB ---------------------------------------------------------------------

_TABLE_SETTINGS = (
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "SSESpecification",
    "StreamSpecification",
    "TableClass",
    "WarmThroughput",
)


def _table_settings(properties: Properties) -> dict[str, Any]:
    """A table's properties; two of the API's structures have a switch of another name."""
    settings = _without(properties, "Tags", "ResourcePolicy")
    if settings.get("SSESpecification"):
        encryption = settings["SSESpecification"]
        settings["SSESpecification"] = {**encryption, "Enabled": encryption["SSEEnabled"]}
    if "StreamSpecification" in settings:
        stream = settings["StreamSpecification"]
        settings["StreamSpecification"] = {"StreamEnabled": bool(stream), **(stream or {})}
    return settings


def _described_table(change: Change, **more: Any) -> Properties | None:
    if change.model is None:
        return None
    table = change.model.describe()["TableDescription"]
    return {"TableDescription": {**table, **more}}


def _table_created(change: Change) -> Iterator[ApiCall]:
    settings = _table_settings(change.properties)
    tags = change.items("Tags") or None
    wanted = {**settings, "TableName": change.name, "Tags": tags}
    answer = _described_table(change, TableStatus="CREATING")
    yield api_call("dynamodb", "CreateTable", wanted, answer)
    yield from _table_recovery(change)


def _table_updated(change: Change) -> Iterator[ApiCall]:
    settings = _table_settings(change.changed(_TABLE_SETTINGS))
    indexes = change.items("GlobalSecondaryIndexes")
    present = [index["IndexName"] for index in change.before.get("GlobalSecondaryIndexes") or []]
    updates = index_updates(present, indexes)
    if settings or updates:
        wanted = {**settings, "GlobalSecondaryIndexUpdates": updates or None}
        named = {"TableName": change.name, **wanted}
        answer = _described_table(change, TableStatus="UPDATING")
        yield api_call("dynamodb", "UpdateTable", named, answer)
    yield from _table_recovery(change)
    arn = change.arn("dynamodb", f"table/{change.name}")
    yield from _retag(change, "dynamodb", ("TagResource", "UntagResource"), {"ResourceArn": arn})


def _table_recovery(change: Change) -> Iterator[ApiCall]:
    for name, operation in (
        ("TimeToLiveSpecification", "UpdateTimeToLive"),
        ("PointInTimeRecoverySpecification", "UpdateContinuousBackups"),
    ):
        if change.changed([name]).get(name):
            wanted = {"TableName": change.name, name: change.properties[name]}
            yield api_call("dynamodb", operation, wanted)


def _table_deleted(change: Change) -> Iterator[ApiCall]:
    answer = _described_table(change, TableStatus="DELETING")
    yield api_call("dynamodb", "DeleteTable", {"TableName": change.name}, answer)


# --- AWS Identity and Access Management --------------------------------------------------


def _documents(policies: Iterable[Properties]) -> dict[str, Any]:
    return {policy["PolicyName"]: policy["PolicyDocument"] for policy in policies}


def _role_created(change: Change) -> Iterator[ApiCall]:
    wanted = {**change.properties, "RoleName": change.name}
    yield api_call("iam", "CreateRole", wanted, _described_role(change))
    yield from _role_policies(change)


def _described_role(change: Change) -> Properties | None:
    role = change.model
    if role is None:
        return None
    described = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": role.create_date,
        "AssumeRolePolicyDocument": quote(role.assume_role_policy_document, safe=""),
        "Tags": role.tags or None,
    }
    return {"Role": described}


def _role_policies(change: Change) -> Iterator[ApiCall]:
    """Inline and managed policies: new ones put, those no longer named taken away."""
    role = {"RoleName": change.name}
    inline = _documents(change.items("Policies"))
    for policy in change.new("Policies"):
        yield api_call("iam", "PutRolePolicy", {**role, **policy})
    for policy in change.gone("Policies"):
        if policy["PolicyName"] not in inline:
            name = {"PolicyName": policy["PolicyName"]}
            yield api_call("iam", "DeleteRolePolicy", {**role, **name})
    for arn in change.gone("ManagedPolicyArns"):
        yield api_call("iam", "DetachRolePolicy", {**role, "PolicyArn": arn})
    for arn in change.new("ManagedPolicyArns"):
        yield api_call("iam", "AttachRolePolicy", {**role, "PolicyArn": arn})


def _role_updated(change: Change) -> Iterator[ApiCall]:
    role = {"RoleName": change.name}
    if change.changed(["AssumeRolePolicyDocument"]):
        document = {"PolicyDocument": change.properties["AssumeRolePolicyDocument"]}
        yield api_call("iam", "UpdateAssumeRolePolicy", {**role, **document})
    if change.changed(["Description", "MaxSessionDuration"]):
        yield api_call("iam", "UpdateRole", {**change.properties, **role})
    for boundary in change.changed(["PermissionsBoundary"]).values():
        verb = "Put" if boundary else "Delete"
        wanted = {**role, "PermissionsBoundary": boundary}
        yield api_call("iam", f"{verb}RolePermissionsBoundary", wanted)
    yield from _role_policies(change)
    yield from _retag(change, "iam", ("TagRole", "UntagRole"), role)


def _role_deleted(change: Change) -> Iterator[ApiCall]:
    role = {"RoleName": change.name}
    for arn in change.items("ManagedPolicyArns"):
        yield api_call("iam", "DetachRolePolicy", {**role, "PolicyArn": arn})
    for name in _documents(change.items("Policies")):
        yield api_call("iam", "DeleteRolePolicy", {**role, "PolicyName": name})
    yield api_call("iam", "DeleteRole", role)


_HOLDERS = {"Roles": "Role", "Users": "User", "Groups": "Group"}
"""Properties that name who a policy is for, and what operations call them."""


def _holder(kind: str, name: str) -> dict[str, str]:
    return {f"{kind}Name": name}


def _inline_policy_put(change: Change) -> Iterator[ApiCall]:
    policy = {name: change.properties[name] for name in ("PolicyName", "PolicyDocument")}
    for names, kind in _HOLDERS.items():
        for name in change.items(names):
            yield api_call("iam", f"Put{kind}Policy", {**_holder(kind, name), **policy})
        for name in change.gone(names):
            wanted = {**_holder(kind, name), "PolicyName": change.before["PolicyName"]}
            yield api_call("iam", f"Delete{kind}Policy", wanted)


def _inline_policy_deleted(change: Change) -> Iterator[ApiCall]:
    for names, kind in _HOLDERS.items():
        for name in change.items(names):
            wanted = {**_holder(kind, name), "PolicyName": change.properties["PolicyName"]}
            yield api_call("iam", f"Delete{kind}Policy", wanted)


def _managed_policy_created(change: Change) -> Iterator[ApiCall]:
    policy, answer = change.model, None
    if policy is not None:
        described = {
            "PolicyName": policy.name,
            "PolicyId": policy.id,
            "Arn": policy.arn,
            "Path": policy.path,
            "DefaultVersionId": policy.default_version_id,
            "AttachmentCount": 0,
            "CreateDate": policy.create_date,
            "UpdateDate": policy.update_date,
        }
        answer = {"Policy": described}
    wanted = {**change.properties, "PolicyName": change.name}
    yield api_call("iam", "CreatePolicy", wanted, answer)
    yield from _managed_policy_holders(change)


def _managed_policy_updated(change: Change) -> Iterator[ApiCall]:
    if change.changed(["PolicyDocument"]):
        document = change.properties["PolicyDocument"]
        wanted = {"PolicyDocument": document, "SetAsDefault": True}
        named = {"PolicyArn": change.physical_id, **wanted}
        yield api_call("iam", "CreatePolicyVersion", named)
    yield from _managed_policy_holders(change)


def _managed_policy_holders(change: Change) -> Iterator[ApiCall]:
    policy = {"PolicyArn": _policy_arn(change)}
    for names, kind in _HOLDERS.items():
        for name in change.gone(names):
            yield api_call("iam", f"Detach{kind}Policy", {**_holder(kind, name), **policy})
        for name in change.new(names):
            yield api_call("iam", f"Attach{kind}Policy", {**_holder(kind, name), **policy})


def _managed_policy_deleted(change: Change) -> Iterator[ApiCall]:
    policy = {"PolicyArn": _policy_arn(change)}
    for names, kind in _HOLDERS.items():
        for name in change.items(names):
            yield api_call("iam", f"Detach{kind}Policy", {**_holder(kind, name), **policy})
    yield api_call("iam", "DeletePolicy", policy)


def _policy_arn(change: Change) -> str:
    if change.model is not None:
        return str(change.model.arn)
    path = change.properties.get("Path") or "/"
    return f"arn:aws:iam::{change.account_id}:policy{path}{change.name}"


# --- AWS Lambda --------------------------------------------------------------------------


def _function_created(change: Change) -> Iterator[ApiCall]:
    wanted = {**change.properties, "FunctionName": change.name}
    answer = None if change.model is None else change.model.get_configuration(on_create=True)
    yield api_call("lambda", "CreateFunction", wanted, answer)


def _function_updated(change: Change) -> Iterator[ApiCall]:
    function = {"FunctionName": change.name}
    answer = change.model.get_configuration()
    for code in change.changed(["Code"]).values():
        yield api_call("lambda", "UpdateFunctionCode", {**(code or {}), **function}, answer)
    settings = _without(change.changed({**change.properties, **change.before}), "Code", "Tags")
    if settings:
        wanted = {**settings, **function}
        yield api_call("lambda", "UpdateFunctionConfiguration", wanted, answer)
    arn = change.arn("lambda", f"function:{change.name}")
    yield from _retag(change, "lambda", ("TagResource", "UntagResource"), {"Resource": arn})


def _function_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("lambda", "DeleteFunction", {"FunctionName": change.name})


def _permission_created(change: Change) -> Iterator[ApiCall]:
    wanted = {**change.properties, "StatementId": change.name}
    yield api_call("lambda", "AddPermission", wanted)


def _permission_deleted(change: Change) -> Iterator[ApiCall]:
    function = {"FunctionName": change.properties["FunctionName"]}
    yield api_call("lambda", "RemovePermission", {**function, "StatementId": change.name})


def _unchanging(change: Change) -> Iterator[ApiCall]:  # noqa: ARG001 - a plan
    """The plan of updates that the engine makes by a new resource in place of the old one."""
    yield from ()


def _function_invoked(change: Change) -> Iterator[ApiCall]:
    token = change.properties["ServiceToken"]
    yield api_call("lambda", "Invoke", {"FunctionName": token, "InvocationType": "Event"})


# --- AWS Systems Manager -----------------------------------------------------------------


def _parameter_created(change: Change) -> Iterator[ApiCall]:
    wanted = {**change.properties, "Name": change.name}
    yield api_call("ssm", "PutParameter", wanted, {"Version": 1, "Tier": _tier(change)})


def _parameter_updated(change: Change) -> Iterator[ApiCall]:
    settings = {**_without(change.properties, "Tags"), "Name": change.name, "Overwrite": True}
    answer = {"Version": change.model.version, "Tier": _tier(change)}
    yield api_call("ssm", "PutParameter", settings, answer)
    identifier = {"ResourceType": "Parameter", "ResourceId": change.name}
    operations = ("AddTagsToResource", "RemoveTagsFromResource")
    yield from _retag(change, "ssm", operations, identifier)


def _tier(change: Change) -> str:
    return str(change.properties.get("Tier") or "Standard")


def _parameter_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("ssm", "DeleteParameter", {"Name": change.name})


# --- Amazon SNS --------------------------------------------------------------------------

_NOT_TOPIC_ATTRIBUTES = ("Subscription", "Tags", "TopicName", "DataProtectionPolicy")


def _attributes(properties: Properties, *without: str) -> dict[str, str]:
    given = _without(properties, *without)
    return {name: text(value) for name, value in given.items() if value is not None}


def _topic_created(change: Change) -> Iterator[ApiCall]:
    wanted = {
        "Name": change.name,
        "Attributes": _attributes(change.properties, *_NOT_TOPIC_ATTRIBUTES) or None,
        "Tags": change.items("Tags") or None,
    }
    arn = change.arn("sns", change.name)
    yield api_call("sns", "CreateTopic", wanted, {"TopicArn": arn})
    yield from _subscribed(change, arn)


def _subscribed(change: Change, arn: str) -> Iterator[ApiCall]:
    made = change.model.sns_backend.list_subscriptions_by_topic(arn)[0] if change.model else []
    arns = {subscription.endpoint: subscription.arn for subscription in made}
    for subscription in change.new("Subscription"):
        answer = {"SubscriptionArn": arns.get(subscription["Endpoint"])}
        yield api_call("sns", "Subscribe", {"TopicArn": arn, **subscription}, answer)


def _topic_updated(change: Change) -> Iterator[ApiCall]:
    arn = change.arn("sns", change.name)
    everything = {**change.before, **change.properties}
    for name, value in change.changed(_without(everything, *_NOT_TOPIC_ATTRIBUTES)).items():
        new = "" if value is None else text(value)
        yield _topic_attribute(arn, name, new)
    yield from _subscribed(change, arn)
    yield from _retag(change, "sns", ("TagResource", "UntagResource"), {"ResourceArn": arn})


def _topic_attribute(arn: str, name: str, value: str | None) -> ApiCall:
    wanted = {"TopicArn": arn, "AttributeName": name, "AttributeValue": value}
    return api_call("sns", "SetTopicAttributes", wanted)


def _topic_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("sns", "DeleteTopic", {"TopicArn": change.arn("sns", change.name)})


def _topic_policy_put(change: Change) -> Iterator[ApiCall]:
    for arn in change.items("Topics"):
        yield _topic_attribute(arn, "Policy", text(change.properties["PolicyDocument"]))


def _topic_policy_deleted(change: Change) -> Iterator[ApiCall]:
    for arn in change.items("Topics"):
        yield _topic_attribute(arn, "Policy", None)


# --- Amazon SQS --------------------------------------------------------------------------


def _queue_created(change: Change) -> Iterator[ApiCall]:
    wanted = {
        "QueueName": change.name,
        "Attributes": _attributes(change.properties, "QueueName", "Tags") or None,
        "tags": _tags(change.properties) or None,
    }
    answer = None if change.model is None else {"QueueUrl": change.physical_id}
    yield api_call("sqs", "CreateQueue", wanted, answer)


def _queue_updated(change: Change) -> Iterator[ApiCall]:
    queue = {"QueueUrl": change.physical_id}
    changed = change.changed({**change.before, **change.properties})
    attributes = _attributes(changed, "QueueName", "Tags")
    if attributes:
        yield api_call("sqs", "SetQueueAttributes", {**queue, "Attributes": attributes})
    yield from _retag(change, "sqs", ("TagQueue", "UntagQueue"), queue)


def _queue_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("sqs", "DeleteQueue", {"QueueUrl": change.physical_id})


# --- AWS KMS -----------------------------------------------------------------------------

_DEFAULT_WAITING_PERIOD = 30
"""Days until a key is deleted, where `PendingWindowInDays` does not say."""


def _key_created(change: Change) -> Iterator[ApiCall]:
    tags = [{"TagKey": key, "TagValue": tag} for key, tag in _tags(change.properties).items()]
    wanted = {**change.properties, "Policy": change.properties["KeyPolicy"], "Tags": tags or None}
    answer = None if change.model is None else change.model.to_dict()
    yield api_call("kms", "CreateKey", wanted, answer)
    key = {"KeyId": change.physical_id}
    if text(change.properties.get("EnableKeyRotation", False)) == "true":
        yield api_call("kms", "EnableKeyRotation", key)
    if text(change.properties.get("Enabled", True)) == "false":
        yield api_call("kms", "DisableKey", key)


def _key_deleted(change: Change) -> Iterator[ApiCall]:
    days = change.properties.get("PendingWindowInDays") or _DEFAULT_WAITING_PERIOD
    key = {"KeyId": change.physical_id, "PendingWindowInDays": days}
    yield api_call("kms", "ScheduleKeyDeletion", key)


def _alias_created(change: Change) -> Iterator[ApiCall]:
    yield api_call("kms", "CreateAlias", change.properties)


def _alias_updated(change: Change) -> Iterator[ApiCall]:
    yield api_call("kms", "UpdateAlias", change.properties)


def _alias_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("kms", "DeleteAlias", change.properties)


# --- Amazon CloudWatch Logs --------------------------------------------------------------


def _log_group_created(change: Change) -> Iterator[ApiCall]:
    group = {"logGroupName": change.name}
    tags = _tags(change.properties) or None
    wanted = {**change.properties, **group, "Tags": tags}
    yield api_call("logs", "CreateLogGroup", wanted)
    if change.properties.get("RetentionInDays"):
        yield api_call("logs", "PutRetentionPolicy", {**change.properties, **group})


def _log_group_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("logs", "DeleteLogGroup", {"logGroupName": change.name})


# --- Amazon EventBridge ------------------------------------------------------------------


def _rule_put(change: Change) -> Iterator[ApiCall]:
    arn = getattr(change.model, "arn", None)
    answer = {"RuleArn": arn} if arn else None
    tags = change.items("Tags") or None
    wanted = {**change.properties, "Name": change.name, "Tags": tags}
    yield api_call("events", "PutRule", wanted, answer)
    gone = _target_ids(change.gone("Targets")) - _target_ids(change.items("Targets"))
    if gone:
        yield _targets_removed(change, gone)
    if change.new("Targets"):
        targets = {"Rule": change.name, "Targets": change.new("Targets")}
        wanted = {**change.properties, **targets}
        yield api_call("events", "PutTargets", wanted, {"FailedEntryCount": 0})


def _target_ids(targets: Iterable[Properties]) -> set[str]:
    return {str(target["Id"]) for target in targets}


def _targets_removed(change: Change, ids: Iterable[str]) -> ApiCall:
    wanted = {**change.properties, "Rule": change.name, "Ids": sorted(ids)}
    return api_call("events", "RemoveTargets", wanted, {"FailedEntryCount": 0})


def _rule_deleted(change: Change) -> Iterator[ApiCall]:
    if change.items("Targets"):
        yield _targets_removed(change, _target_ids(change.items("Targets")))
    yield api_call("events", "DeleteRule", {**change.properties, "Name": change.name})


# --- Amazon ECR --------------------------------------------------------------------------


def _repository_created(change: Change) -> Iterator[ApiCall]:
    wanted = {**change.properties, "repositoryName": change.name}
    yield api_call("ecr", "CreateRepository", wanted, _described_repository(change))


def _described_repository(change: Change) -> Properties | None:
    repository = change.model
    if repository is None:
        return None
    described = {
        "repositoryArn": repository.arn,
        "registryId": repository.registry_id,
        "repositoryName": repository.name,
        "repositoryUri": repository.uri,
        "createdAt": repository.created_at,
        "imageTagMutability": repository.image_tag_mutability,
        "imageScanningConfiguration": repository.image_scanning_configuration,
        "encryptionConfiguration": repository.encryption_configuration,
    }
    return {"repository": described}


def _repository_updated(change: Change) -> Iterator[ApiCall]:
    wanted = {**change.properties, "repositoryName": change.name}
    if change.changed(["ImageScanningConfiguration"]):
        yield api_call("ecr", "PutImageScanningConfiguration", wanted)
    if change.changed(["ImageTagMutability", "ImageTagMutabilityExclusionFilters"]):
        yield api_call("ecr", "PutImageTagMutability", wanted)
    arn = change.arn("ecr", f"repository/{change.name}")
    yield from _retag(change, "ecr", ("TagResource", "UntagResource"), {"resourceArn": arn})


def _repository_deleted(change: Change) -> Iterator[ApiCall]:
    force = change.properties.get("EmptyOnDelete")
    wanted = {"repositoryName": change.name, "force": force}
    yield api_call("ecr", "DeleteRepository", wanted, _described_repository(change))


# --- AWS CloudFormation ------------------------------------------------------------------


def _stack_put(operation: str) -> Plan:
    def plan(change: Change) -> Iterator[ApiCall]:
        given = change.properties.get("Parameters") or {}
        parameters = [
            {"ParameterKey": key, "ParameterValue": text(value)} for key, value in given.items()
        ]
        named = {"StackName": change.name, "Parameters": parameters or None}
        answer = None if change.model is None else {"StackId": change.physical_id}
        yield api_call("cloudformation", operation, {**change.properties, **named}, answer)

    return plan


def _stack_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("cloudformation", "DeleteStack", {"StackName": change.physical_id})


CALLS: Mapping[str, Calls] = {
    "AWS::CloudFormation::CustomResource": Calls(
        _function_invoked, _function_invoked, _function_invoked, answers_at_once=True
    ),
    "AWS::CloudFormation::Stack": Calls(
        _stack_put("CreateStack"), _stack_put("UpdateStack"), _stack_deleted, answers_at_once=True
    ),
    "AWS::CloudTrail::Trail": Calls(
        _trail_created, _trail_updated, _trail_deleted, undone_when_failed=True
    ),
    "AWS::DynamoDB::Table": Calls(_table_created, _table_updated, _table_deleted),
    "AWS::ECR::Repository": Calls(_repository_created, _repository_updated, _repository_deleted),
    "AWS::Events::Rule": Calls(_rule_put, _rule_put, _rule_deleted),
    "AWS::IAM::ManagedPolicy": Calls(
        _managed_policy_created, _managed_policy_updated, _managed_policy_deleted
    ),
    "AWS::IAM::Policy": Calls(_inline_policy_put, _inline_policy_put, _inline_policy_deleted),
    "AWS::IAM::Role": Calls(_role_created, _role_updated, _role_deleted, undone_when_failed=True),
    "AWS::KMS::Alias": Calls(_alias_created, _alias_updated, _alias_deleted),
    "AWS::KMS::Key": Calls(_key_created, _unchanging, _key_deleted),
    "AWS::Lambda::Function": Calls(_function_created, _function_updated, _function_deleted),
    "AWS::Lambda::Permission": Calls(_permission_created, _unchanging, _permission_deleted),
    "AWS::Logs::LogGroup": Calls(_log_group_created, _unchanging, _log_group_deleted),
    "AWS::S3::Bucket": Calls(_bucket_created, _bucket_updated, _bucket_deleted),
    "AWS::S3::BucketPolicy": Calls(_bucket_policy_put, _bucket_policy_put, _bucket_policy_deleted),
    "AWS::SNS::Topic": Calls(_topic_created, _topic_updated, _topic_deleted),
    "AWS::SNS::TopicPolicy": Calls(_topic_policy_put, _topic_policy_put, _topic_policy_deleted),
    "AWS::SQS::Queue": Calls(_queue_created, _queue_updated, _queue_deleted),
    "AWS::SSM::Parameter": Calls(_parameter_created, _parameter_updated, _parameter_deleted),
}
"""The plans of every type whose calls are recorded."""
