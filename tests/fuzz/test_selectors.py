"""The campaign of random requests to CloudTrail itself, short."""

from __future__ import annotations

from local_aws import LocalAws
from tests.fuzz import selectors


def test_no_random_request_to_cloudtrail_is_a_500_or_unrecorded(aws: LocalAws) -> None:
    figures = selectors.tried_on(aws, 400, seed=9)
    assert figures.is_clean, figures
