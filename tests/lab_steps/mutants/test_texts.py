"""What people read of every step: before they begin, while it waits, where a look is refused."""

from __future__ import annotations

import pytest

from lab_steps.__main__ import main
from lab_steps.session import LabSession
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from tests.lab_steps.mutants.conftest import CheckNow
from tests.lab_steps.mutants.reference_lab import REFERENCE, SENTINEL, Act, build, changed, table
from tests.lab_steps.mutants.test_trouble import refused
from tests.lab_steps.mutants.texts import assert_kept, told, unchanging


@pytest.mark.usefixtures("state_directory")
@pytest.mark.parametrize("url", ["", "http://127.0.0.1:5000"], ids=["in an account", "locally"])
def test_what_is_explained(
    url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    for step in WALKTHROUGH.steps:
        assert main(["explain", str(step.number)]) == 0
        assert main(["hint", str(step.number), "--all"]) == 0
        print()
    assert_kept(f"explained {request.node.callspec.id}", unchanging(capsys.readouterr().out))


WAITING = {
    "waiting before the first delivery": changed(REFERENCE, updated=None, read=False),
    "waiting with a table on demand": changed(
        REFERENCE, table=table(BillingMode="PAY_PER_REQUEST"), updated=None
    ),
}


@pytest.mark.parametrize("name", WAITING)
@pytest.mark.parametrize("delivered", [False, True])
def test_what_is_waited_for(name: str, delivered: bool, aws: LocalAws, lab: LabSession) -> None:
    build(aws, changed(WAITING[name], table=None, listed=False))
    acts: tuple[Act, ...] = (*WAITING[name].work, SENTINEL)
    for act in acts:
        act(aws)
    if delivered:
        aws.deliver_now()
    found = lab.check(WALKTHROUGH.steps, wait=None)
    assert_kept(f"{name}{', delivered' * delivered}", told(lab, found))


def test_what_could_not_be_looked_at(aws: LocalAws, lab: LabSession, check_now: CheckNow) -> None:
    build(aws, REFERENCE)
    with refused(lab, "cloudtrail:LookupEvents", "dynamodb:Scan", "s3:ListObjectsV2"):
        assert_kept("refused", told(lab, check_now()))


@pytest.mark.parametrize("aws", [{"organization": None}], indirect=True)
def test_what_is_said_of_an_account_without_an_organization(
    aws: LocalAws, lab: LabSession, check_now: CheckNow
) -> None:
    build(aws, REFERENCE)
    assert_kept("no organization", told(lab, check_now()))
