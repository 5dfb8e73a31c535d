"""The campaign of random requests to CloudTrail itself, short; and that it sees what is wrong."""

from __future__ import annotations

from unittest.mock import patch

from local_aws import LocalAws
from local_aws.cloudtrail.trails import TrailOperations
from tests.fuzz import selectors


def test_no_random_request_to_cloudtrail_is_a_500_or_unrecorded(aws: LocalAws) -> None:
    figures = selectors.tried_on(aws, 400, seed=9)
    assert figures.is_clean, figures


def test_a_record_that_is_missing_counts_as_lost(aws: LocalAws) -> None:
    with patch("local_aws.recording.recorder.is_recorded", return_value=False):
        figures = selectors.tried_on(aws, 20, seed=9)
    assert (figures.lost, figures.is_clean) == (20, False)


def test_an_exception_in_cloudtrail_counts_as_crashed(aws: LocalAws) -> None:
    with patch.object(TrailOperations, "list_trails", side_effect=RuntimeError):
        figures = selectors.tried_on(aws, 100, seed=9)
    assert figures.crashed
    assert "500 to POST /" in figures.first
