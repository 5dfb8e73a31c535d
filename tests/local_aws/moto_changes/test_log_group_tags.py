"""A log group's tags end with it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.delivered import ACCOUNT, client

ARN = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:lab"


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("list_tags_for_resource", {}),
        ("tag_resource", {"tags": {"a": "b"}}),
        ("untag_resource", {"tagKeys": ["a"]}),
    ],
)
def test_a_deleted_group_has_no_tags(aws: LocalAws, operation: str, more: dict[str, Any]) -> None:
    logs = client(aws, "logs")
    logs.create_log_group(logGroupName="lab", tags={"consent": "named"})
    assert logs.list_tags_for_resource(resourceArn=ARN)["tags"] == {"consent": "named"}
    logs.delete_log_group(logGroupName="lab")
    with pytest.raises(ClientError) as refused:
        getattr(logs, operation)(resourceArn=ARN, **more)
    told = refused.value.response["Error"]
    assert told["Code"] == "ResourceNotFoundException"
    assert told["Message"] == "The specified resource does not exist."
    logs.create_log_group(logGroupName="lab")
    assert logs.list_tags_for_resource(resourceArn=ARN)["tags"] == {}
