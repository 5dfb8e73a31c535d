"""The campaign of random requests, short."""

from __future__ import annotations

from local_aws import LocalAws
from tests.fuzz import requests

FEW = ("dynamodb", "s3", "iam", "sns", "sqs", "sts", "kms", "cloudtrail")
"""Services of every protocol that other tests load anyway."""


def test_each_random_request_is_answered_and_recorded_once(aws: LocalAws) -> None:
    figures = requests.tried_on(aws, 300, seed=9, services=FEW)
    assert figures.is_clean, figures
