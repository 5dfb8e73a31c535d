"""A policy that is none is refused by the service it is given to, in that service's words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.delivered import client, log_bucket

NOT_JSON = "Policies must be valid JSON and the first byte must be '{'"
STATEMENT = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
INVALID = "Invalid principal in policy"
MALFORMED = [
    ("no policy", NOT_JSON),
    ('{"Statement": [', NOT_JSON),
    ("[]", NOT_JSON),
    ("{}", "Missing required field Statement"),
    ('{"Statement": []}', "Could not parse the policy: Statement is empty!"),
    ('{"Statement": "all of it"}', "Invalid policy syntax."),
    (json.dumps({"Statement": STATEMENT | {"Principal": [1, 2]}}), "Invalid principal in policy"),
    *(
        (json.dumps({"Statement": STATEMENT | {"Principal": {"AWS": who}}}), INVALID)
        for who in ("arn:aws:iam::${AWS::AccountId}:user/me", "arn:aws:iam:123456789012:root", "me")
    ),
]
PRINCIPALS = [
    *("*", "123456789012", "AIDAEXAMPLE3XAMPLEID", "arn:aws-cn:iam::123456789012:root"),
    "arn:aws:iam::123456789012:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
    "arn:aws:sts::123456789012:assumed-role/worker/me@example.com",
    "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity EH1HDMB1FH2TC",
]


def _bucket(aws: LocalAws, policy: str) -> Any:
    log_bucket(aws, "files")
    return client(aws, "s3").put_bucket_policy(Bucket="files", Policy=policy)


def _new_key(aws: LocalAws, policy: str) -> Any:
    return client(aws, "kms").create_key(Policy=policy)


def _key(aws: LocalAws, policy: str) -> Any:
    kms = client(aws, "kms")
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    return kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=policy)


def _new_topic(aws: LocalAws, policy: str) -> Any:
    return client(aws, "sns").create_topic(Name="topic", Attributes={"Policy": policy})


def _topic(aws: LocalAws, policy: str) -> Any:
    sns = client(aws, "sns")
    arn = sns.create_topic(Name="topic")["TopicArn"]
    return sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)


def _new_queue(aws: LocalAws, policy: str) -> Any:
    return client(aws, "sqs").create_queue(QueueName="queue", Attributes={"Policy": policy})


def _queue(aws: LocalAws, policy: str) -> Any:
    sqs = client(aws, "sqs")
    url = sqs.create_queue(QueueName="queue")["QueueUrl"]
    return sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def _secret(aws: LocalAws, policy: str, **settings: Any) -> Any:
    secrets = client(aws, "secretsmanager")
    arn = secrets.create_secret(Name="secret", SecretString="text")["ARN"]
    return secrets.put_resource_policy(SecretId=arn, ResourcePolicy=policy, **settings)


def _logs(aws: LocalAws, policy: str) -> Any:
    return client(aws, "logs").put_resource_policy(policyName="p", policyDocument=policy)


SNS = "Invalid parameter: Policy Error: {}"
SQS = "Invalid value for the parameter Policy."
DOORS = [
    (_bucket, "MalformedPolicy", "{}"),
    (_new_key, "MalformedPolicyDocumentException", "{}"),
    (_key, "MalformedPolicyDocumentException", "{}"),
    (_new_topic, "InvalidParameter", SNS),
    (_topic, "InvalidParameter", SNS),
    (_new_queue, "InvalidAttributeValue", SQS),
    (_queue, "InvalidAttributeValue", SQS),
    (_logs, "InvalidParameterException", "{}"),
    (_secret, "MalformedPolicyDocumentException", "{}"),
]


@pytest.mark.parametrize(("policy", "reason"), MALFORMED)
@pytest.mark.parametrize(("put", "code", "words"), DOORS)
def test_a_malformed_policy_is_refused(
    put: Callable[[LocalAws, str], Any], code: str, words: str, policy: str, reason: str,
    aws: LocalAws,
) -> None:  # fmt: skip
    with pytest.raises(ClientError) as refused:
        put(aws, policy)
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert answer["Error"]["Code"] == code
    assert answer["Error"]["Message"] == words.format(reason)


@pytest.mark.parametrize("put", [door[0] for door in DOORS])
def test_a_policy_is_taken(put: Callable[[LocalAws, str], Any], aws: LocalAws) -> None:
    put(aws, json.dumps({"Version": "2012-10-17", "Statement": STATEMENT}))


@pytest.mark.parametrize("who", PRINCIPALS)
def test_a_principal_of_every_form_is_taken(who: str, aws: LocalAws) -> None:
    _new_key(aws, json.dumps({"Statement": STATEMENT | {"Principal": {"AWS": [who]}}}))


def test_a_secret_blocks_public_policies_where_that_is_asked_for(aws: LocalAws) -> None:
    public = json.dumps({"Version": "2012-10-17", "Statement": STATEMENT})
    with pytest.raises(ClientError, match="PublicPolicyException"):
        _secret(aws, public, BlockPublicPolicy=True)
    secrets = client(aws, "secretsmanager")
    assert "ResourcePolicy" not in secrets.get_resource_policy(SecretId="secret")
    secrets.put_resource_policy(SecretId="secret", ResourcePolicy=public, BlockPublicPolicy=False)


def test_a_refused_policy_leaves_the_old_one(aws: LocalAws) -> None:
    log_bucket(aws, "files")
    s3 = client(aws, "s3")
    before = s3.get_bucket_policy(Bucket="files")["Policy"]
    with pytest.raises(ClientError):
        s3.put_bucket_policy(Bucket="files", Policy="{")
    assert s3.get_bucket_policy(Bucket="files")["Policy"] == before


def test_a_keys_policy_of_a_template_is_kept_as_text(aws: LocalAws) -> None:
    """moto keeps the object of the template, which nobody can parse."""
    policy = {"Version": "2012-10-17", "Statement": [STATEMENT]}
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}
    stacks, kms = client(aws, "cloudformation"), client(aws, "kms")
    stacks.create_stack(StackName="keys", TemplateBody=json.dumps({"Resources": {"Key": key}}))
    stacks.get_waiter("stack_create_complete").wait(StackName="keys", WaiterConfig={"Delay": 1})
    [found] = kms.list_keys()["Keys"]
    put = kms.get_key_policy(KeyId=found["KeyId"], PolicyName="default")["Policy"]
    assert json.loads(put) == policy


def test_a_bucket_that_does_not_exist_comes_before_its_policy(aws: LocalAws) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        client(aws, "s3").put_bucket_policy(Bucket="nowhere", Policy="{")
