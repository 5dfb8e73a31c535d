"""What CloudFormation does for its caller, as Event history and trails show it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.validate import ParamValidator
from moto.cloudformation.models import cloudformation_backends

from cloudtrail.policies.bucket_policy import delivery_policy
from cloudtrail.records.service_models import operation_model
from local_aws import LocalAws
from local_aws.cloudformation import background
from local_aws.cloudformation.resources import calls
from local_aws.cloudformation.resources.failures import CallFailed
from local_aws.cloudformation.resources.resource_types import Answer, ApiCall, Change, perform, read
from local_aws.cloudformation.stacks import Resource, Stack
from local_aws.cloudformation.types import TYPES
from local_aws.recording.receive import ON_BEHALF_OF
from tests.local_aws import delivered
from tests.local_aws.cloudformation.test_beside_a_trail import resources as beside
from tests.local_aws.cloudformation.test_networks import network
from tests.local_aws.delivered import ACCOUNT, client, history
from tests.local_aws.wire import Wire, send

CLOUDFORMATION = "cloudformation.amazonaws.com"
TRAIL_ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/stack-trail"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "sqs:*"], "Resource": "*"}],
}
Record = Mapping[str, Any]


def resource(kind: str, depends_on: str | None = None, **properties: Any) -> dict[str, Any]:
    after = {"DependsOn": depends_on} if depends_on else {}
    return {"Type": kind, "Properties": properties, **after}


BUCKET = resource(
    "AWS::S3::Bucket",
    BucketName="stack-logs",
    BucketEncryption={
        "ServerSideEncryptionConfiguration": [
            {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        ]
    },
    PublicAccessBlockConfiguration={"BlockPublicAcls": True, "BlockPublicPolicy": "true"},
    OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    VersioningConfiguration={"Status": "Enabled"},
    Tags=[{"Key": "lab", "Value": "cloudtrail"}],
)
BUCKET_POLICY = resource(
    "AWS::S3::BucketPolicy",
    Bucket={"Ref": "Bucket"},
    PolicyDocument=delivery_policy("stack-logs", "", ACCOUNT, TRAIL_ARN),
)
TRAIL = resource(
    "AWS::CloudTrail::Trail",
    "Policy",
    TrailName="stack-trail",
    S3BucketName={"Ref": "Bucket"},
    IsLogging="true",
    EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": True}],
    InsightSelectors=[{"InsightType": "ApiCallRateInsight"}],
)
TABLE = resource(
    "AWS::DynamoDB::Table",
    TableName="Users",
    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    BillingMode="PAY_PER_REQUEST",
)
ROLE = resource(
    "AWS::IAM::Role",
    RoleName="stack-role",
    AssumeRolePolicyDocument=TRUST,
    Policies=[{"PolicyName": "list", "PolicyDocument": POLICY}],
    ManagedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess"],
)
LAB = {"Bucket": BUCKET, "Policy": BUCKET_POLICY, "Trail": TRAIL, "Table": TABLE, "Role": ROLE}


class Deployer:
    """A client of CloudFormation, and the records of what it does for the client."""

    def __init__(self, aws: LocalAws, cloudformation: Any) -> None:
        self._aws = aws
        self._cloudformation = cloudformation

    def create(self, role_arn: str | None = None, /, **resources: Any) -> str:
        role = {"RoleARN": role_arn} if role_arn else {}
        answer = self._cloudformation.create_stack(StackName="lab", **_input(resources), **role)
        background.wait_for_all(60)
        return str(answer["StackId"])

    def update(self, **resources: Any) -> None:
        self._cloudformation.update_stack(StackName="lab", **_input(resources))
        background.wait_for_all(60)

    def delete(self) -> None:
        self._cloudformation.delete_stack(StackName="lab")
        background.wait_for_all(60)

    def status(self, stack: str = "lab") -> str:
        described = self._cloudformation.describe_stacks(StackName=stack)
        return str(described["Stacks"][0]["StackStatus"])

    def records(self) -> list[Record]:
        """Records of management events made by CloudFormation, oldest first."""
        found = history(self._aws)
        return [record for record in found if record["sourceIPAddress"] == CLOUDFORMATION]

    def names(self) -> list[str]:
        return [record["eventName"] for record in self.records()]

    def record(self, name: str) -> Record:
        """The one record of this event name."""
        (found,) = [record for record in self.records() if record["eventName"] == name]
        return found


def _input(resources: Mapping[str, Any]) -> dict[str, Any]:
    template = json.dumps({"Resources": resources})
    return {"TemplateBody": template, "Capabilities": ["CAPABILITY_NAMED_IAM"]}


@pytest.fixture
def aws(patient_aws: LocalAws) -> LocalAws:
    """A local AWS whose trails put nothing into buckets that stacks are to delete."""
    return patient_aws


@pytest.fixture
def deployer(aws: LocalAws) -> Deployer:
    return Deployer(aws, aws.client("cloudformation"))


BUILT = [
    "CreateBucket",
    "PutBucketEncryption",
    "PutBucketPublicAccessBlock",
    "PutBucketOwnershipControls",
    "PutBucketVersioning",
    "PutBucketTagging",
    "PutBucketPolicy",
    "CreateTrail",
    "PutEventSelectors",
    "PutInsightSelectors",
    "StartLogging",
    "CreateTable",
    "CreateRole",
    "PutRolePolicy",
    "AttachRolePolicy",
]

# --- creating ----------------------------------------------------------------------------


def test_resources_leave_the_calls_that_make_them(deployer: Deployer) -> None:
    deployer.create(**LAB)
    assert sorted(deployer.names()) == sorted(BUILT)


def test_the_calls_are_the_callers_through_cloudformation(deployer: Deployer) -> None:
    deployer.create(Table=TABLE)
    record = deployer.record("CreateTable")
    assert record["userIdentity"] == {
        "type": "Root",
        "principalId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:root",
        "accountId": ACCOUNT,
        "accessKeyId": "test",
        "invokedBy": CLOUDFORMATION,
    }
    assert (record["sourceIPAddress"], record["userAgent"]) == (CLOUDFORMATION, CLOUDFORMATION)
    assert "tlsDetails" not in record


def system_tags(logical_id: str) -> list[dict[str, Any]]:
    """The tags that CloudFormation gives, as records have them."""
    stack = cloudformation_backends[ACCOUNT]["us-east-1"].get_stack("lab")
    values = {"stack-name": "lab", "stack-id": stack.stack_id, "logical-id": logical_id}
    return [{"key": f"aws:cloudformation:{name}", "value": value} for name, value in values.items()]


def test_a_table_is_recorded_as_dynamodb_answers(deployer: Deployer) -> None:
    deployer.create(Table=TABLE)
    record = deployer.record("CreateTable")
    arn = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Users"
    assert record["requestParameters"] == {
        "attributeDefinitions": [{"attributeName": "id", "attributeType": "N"}],
        "tableName": "Users",
        "keySchema": [{"attributeName": "id", "keyType": "HASH"}],
        "billingMode": "PAY_PER_REQUEST",
        "tags": system_tags("Table"),
    }
    assert record["responseElements"]["tableDescription"]["tableStatus"] == "CREATING"
    assert [resource["ARN"] for resource in record["resources"]] == [arn]


def test_a_buckets_settings_are_the_requests_that_s3_gets(deployer: Deployer) -> None:
    deployer.create(Bucket=BUCKET)
    block = deployer.record("PutBucketPublicAccessBlock")["requestParameters"]
    assert block == {
        "bucketName": "stack-logs",
        "Host": "stack-logs.s3.us-east-1.amazonaws.com",
        "publicAccessBlock": "",
        "PublicAccessBlockConfiguration": {
            "xmlns": "http://s3.amazonaws.com/doc/2006-03-01/",
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
        },
    }
    encryption = deployer.record("PutBucketEncryption")["requestParameters"]
    assert encryption["ServerSideEncryptionConfiguration"]["Rule"] == {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}
    }


def test_a_bucket_policy_is_recorded_as_an_object(deployer: Deployer) -> None:
    deployer.create(Bucket=BUCKET, Policy=BUCKET_POLICY)
    recorded = deployer.record("PutBucketPolicy")["requestParameters"]["bucketPolicy"]
    assert recorded == BUCKET_POLICY["Properties"]["PolicyDocument"]


def test_a_trail_is_recorded_with_cloudtrails_own_answers(deployer: Deployer) -> None:
    deployer.create(Bucket=BUCKET, Policy=BUCKET_POLICY, Trail=TRAIL)
    created = deployer.record("CreateTrail")
    assert created["requestParameters"] == {
        "name": "stack-trail",
        "s3BucketName": "stack-logs",
        "includeGlobalServiceEvents": False,
        "tagsList": system_tags("Trail"),
    }
    assert created["responseElements"]["trailARN"] == TRAIL_ARN
    selectors = deployer.record("PutEventSelectors")["responseElements"]["eventSelectors"]
    assert selectors[0]["includeManagementEvents"] is True


def test_a_role_is_recorded_with_the_policies_it_is_given(deployer: Deployer) -> None:
    deployer.create(Role=ROLE)
    arn = f"arn:aws:iam::{ACCOUNT}:role/stack-role"
    assert deployer.record("CreateRole")["responseElements"]["role"]["arn"] == arn
    put = deployer.record("PutRolePolicy")["requestParameters"]
    assert (put["policyName"], json.loads(put["policyDocument"])) == ("list", POLICY)


def test_a_trail_of_the_stack_sees_what_is_made_once_it_logs(aws: LocalAws) -> None:
    resources = {**LAB, "Table": {**TABLE, "DependsOn": "Trail"}}
    Deployer(aws, aws.client("cloudformation")).create(**resources)
    seen = set(delivered.names(delivered.records(aws, "stack-logs")))
    assert "CreateTable" in seen
    assert not seen & {"CreateBucket", "CreateTrail", "StartLogging"}


# --- failing -----------------------------------------------------------------------------


def test_a_refused_creation_is_recorded_with_its_error(aws: LocalAws, deployer: Deployer) -> None:
    aws.client("dynamodb").create_table(**TABLE["Properties"])
    deployer.create(Table=TABLE)
    record = deployer.record("CreateTable")
    assert record["errorCode"] == "ResourceInUseException"
    assert record["errorMessage"] == "Table already exists: Users"
    assert record["responseElements"] is None


def test_a_trail_without_a_bucket_policy_is_recorded_as_refused(deployer: Deployer) -> None:
    deployer.create(Bucket=BUCKET, Trail={**TRAIL, "DependsOn": "Bucket"})
    record = deployer.record("CreateTrail")
    assert record["errorCode"] == "InsufficientS3BucketPolicyException"
    assert deployer.names()[-2:] == ["CreateTrail", "DeleteBucket"]


def test_refused_selectors_come_after_the_trail_and_before_its_end(deployer: Deployer) -> None:
    objects = [{"Type": "AWS::S3::Object", "Values": ["no-arn"]}]
    selectors = [{"ReadWriteType": "All", "DataResources": objects}]
    trail = {**TRAIL, "Properties": {**TRAIL["Properties"], "EventSelectors": selectors}}
    deployer.create(Bucket=BUCKET, Policy=BUCKET_POLICY, Trail=trail)
    outcomes = [(record["eventName"], record.get("errorCode")) for record in deployer.records()]
    assert outcomes[-5:] == [
        ("CreateTrail", None),
        ("PutEventSelectors", "InvalidEventSelectorsException"),
        ("DeleteTrail", None),
        ("DeleteBucketPolicy", None),
        ("DeleteBucket", None),
    ]


def test_what_cloudformation_refuses_itself_is_no_call(aws: LocalAws, deployer: Deployer) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="stack-logs")
    document = json.dumps(BUCKET_POLICY["Properties"]["PolicyDocument"])
    s3.put_bucket_policy(Bucket="stack-logs", Policy=document)
    properties = {**BUCKET_POLICY["Properties"], "Bucket": "stack-logs"}
    deployer.create(Policy={**BUCKET_POLICY, "Properties": properties})
    assert deployer.status() == "ROLLBACK_COMPLETE"
    assert deployer.names() == []


def test_a_bucket_that_is_not_empty_is_recorded_as_not_deleted(
    aws: LocalAws, deployer: Deployer
) -> None:
    deployer.create(Bucket=BUCKET)
    aws.client("s3").put_object(Bucket="stack-logs", Key="left", Body=b"")
    deployer.delete()
    assert deployer.record("DeleteBucket")["errorCode"] == "BucketNotEmpty"


def test_properties_that_no_api_takes_are_no_call(aws: LocalAws, deployer: Deployer) -> None:
    table = {**TABLE["Properties"], "KeySchema": "id"}
    deployer.create(Table={**TABLE, "Properties": table})
    assert (deployer.status(), deployer.names()) == ("ROLLBACK_COMPLETE", [])
    events = aws.client("cloudformation").describe_stack_events(StackName="lab")["StackEvents"]
    (reason,) = [
        event["ResourceStatusReason"]
        for event in events
        if event["ResourceStatus"] == "CREATE_FAILED"
    ]
    assert reason.startswith("Properties validation failed: Invalid type for parameter KeySchema")


# --- changing and deleting ---------------------------------------------------------------


def test_an_update_leaves_only_the_calls_that_change_something(deployer: Deployer) -> None:
    deployer.create(**LAB)
    before = len(deployer.names())
    table = {**TABLE["Properties"], "DeletionProtectionEnabled": "true"}
    tags = [{"Key": "lab", "Value": "changed"}]
    bucket = {**BUCKET["Properties"], "Tags": tags}
    deployer.update(
        **{
            **LAB,
            "Table": {**TABLE, "Properties": table},
            "Bucket": {**BUCKET, "Properties": bucket},
        }
    )
    assert sorted(deployer.names()[before:]) == ["PutBucketTagging", "UpdateTable"]
    changed = deployer.record("UpdateTable")["requestParameters"]
    assert changed == {"tableName": "Users", "deletionProtectionEnabled": True}


def test_settings_that_are_no_longer_given_are_taken_away(deployer: Deployer) -> None:
    life = {"Rules": [{"Status": "Enabled", "ExpirationInDays": "7"}]}
    given = {**BUCKET["Properties"], "LifecycleConfiguration": life}
    deployer.create(Bucket={**BUCKET, "Properties": given})
    before = len(deployer.names())
    deployer.update(Bucket=resource("AWS::S3::Bucket", BucketName="stack-logs"))
    assert sorted(deployer.names()[before:]) == [
        "DeleteBucketEncryption",
        "DeleteBucketLifecycle",
        "DeleteBucketOwnershipControls",
        "DeleteBucketPublicAccessBlock",
        "PutBucketTagging",
        "PutBucketVersioning",
    ]


def test_a_trail_is_stopped_by_an_update_that_says_so(deployer: Deployer) -> None:
    deployer.create(Bucket=BUCKET, Policy=BUCKET_POLICY, Trail=TRAIL)
    stopped = {**TRAIL, "Properties": {**TRAIL["Properties"], "IsLogging": False}}
    deployer.update(Bucket=BUCKET, Policy=BUCKET_POLICY, Trail=stopped)
    assert deployer.names()[-1] == "StopLogging"


def test_deletion_leaves_the_calls_in_its_order(deployer: Deployer) -> None:
    deployer.create(Bucket=BUCKET, Policy=BUCKET_POLICY, Trail=TRAIL, Role=ROLE)
    before = len(deployer.names())
    deployer.delete()
    deleted = deployer.names()[before:]
    assert [name for name in deleted if "Role" not in name] == [
        "DeleteTrail",
        "DeleteBucketPolicy",
        "DeleteBucket",
    ]
    assert [name for name in deleted if "Role" in name] == [
        "DetachRolePolicy",
        "DeleteRolePolicy",
        "DeleteRole",
    ]


THROTTLED = (400, b'{"__type": "ThrottlingException", "message": "Rate exceeded"}')
LISTED = (200, b'{"Trails": []}')


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Call a service that gives these answers, one after the other."""
    monkeypatch.setattr(calls, "_PAUSES", (0.0, 0.0))

    def ask(*answers: tuple[int, bytes]) -> Answer:
        left = iter(answers)

        def serve(_: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
            status, body = next(left)
            start_response(f"{status} Whatever", [("Content-Type", "application/x-amz-json-1.1")])
            return [body]

        recorder: Any = serve
        services = calls.Services(recorder, "http://127.0.0.1:1")
        mine = calls.on_behalf_of(None, ACCOUNT, "us-east-1", services)
        return mine.send(read("cloudtrail", "ListTrails", {}))

    return ask


def test_a_throttled_call_is_tried_again(ask: Callable[..., Answer]) -> None:
    assert ask(THROTTLED, THROTTLED, LISTED) == {"Trails": []}


def test_a_call_that_stays_throttled_fails(ask: Callable[..., Answer]) -> None:
    with pytest.raises(CallFailed) as failed:
        ask(THROTTLED, THROTTLED, THROTTLED)
    assert (failed.value.code, failed.value.status) == ("ThrottlingException", 400)


# --- callers -----------------------------------------------------------------------------


def test_an_iam_user_acts_through_a_session(aws: LocalAws) -> None:
    iam = aws.client("iam")
    user = iam.create_user(UserName="alice")["User"]
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    secret = key["SecretAccessKey"]
    theirs = client(aws, "cloudformation", key=key["AccessKeyId"], secret=secret)
    deployer = Deployer(aws, theirs)
    deployer.create(Table=TABLE)
    identity = deployer.record("CreateTable")["userIdentity"]
    assert (identity["arn"], identity["invokedBy"]) == (user["Arn"], CLOUDFORMATION)
    assert identity["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"


def test_a_stack_with_a_role_acts_as_a_session_of_the_role(aws: LocalAws) -> None:
    deployer, iam = Deployer(aws, aws.client("cloudformation")), aws.client("iam")
    trust = json.dumps(TRUST)
    role = iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=trust)["Role"]
    deployer.create(role["Arn"], Table=TABLE)
    identity = deployer.record("CreateTable")["userIdentity"]
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/AWSCloudFormation"
    assert (identity["type"], identity["arn"]) == ("AssumedRole", session)
    assert identity["principalId"] == f"{role['RoleId']}:AWSCloudFormation"
    assumed = deployer.record("AssumeRole")
    assert assumed["userIdentity"] == {"type": "AWSService", "invokedBy": CLOUDFORMATION}
    assert assumed["responseElements"]["assumedRoleUser"]["arn"] == session
    assert "secretAccessKey" not in json.dumps(assumed)


@contextmanager
def enforced(aws: LocalAws) -> Iterator[None]:
    """Let requests need what IAM's policies allow."""
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"0"))
    yield
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"inf"))


def _allowing(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _user_of_stacks(aws: LocalAws) -> Deployer:
    """A user who may do everything with CloudFormation, give it a role, and nothing else."""
    iam = aws.client("iam")
    iam.create_user(UserName="alice")
    document = _allowing("cloudformation:*", "iam:PassRole")
    iam.put_user_policy(UserName="alice", PolicyName="stacks", PolicyDocument=document)
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    secret = key["SecretAccessKey"]
    theirs = client(aws, "cloudformation", key=key["AccessKeyId"], secret=secret)
    return Deployer(aws, theirs)


def test_what_the_caller_may_not_do_fails_and_is_recorded(aws: LocalAws) -> None:
    deployer = _user_of_stacks(aws)
    with enforced(aws):
        deployer.create(Table=TABLE)
    record = deployer.record("CreateTable")
    assert deployer.status() == "ROLLBACK_COMPLETE"
    assert record["errorCode"] == "AccessDenied"
    assert record["userIdentity"]["userName"] == "alice"


def test_what_the_stacks_role_may_do_succeeds(aws: LocalAws) -> None:
    deployer, iam = _user_of_stacks(aws), aws.client("iam")
    role = iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    document = _allowing("dynamodb:*", "s3:*")
    iam.put_role_policy(RoleName="deploy", PolicyName="all", PolicyDocument=document)
    with enforced(aws):
        deployer.create(role["Arn"], Table=TABLE, Bucket=BUCKET)
    assert deployer.status() == "CREATE_COMPLETE"


def test_no_client_can_say_whom_it_calls_for(aws: LocalAws) -> None:
    dynamodb = client(aws, "dynamodb")

    def claim(params: dict[str, Any], **_: Any) -> None:
        params["headers"] |= {ON_BEHALF_OF: "x", ON_BEHALF_OF.replace("_", "-"): "x"}

    dynamodb.meta.events.register("before-call.dynamodb.*", claim)
    dynamodb.create_table(**TABLE["Properties"])
    (record,) = [each for each in history(aws) if each["eventName"] == "CreateTable"]
    assert record["userIdentity"]["type"] == "Root"
    assert "invokedBy" not in record["userIdentity"]


def test_a_nested_stack_is_created_for_the_same_caller(aws: LocalAws, deployer: Deployer) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="templates")
    inner = json.dumps({"Resources": {"Table": TABLE}})
    s3.put_object(Bucket="templates", Key="inner.json", Body=inner)
    url = "https://templates.s3.amazonaws.com/inner.json"
    deployer.create(Inner=resource("AWS::CloudFormation::Stack", TemplateURL=url))
    assert sorted(deployer.names()) == ["CreateStack", "CreateTable"]
    assert deployer.record("CreateStack")["requestParameters"]["templateURL"] == url


# --- the table ---------------------------------------------------------------------------

CODE = "def handler(event, context):\n    return event\n"
ROLE_ARN = {"Fn::GetAtt": ["Role", "Arn"]}
TAGS = [{"Key": "lab", "Value": "cloudtrail"}]
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}
QUEUE_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": {"Fn::GetAtt": ["Queue", "Arn"]},
        }
    ],
}
OTHERS = {
    "Inline": resource(
        "AWS::IAM::Policy", PolicyName="inline", PolicyDocument=POLICY, Roles=[{"Ref": "Role"}]
    ),
    "Managed": resource(
        "AWS::IAM::ManagedPolicy",
        ManagedPolicyName="managed",
        PolicyDocument=POLICY,
        Roles=[{"Ref": "Role"}],
    ),
    "Function": resource(
        "AWS::Lambda::Function",
        FunctionName="echo",
        Runtime="python3.13",
        Handler="index.handler",
        Role=ROLE_ARN,
        Timeout="30",
        Code={"ZipFile": CODE},
        Environment={"Variables": {"PASSWORD": "hidden"}},
        Tags=TAGS,
    ),
    "Permission": resource(
        "AWS::Lambda::Permission",
        FunctionName={"Ref": "Function"},
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    ),
    "Version": resource("AWS::Lambda::Version", FunctionName={"Ref": "Function"}),
    "Parameter": resource("AWS::SSM::Parameter", Name="/lab/name", Type="String", Value="x"),
    "Topic": resource(
        "AWS::SNS::Topic",
        TopicName="news",
        DisplayName="News",
        Subscription=[{"Protocol": "sqs", "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]}}],
        Tags=TAGS,
    ),
    "TopicPolicy": resource(
        "AWS::SNS::TopicPolicy", Topics=[{"Ref": "Topic"}], PolicyDocument=KEY_POLICY
    ),
    "Queue": resource("AWS::SQS::Queue", QueueName="jobs", VisibilityTimeout=60, Tags=TAGS),
    "GlobalTable": resource(
        "AWS::DynamoDB::GlobalTable",
        TableName="everywhere",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Replicas=[{"Region": "us-east-1", "DeletionProtectionEnabled": "false", "Tags": TAGS}],
    ),
    "QueuePolicy": resource(
        "AWS::SQS::QueuePolicy", Queues=[{"Ref": "Queue"}], PolicyDocument=QUEUE_POLICY
    ),
    "Subscription": resource(
        "AWS::SNS::Subscription",
        TopicArn={"Ref": "Topic"},
        Protocol="lambda",
        Endpoint={"Fn::GetAtt": ["Function", "Arn"]},
        FilterPolicy={"kind": ["new"]},
    ),
    "Source": resource(
        "AWS::Lambda::EventSourceMapping",
        FunctionName={"Ref": "Function"},
        EventSourceArn={"Fn::GetAtt": ["Queue", "Arn"]},
        BatchSize=1,
    ),
    "MetricFilter": resource(
        "AWS::Logs::MetricFilter",
        LogGroupName={"Ref": "LogGroup"},
        FilterPattern="{ $.errorCode = AccessDenied }",
        MetricTransformations=[
            {"MetricName": "denied", "MetricNamespace": "Lab", "MetricValue": "1"}
        ],
    ),
    "SubscriptionFilter": resource(
        "AWS::Logs::SubscriptionFilter",
        LogGroupName={"Ref": "LogGroup"},
        FilterPattern="",
        DestinationArn={"Fn::GetAtt": ["Function", "Arn"]},
    ),
    "Alarm": resource(
        "AWS::CloudWatch::Alarm",
        AlarmName="denied",
        Namespace="Lab",
        MetricName="denied",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=[{"Ref": "Topic"}],
    ),
    "Composite": resource(
        "AWS::CloudWatch::CompositeAlarm",
        AlarmRule={"Fn::Sub": "ALARM(${Alarm.Arn})"},
        AlarmActions=[{"Ref": "Topic"}],
    ),
    "Bus": resource("AWS::Events::EventBus", Name="lab-bus", Description="The lab's"),
    "BusPolicy": resource(
        "AWS::Events::EventBusPolicy",
        EventBusName={"Ref": "Bus"},
        StatementId="lab",
        Statement={
            "Effect": "Allow",
            "Principal": {"AWS": ACCOUNT},
            "Action": "events:PutEvents",
            "Resource": {"Fn::GetAtt": ["Bus", "Arn"]},
        },
    ),
    "Recorder": resource("AWS::Config::ConfigurationRecorder", Name="all", RoleARN=ROLE_ARN),
    "Channel": resource(
        "AWS::Config::DeliveryChannel", "Recorder", Name="all", S3BucketName="config-logs"
    ),
    "ConfigRule": resource(
        "AWS::Config::ConfigRule",
        "Recorder",
        ConfigRuleName="trails",
        Source={"Owner": "AWS", "SourceIdentifier": "CLOUD_TRAIL_ENABLED"},
    ),
    "Secret": resource(
        "AWS::SecretsManager::Secret",
        Name="lab/secret",
        GenerateSecretString={"SecretStringTemplate": "{}", "GenerateStringKey": "password"},
    ),
    "User": resource("AWS::IAM::User", UserName="student", Groups=[{"Ref": "Group"}]),
    "Group": resource("AWS::IAM::Group", GroupName="class"),
    **{
        f"{kind}Policy": resource(
            f"AWS::IAM::{kind}Policy",
            None,
            **{f"{kind}Name": {"Ref": kind}, "PolicyName": "one", "PolicyDocument": POLICY},
        )
        for kind in ("Role", "User", "Group")
    },
    "Key": resource(
        "AWS::KMS::Key",
        KeyPolicy=KEY_POLICY,
        EnableKeyRotation=True,
        PendingWindowInDays="7",
    ),
    "Alias": resource("AWS::KMS::Alias", AliasName="alias/lab", TargetKeyId={"Ref": "Key"}),
    "LogGroup": resource(
        "AWS::Logs::LogGroup", LogGroupName="/lab", RetentionInDays="7", Tags=TAGS
    ),
    "Rule": resource(
        "AWS::Events::Rule",
        Name="lab",
        EventPattern={"source": ["lab"]},
        State="ENABLED",
        Targets=[{"Id": "echo", "Arn": {"Fn::GetAtt": ["Function", "Arn"]}}],
    ),
    "Repository": resource(
        "AWS::ECR::Repository",
        RepositoryName="images",
        ImageScanningConfiguration={"ScanOnPush": "true"},
        ImageTagMutability="IMMUTABLE",
        Tags=TAGS,
    ),
    "Database": resource(
        "AWS::Glue::Database", CatalogId=ACCOUNT, DatabaseInput={"Name": "logs", "Description": "a"}
    ),
    "LogTable": resource(
        "AWS::Glue::Table",
        CatalogId=ACCOUNT,
        DatabaseName={"Ref": "Database"},
        TableInput={"Name": "trail", "Parameters": {"classification": "cloudtrail"}},
    ),
    "WorkGroup": resource(
        "AWS::Athena::WorkGroup",
        Name="graders",
        RecursiveDeleteOption="true",
        WorkGroupConfiguration={"BytesScannedCutoffPerQuery": "10000000"},
    ),
    "StackSet": resource(
        "AWS::CloudFormation::StackSet",
        StackSetName="class",
        PermissionModel="SELF_MANAGED",
        CallAs="SELF",
        TemplateBody=json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}),
    ),
}
RESPONDER = """
import cfnresponse

def handler(event, context):
    cfnresponse.send(event, context, cfnresponse.SUCCESS, {}, "made")
"""
INVOCATIONS = [
    {
        "Name": "functions",
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::Lambda::Function"]},
        ],
    }
]
CREATED = [
    "AddPermission20150331v2",
    "AttachRolePolicy",
    "CreateAlias",
    "CreateEventBus",
    "CreateEventSourceMapping20150331",
    "CreateFunction20150331",
    "CreateKey",
    "CreateLogGroup",
    "CreatePolicy",
    "CreateQueue",
    "CreateRepository",
    "CreateSecret",
    "CreateStackSet",
    "CreateTopic",
    "EnableKeyRotation",
    "PutConfigRule",
    "PutConfigurationRecorder",
    "PutDeliveryChannel",
    "PutGroupPolicy",
    "PutMetricAlarm",
    "PutMetricFilter",
    "PutParameter",
    "PutPermission",
    "PutRetentionPolicy",
    "PutRolePolicy",
    "PutRule",
    "PutSubscriptionFilter",
    "PutTargets",
    "PutUserPolicy",
    "SetQueueAttributes",
    "SetTopicAttributes",
    "StartConfigurationRecorder",
    "Subscribe",
]


def _made(aws: LocalAws, resources: Mapping[str, Any]) -> list[Resource]:
    """The resources that a stack made."""
    Deployer(aws, aws.client("cloudformation")).create(**resources)
    stack = cloudformation_backends[ACCOUNT]["us-east-1"].get_stack("lab")
    assert isinstance(stack, Stack)
    assert stack.status == "CREATE_COMPLETE", stack.status_reason
    return list(stack.resources.values())


def _broken_rules(call: ApiCall) -> str:
    """What botocore would say to a client that made the call."""
    model = operation_model(call.service, call.operation)
    assert model is not None, f"{call.service} has no {call.operation}"
    if model.input_shape is None:
        return ""
    return str(
        ParamValidator().validate(dict(call.parameters), model.input_shape).generate_report()
    )


class Anything(dict[str, Any]):
    """An answer with whatever a plan looks for; what it waits for has succeeded."""

    def __missing__(self, name: str) -> Any:
        if name == "Status":
            return "SUCCEEDED"
        return TRAIL_ARN if str(name).endswith("Arn") else Anything()


@pytest.mark.parametrize("kind", ["create", "update", "delete"])
def test_every_call_of_a_description_is_one_that_its_api_takes(aws: LocalAws, kind: str) -> None:
    described = {each.name: each for each in TYPES}

    def answer(call: ApiCall) -> Answer:
        assert (call.operation, _broken_rules(call)) == (call.operation, "")
        if call.service == "s3" and not call.recorded:
            raise CallFailed("NoSuchBucket", "", 404, "")
        return Anything()

    for made in (each for each in _made(aws, {**LAB, **OTHERS}) if each.type in described):
        place = (ACCOUNT, "us-east-1")
        change = Change(made.name, made.physical_id, made.properties, {}, *place)
        plan = getattr(described[made.type], kind)
        if plan is not None:
            perform(plan(change), answer, lambda _: None)


ELSEWHERE = {
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::Athena::NamedQuery",
    "AWS::Budgets::Budget",
    "AWS::Config::AggregationAuthorization",
    "AWS::Config::ConfigurationAggregator",
    "AWS::IAM::AccessKey",
    "AWS::IAM::ServiceLinkedRole",
    "AWS::KinesisFirehose::DeliveryStream",
    "AWS::Lambda::Alias",
    "AWS::Logs::LogStream",
    "AWS::SecretsManager::ResourcePolicy",
}
"""Types that other tests deploy, update and remove."""


def test_every_described_type_is_deployed() -> None:
    stacks = (LAB, OTHERS, network("net"), beside("1", 1, "Ec2"))
    deployed = {item["Type"] for stack in stacks for item in stack.values()}
    nothing = {"AWS::CDK::Metadata", "AWS::CloudFormation::WaitConditionHandle"}
    assert {each.name for each in TYPES} == deployed | nothing | ELSEWHERE


def test_other_types_leave_their_calls_too(deployer: Deployer) -> None:
    deployer.create(Role=ROLE, **OTHERS)
    assert deployer.status() == "CREATE_COMPLETE"
    assert set(CREATED) <= set(deployer.names())
    function = deployer.record("CreateFunction20150331")
    assert "hidden" not in json.dumps(function)
    assert "zipFile" not in json.dumps(function)


UPDATES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "Inline": ({"PolicyName": "other"}, ["PutRolePolicy", "DeleteRolePolicy"]),
    "Managed": ({"Roles": []}, ["DetachRolePolicy"]),
    "Function": ({"Timeout": 60}, ["UpdateFunctionConfiguration20150331v2"]),
    "Parameter": ({"Value": "y"}, ["PutParameter"]),
    "Topic": ({"DisplayName": "Old"}, ["SetTopicAttributes"]),
    "Queue": ({"VisibilityTimeout": 30}, ["SetQueueAttributes"]),
    "GlobalTable": (
        {"Replicas": [{"Region": "us-east-1", "Tags": TAGS, "DeletionProtectionEnabled": True}]},
        ["UpdateTable"],
    ),
    "Subscription": ({"FilterPolicy": {"kind": ["old"]}}, ["SetSubscriptionAttributes"]),
    "Source": ({"BatchSize": 2}, ["UpdateEventSourceMapping20150331"]),
    "MetricFilter": ({"FilterPattern": "x"}, ["PutMetricFilter"]),
    "SubscriptionFilter": ({"FilterPattern": "x"}, ["PutSubscriptionFilter"]),
    "Alarm": ({"Threshold": 2}, ["PutMetricAlarm"]),
    "ConfigRule": ({"Description": "b"}, ["PutConfigRule"]),
    "Secret": ({"Description": "b"}, ["UpdateSecret"]),
    "RolePolicy": ({"PolicyDocument": {**POLICY, "Id": "b"}}, ["PutRolePolicy"]),
    "LogGroup": ({"KmsKeyId": {"Fn::GetAtt": ["Key", "Arn"]}}, ["AssociateKmsKey"]),
    "Rule": ({"State": "DISABLED"}, ["PutRule"]),
    "Repository": ({"ImageTagMutability": "MUTABLE"}, ["PutImageTagMutability"]),
    "Database": ({"DatabaseInput": {"Name": "logs", "Description": "b"}}, ["UpdateDatabase"]),
    "LogTable": ({"TableInput": {"Name": "trail", "Description": "b"}}, ["UpdateTable"]),
    "WorkGroup": ({"Description": "b"}, ["UpdateWorkGroup"]),
    "StackSet": ({"Description": "b"}, ["UpdateStackSet"]),
}


def test_updates_of_other_types_leave_what_changes_them(deployer: Deployer) -> None:
    stack = {"Role": ROLE, **OTHERS}
    deployer.create(**stack)
    for logical_id, (properties, expected) in UPDATES.items():
        before = len(deployer.names())
        changed = {**stack[logical_id]["Properties"], **properties}
        stack[logical_id] = {**stack[logical_id], "Properties": changed}
        deployer.update(**stack)
        assert (logical_id, deployer.names()[before:]) == (logical_id, expected)


def test_a_custom_resource_is_an_invocation_by_cloudformation(aws: LocalAws) -> None:
    function = {**OTHERS["Function"]["Properties"], "Code": {"ZipFile": RESPONDER}}
    token = {"Fn::GetAtt": ["Function", "Arn"]}
    resources = {
        "Role": ROLE,
        "Function": resource("AWS::Lambda::Function", **function),
        "Custom": resource("Custom::Nothing", ServiceToken=token),
    }
    delivered.trail(aws, "invocations", advanced=INVOCATIONS)
    Deployer(aws, aws.client("cloudformation")).create(**resources)
    (record,) = delivered.records(aws, "invocations-logs")
    assert record["eventName"] == "Invoke"
    assert record["userIdentity"]["invokedBy"] == CLOUDFORMATION
    assert record["requestParameters"] == {
        "functionName": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:echo",
        "invocationType": "Event",
    }


def test_an_invocation_of_a_missing_function_is_recorded_as_failed(aws: LocalAws) -> None:
    delivered.trail(aws, "invocations", advanced=INVOCATIONS)
    token = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:missing"
    custom = resource("Custom::Nothing", ServiceToken=token)
    Deployer(aws, aws.client("cloudformation")).create(Custom=custom)
    (record,) = delivered.records(aws, "invocations-logs")
    assert record["errorCode"] == "ResourceNotFoundException"
    assert record["errorMessage"] == f"Function not found: {token}"
