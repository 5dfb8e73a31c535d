"""A verdict is the same at every look: it depends on what was done, not on how often one looked.

The checks' own calls fill Event history and the log files of both trails; none of that counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab_steps.checking.finding import Outcome
from lab_steps.checking.known_events import KnownEvents
from lab_steps.checking.patience import Patience
from lab_steps.checking.user_agents import CHECK
from lab_steps.session import LabSession
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from tests.lab_steps.conftest import NOW
from tests.lab_steps.mutants.catalogue.acts import EmptyBucket, permit, remove_policy
from tests.lab_steps.mutants.reference_lab import (
    ALL_MANAGEMENT,
    ALL_TABLES,
    DATA,
    MANAGEMENT,
    MANAGEMENT_BUCKET,
    REFERENCE,
    Act,
    Lab,
    Pass,
    advanced,
    build,
    call,
    changed,
    deliver,
    select,
    table,
)
from tests.local_aws.delivered import client
from tests.profiles import IS_LONG

Verdicts = dict[int, Outcome]
LATER = Patience(timedelta(minutes=20), 0.05)


def look(lab: LabSession, times: int, *, each_alone: bool = True) -> Verdicts:
    """The last of so many looks; `each_alone`: as by processes, which remember nothing."""
    for _ in range(times):
        if each_alone:
            lab.known_events = KnownEvents()
        found = lab.check(WALKTHROUGH.steps, wait=None)
    return {number: each.outcome for number, each in found.items()}


READS = {
    3: call("cloudtrail", "lookup_events"),
    4: call("cloudtrail", "list_trails"),
    17: call("dynamodb", "describe_limits"),
    18: call("dynamodb", "list_tables"),
}
"""Pages that only a reading call opens, by step."""


@pytest.mark.parametrize("number", READS)
def test_a_page_that_was_opened_stays_open_however_often_one_looks(
    number: int, aws: LocalAws, lab: LabSession
) -> None:
    aws.advance(timedelta(days=91))
    READS[number](aws)
    lab.target.patience = NOW
    first = look(lab, 1)
    assert first[number] is Outcome.PASS
    assert look(lab, 5) == first


def test_many_looks_do_not_hide_what_a_student_did(aws: LocalAws, lab: LabSession) -> None:
    aws.advance(timedelta(days=91))
    for each in READS.values():
        each(aws)
    lab.target.patience = NOW
    first = look(lab, 1)
    assert {first[number] for number in READS} == {Outcome.PASS}
    for _ in range(200 if IS_LONG else 60):
        for name in ("describe_trails", "list_trails", "lookup_events"):
            getattr(lab.target.client("cloudtrail", "check"), name)()
        lab.target.client("dynamodb", "check").list_tables()
    assert look(lab, 1) == first


def test_files_of_the_checks_own_calls_are_no_delivery(aws: LocalAws, lab: LabSession) -> None:
    lab.target.patience = NOW
    build(aws, changed(REFERENCE, data=None))
    build(aws, Lab(data=REFERENCE.data, listed=False))
    before = look(lab, 2)
    aws.deliver_now()
    assert look(lab, 1)[35] is before[35] is Outcome.FAIL
    call("dynamodb", "scan", TableName="Users")(aws)
    aws.deliver_now()
    assert look(lab, 1)[35] is Outcome.PASS


def test_folders_of_the_checks_own_calls_are_no_walk(aws: LocalAws, lab: LabSession) -> None:
    lab.target.patience = NOW
    build(aws, REFERENCE)
    deliver(aws)
    for act in (EmptyBucket(MANAGEMENT_BUCKET), deliver, deliver):  # GetBucketAcl is in the last
        act(aws)
        found = look(lab, 1)
        assert found[30] is Outcome.FAIL
    client(aws, "dynamodb", region="eu-west-1").list_tables()
    deliver(aws)
    found = look(lab, 1)
    assert found[30] is Outcome.PASS
    assert found[31] is Outcome.FAIL
    call("dynamodb", "list_tables")(aws)
    deliver(aws)
    found = look(lab, 1)
    assert found[31] is found[32] is Outcome.PASS


@pytest.mark.usefixtures("_own_clients")
def test_a_look_leaves_little_noise(aws: LocalAws, lab: LabSession) -> None:
    build(aws, REFERENCE)
    lab.target.patience = NOW
    calls: list[Counter[str]] = []
    for service in ("sts", "cloudtrail", "dynamodb", "s3"):
        events = lab.target.client(service, CHECK).meta.events
        events.register("before-call", lambda model, **_: calls[-1].update([model.name]))
    for _ in range(3):
        calls.append(Counter())
        look(lab, 1, each_alone=False)
    first, *later = calls
    assert first["LookupEvents"] < 20
    for each in later:
        assert each["LookupEvents"] <= 7
        assert each["GetInsightSelectors"] == each["Scan"] == 1
        assert each.total() < 30


ACTS: dict[str, Act] = {
    "trails": lambda aws: build(aws, changed(REFERENCE, table=None, listed=False)),
    "list": call("dynamodb", "list_tables"),
    "table": call("dynamodb", "create_table", **table()),
    "scan": call("dynamodb", "scan", TableName="Users"),
    "put": REFERENCE.work[3],
    "get": REFERENCE.work[4],
    "update": REFERENCE.work[5],
    "delete": call("dynamodb", "delete_table", TableName="Users"),
    "stop": call("cloudtrail", "stop_logging", Name=DATA),
    "both kinds": select(MANAGEMENT, ALL_MANAGEMENT, ALL_TABLES),
    "objects": select(
        DATA,
        ALL_TABLES,
        advanced("s3", ("eventCategory", "Data"), ("resources.type", "AWS::S3::Object")),
    ),
    "no policy": remove_policy(MANAGEMENT_BUCKET),
    "policy": permit(MANAGEMENT_BUCKET, MANAGEMENT),
    "deliver": deliver,
    "quarter": Pass(timedelta(days=91)),
    "minutes": Pass(timedelta(minutes=7)),
}


def verdicts(
    aws: LocalAws, lab: LabSession, acts: Sequence[str], looks: Sequence[int]
) -> list[Verdicts]:
    """What is said after each act, at the last of so many looks."""
    aws.reset()
    lab.state.seen.forget()
    found = []
    for act, times in zip(acts, looks, strict=True):
        with suppress(ClientError):  # there is nothing yet to do it with: a student may try
            ACTS[act](aws)
        found.append(look(lab, times))
    return found


often = st.sampled_from([1, 2, 3, 7] if IS_LONG else [1, 3])
acts = st.lists(
    st.tuples(st.sampled_from(sorted(ACTS)), often), min_size=3, max_size=9 if IS_LONG else 6
)


@settings(
    max_examples=settings().max_examples // 20 if IS_LONG else 2,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=acts, patience=st.sampled_from([NOW, LATER]), begun=st.booleans())
def test_only_acts_change_verdicts(
    acts: list[tuple[str, int]],
    patience: Patience,
    begun: bool,
    aws: LocalAws,
    lab: LabSession,
) -> None:
    lab.target.patience = patience
    whole = ["trails", "list", "table", "scan"] if begun else []
    names = [*whole, *(name for name, _ in acts)]
    looks = [*(2 for _ in whole), *(times for _, times in acts)]
    assert verdicts(aws, lab, names, looks) == verdicts(aws, lab, names, [1] * len(names))
