"""Inline policies need no version; managed ones do."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.delivered import client
from tests.local_aws.subscribers import trust

WITHOUT = {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def test_an_inline_policy_may_leave_out_the_version(aws: LocalAws) -> None:
    iam = client(aws, "iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust("lambda")))
    iam.create_user(UserName="u")
    iam.create_group(GroupName="g")
    policy = {"PolicyName": "p", "PolicyDocument": json.dumps(WITHOUT)}
    iam.put_role_policy(RoleName="r", **policy)
    iam.put_user_policy(UserName="u", **policy)
    iam.put_group_policy(GroupName="g", **policy)
    assert iam.get_role_policy(RoleName="r", PolicyName="p")["PolicyDocument"] == WITHOUT


def test_a_managed_policy_may_not(aws: LocalAws) -> None:
    with pytest.raises(ClientError, match="Policy document must be version 2012-10-17 or greater"):
        client(aws, "iam").create_policy(PolicyName="p", PolicyDocument=json.dumps(WITHOUT))
