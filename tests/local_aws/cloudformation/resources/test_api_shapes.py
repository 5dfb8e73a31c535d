"""Property values of templates as parameters of an API."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.cloudformation.resources.api_shapes import parameters_of

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


@pytest.mark.parametrize("given", [{"Timeout": "soon"}, {"Environment": "PATH"}, {"Tags": ["a"]}])
def test_what_fits_no_shape_stays_as_it_is(given: dict[str, Any]) -> None:
    assert parameters_of("lambda", "CreateFunction", given) == given
