"""Property values of templates as parameters of an API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from local_aws.cloudformation.api_shapes import output_of, parameters_of

TAGS = [{"Key": "lab", "Value": "yes"}]


@pytest.mark.parametrize(
    ("service", "operation", "given", "expected"),
    [
        ("cloudtrail", "CreateTrail", {"KMSKeyId": "k"}, {"KmsKeyId": "k"}),
        ("ecr", "CreateRepository", {"RepositoryName": "r"}, {"repositoryName": "r"}),
        ("lambda", "CreateFunction", {"Timeout": "30"}, {"Timeout": 30}),
        ("sns", "CreateTopic", {"DisplayName": "no parameter"}, {}),
        ("s3", "PutBucketPolicy", {"Policy": {"Version": "1"}}, {"Policy": '{"Version": "1"}'}),
        (
            "cloudtrail",
            "CreateTrail",
            {"IsMultiRegionTrail": "true", "EnableLogFileValidation": False},
            {"IsMultiRegionTrail": True, "EnableLogFileValidation": False},
        ),
    ],
)
def test_names_and_types_are_the_models(
    service: str, operation: str, given: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert parameters_of(service, operation, given) == expected


def test_what_is_not_given_is_left_out() -> None:
    assert parameters_of("iam", "CreateRole", {"RoleName": "r", "Path": None}) == {"RoleName": "r"}


def test_tags_become_a_list_or_a_map_as_the_api_has_them() -> None:
    assert parameters_of("lambda", "CreateFunction", {"Tags": TAGS}) == {"Tags": {"lab": "yes"}}
    assert parameters_of("ssm", "PutParameter", {"Tags": {"lab": "yes"}}) == {"Tags": TAGS}


def test_a_time_without_a_zone_is_utc() -> None:
    created = output_of("iam", "CreateRole", {"Role": {"CreateDate": datetime(2026, 5, 3)}})  # noqa: DTZ001
    assert created == {"Role": {"CreateDate": datetime(2026, 5, 3, tzinfo=UTC)}}


def test_seconds_are_a_time_too() -> None:
    described = {"TableDescription": {"CreationDateTime": 0.0}}
    answered = output_of("dynamodb", "CreateTable", described)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert answered["TableDescription"]["CreationDateTime"] == epoch
