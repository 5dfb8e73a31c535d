"""What botocore's models say of services, whoever asks first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from cloudtrail.records.operations import operation_facts
from cloudtrail.records.record import record_of
from cloudtrail.records.service_models import endpoint, operation_model, regions, service_model
from tests.cloudtrail.calls import call, example


@pytest.mark.parametrize(
    ("service", "region", "host", "recorded_in"),
    [
        ("dynamodb", "eu-west-1", "dynamodb.eu-west-1.amazonaws.com", "eu-west-1"),
        ("cloudwatch", "eu-west-1", "monitoring.eu-west-1.amazonaws.com", "eu-west-1"),
        ("iam", "eu-west-1", "iam.amazonaws.com", "us-east-1"),
        ("iam", "cn-north-1", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("sts", "eu-west-1", "sts.eu-west-1.amazonaws.com", "eu-west-1"),
        ("not-a-service", "eu-west-1", "not-a-service.eu-west-1.amazonaws.com", "eu-west-1"),
    ],
)
def test_a_service_has_its_host_and_the_region_its_calls_are_recorded_in(
    service: str, region: str, host: str, recorded_in: str
) -> None:
    assert endpoint(service, region) == (host, recorded_in)


def test_the_regions_of_a_service_are_those_of_one_partition_or_of_all() -> None:
    assert {"us-east-1", "eu-west-1"} < regions("sts", "aws")
    assert "cn-north-1" not in regions("sts", "aws")
    assert regions("sts", "aws") | {"cn-north-1", "us-gov-west-1"} < regions("sts")
    assert not regions("not-a-service")


def test_what_botocore_does_not_know_is_none() -> None:
    assert service_model("not-a-service") is None
    assert operation_model("not-a-service", "DoThings") is None
    assert operation_model("dynamodb", "DoThings") is None


def test_threads_that_compile_an_operation_at_once_get_it_whole() -> None:
    model = operation_model("securityhub", "BatchImportFindings")
    assert model is not None
    made = call("securityhub", "BatchImportFindings", example(model.input_shape))
    operation_facts.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: record_of(made), range(8)))
    assert all(record == found[0] == record_of(made) for record in found)
