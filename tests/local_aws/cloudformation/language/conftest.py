"""What templates of these tests refer to."""

from __future__ import annotations

import json

import pytest

from local_aws import LocalAws


@pytest.fixture
def stored(aws: LocalAws) -> LocalAws:
    """Parameter Store and Secrets Manager with something in them."""
    ssm, secrets = aws.client("ssm"), aws.client("secretsmanager")
    for value in ("one", "two"):
        ssm.put_parameter(Name="/plain", Type="String", Value=value, Overwrite=True)
    ssm.put_parameter(Name="/list", Type="StringList", Value="a, b")
    ssm.put_parameter(Name="/secure", Type="SecureString", Value="hidden")
    secrets.create_secret(Name="json", SecretString=json.dumps({"user": "u1", "n": 1}))
    secrets.put_secret_value(SecretId="json", SecretString=json.dumps({"user": "u2"}))
    secrets.create_secret(Name="text", SecretString="whole")
    return aws
