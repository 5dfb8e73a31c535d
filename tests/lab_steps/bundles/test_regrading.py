"""A bundle is graded again to the same result, as long as nothing is missing in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from lab_steps.bundles import regrading, saving
from lab_steps.checking.finding import Outcome
from lab_steps.checking.patience import Patience
from lab_steps.errors import ExitCode
from lab_steps.results.result import Result
from lab_steps.session import LabSession
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from tests.lab_steps.bundles.conftest import Save
from tests.lab_steps.bundles.rewriting import rewrite, rewrite_members
from tests.lab_steps.by_hand import DATA, MANAGEMENT, ByHand
from tests.lab_steps.mutants.reference_lab import DATA_BUCKET
from tests.lab_steps.step_numbers import ALL
from trail_logs.sources.bundle import RECORDING


def findings(result: Result) -> bytes:
    """All of a result but when it was made."""
    return msgspec.json.encode((result.place, result.settings, result.steps, result.observed))


def damaged_lab(hand: ByHand) -> None:
    hand.management_trail(insights=("ApiCallRateInsight",))
    hand.data_trail()
    hand.work()
    key = "AWSLogs/123456789012/CloudTrail/us-east-1/2026/01/01/a b&c.json.gz"
    hand.s3.put_object(Bucket=hand.buckets[DATA], Key=key, Body=b"\x1f\x8bnot gzip")
    hand.s3.put_object(Bucket=hand.buckets[DATA], Key=key.replace("a b", "../x"), Body=b"{}")


def nothing(hand: ByHand) -> None:
    """No lab at all."""


def no_policy(hand: ByHand) -> None:
    hand.management_trail()
    hand.s3.delete_bucket_policy(Bucket=hand.buckets[MANAGEMENT])


@pytest.mark.parametrize("make", [ByHand.lab, damaged_lab, nothing, no_policy])
def test_a_bundle_is_graded_to_the_findings_of_a_check(
    make: Callable[[ByHand], None], by_hand: ByHand, lab: LabSession, save: Save
) -> None:
    make(by_hand)
    path = save()
    checked = lab.check(WALKTHROUGH.choose(None), wait=None)
    graded = regrading.regrade(WALKTHROUGH, path)
    assert {step.number: step.outcome for step in graded.steps} == {
        number: each.outcome for number, each in checked.items()
    }
    assert findings(graded) == findings(regrading.saved_result(path))
    assert regrading.differing(graded, regrading.saved_result(path)) == []


def test_a_bundle_is_graded_when_the_lab_is_gone(
    aws: LocalAws, lab: LabSession, whole: Path
) -> None:
    aws.reset()
    lab.target.close()
    graded = regrading.regrade(WALKTHROUGH, whole)
    assert findings(graded) == findings(regrading.saved_result(whole))
    assert graded.counts["PASS"] == ALL
    assert graded.exit_code == ExitCode.PASSED


def test_what_was_pending_is_pending_whenever_it_is_graded(
    aws: LocalAws, by_hand: ByHand, lab: LabSession, tmp_path: Path
) -> None:
    by_hand.management_trail()
    by_hand.data_trail()
    by_hand.table()
    by_hand.items()
    aws.deliver_now()
    lab.target.patience = Patience(timedelta(hours=1), 0.05)
    saving.save(tmp_path / "early.zip", lab)
    (step,) = regrading.regrade(WALKTHROUGH, tmp_path / "early.zip", WALKTHROUGH.choose([34])).steps
    assert step.outcome is Outcome.PENDING
    assert step.until
    assert step.since
    assert step.until - step.since == timedelta(hours=1)


def test_some_steps_of_a_bundle_are_graded_as_in_the_whole(by_hand: ByHand, save: Save) -> None:
    by_hand.data_trail()
    path = save()
    whole = {step.number: step for step in regrading.regrade(WALKTHROUGH, path).steps}
    (step,) = regrading.regrade(WALKTHROUGH, path, WALKTHROUGH.choose([34])).steps
    assert step == whole[34]


def test_a_call_that_is_not_in_the_bundle_is_an_error(whole: Path) -> None:

    def forget(recording: dict[str, list[dict[str, object]]]) -> None:
        recording["answers"] = [
            each for each in recording["answers"] if each["operation"] != "sts:GetCallerIdentity"
        ]

    rewrite(whole, RECORDING, forget)
    (step,) = regrading.regrade(WALKTHROUGH, whole, WALKTHROUGH.choose([1])).steps
    assert step.outcome is Outcome.ERROR
    assert "NotInBundleError: The bundle has no response to sts:GetCallerIdentity" in step.actual


def test_a_log_file_that_is_not_in_the_bundle_is_an_error(whole: Path) -> None:
    rewrite_members(whole, lambda name, data: None if f"logs/{DATA_BUCKET}" in name else data)
    (step,) = regrading.regrade(WALKTHROUGH, whole, WALKTHROUGH.choose([37])).steps
    assert step.outcome is Outcome.ERROR
    assert "The bundle lacks s3://" in step.actual
