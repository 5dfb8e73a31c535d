"""A check only reads: shown by what a trail that records everything has of it."""

from __future__ import annotations

import pytest

from lab_steps.checking.patience import LOCAL_PATIENCE, Patience
from lab_steps.session import LabSession
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from tests.lab_steps.conftest import NOW
from tests.lab_steps.mutants.catalogue import MUTANTS
from tests.lab_steps.mutants.conftest import WITNESS, RequestsDuring
from tests.lab_steps.mutants.reference_lab import REFERENCE, Lab, build, changed


@pytest.mark.parametrize(
    ("made", "patience"),
    [
        (REFERENCE, NOW),
        (REFERENCE, LOCAL_PATIENCE),
        *((each.lab, NOW) for each in MUTANTS if each.name in {"nothing was done", "no item"}),
    ],
    ids=["passes", "pending", "nothing done", "fails"],
)
def test_a_whole_check_sends_reading_requests_only(
    made: Lab,
    patience: Patience,
    aws: LocalAws,
    lab: LabSession,
    requests_during: RequestsDuring,
) -> None:
    build(aws, changed(made, others=(*made.others, WITNESS)))
    lab.target.patience = patience
    asked = requests_during(lambda: lab.check(WALKTHROUGH.choose(None), wait=None))
    assert {"DescribeTrails", "LookupEvents"} <= {each["eventName"] for each in asked}
    assert [each["eventName"] for each in asked if not each["readOnly"]] == []
    assert {each["eventSource"] for each in asked} <= {
        f"{service}.amazonaws.com" for service in ("sts", "cloudtrail", "dynamodb", "s3")
    }


def test_the_fetching_of_log_files_is_among_the_requests_that_were_looked_at(
    aws: LocalAws, lab: LabSession, requests_during: RequestsDuring
) -> None:
    build(aws, changed(REFERENCE, others=(WITNESS,)))
    lab.target.patience = NOW
    names = {
        each["eventName"]
        for each in requests_during(lambda: lab.check(WALKTHROUGH.choose([34]), None))
    }
    assert {"GetObject", "ListObjects"} <= names
