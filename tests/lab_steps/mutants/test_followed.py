"""Who does only what `watch` prints, from any mistake, comes to a lab that passes all steps."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from lab_steps.checking.finding import GOOD, Finding, Outcome
from lab_steps.checking.patience import AWS_PATIENCE
from lab_steps.checking.rounds import Round
from lab_steps.place.state import StateFile
from lab_steps.session import LabSession, open_session
from lab_steps.terminal.progress import Progress
from lab_steps.verbs.watch import Screen, next_step
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from tests.lab_steps.conftest import NOW
from tests.lab_steps.mutants.catalogue import MUTANTS
from tests.lab_steps.mutants.catalogue.acts import EmptyBucket
from tests.lab_steps.mutants.catalogue.mutant import Mutant
from tests.lab_steps.mutants.catalogue.users_table import WITH_SORT_KEY
from tests.lab_steps.mutants.conftest import CheckNow, stand
from tests.lab_steps.mutants.pasting import Shell
from tests.lab_steps.mutants.reference_lab import (
    ALL_MANAGEMENT,
    ALL_TABLES,
    DATA,
    DATA_BUCKET,
    MANAGEMENT_BUCKET,
    REFERENCE,
    Act,
    Lab,
    basic,
    call,
    changed,
    table,
)
from tests.lab_steps.step_numbers import ALL, ALL_PASSED
from tests.local_aws.delivered import ACCOUNT
from tests.profiles import IS_LONG

ROUNDS = 40
ON_DEMAND = table(BillingMode="PAY_PER_REQUEST")
MISTAKES: dict[str, Lab] = {
    "no scan, no read, no update": changed(
        REFERENCE, table=ON_DEMAND, scanned=False, read=False, updated=None
    ),
    "both trails as create-trail leaves them": changed(
        REFERENCE,
        management__selectors=(basic("All", management=True),),
        management__insights=(),
        management__logging=False,
        data__selectors=(basic("All", management=True),),
        data__logging=False,
    ),
    "a trail and a bucket deleted in the end": changed(
        REFERENCE,
        after=(
            call("cloudtrail", "delete_trail", Name=DATA),
            EmptyBucket(MANAGEMENT_BUCKET, and_delete=True),
        ),
    ),
    "events of the other kind on both trails": changed(
        REFERENCE,
        management__selectors=(ALL_MANAGEMENT, ALL_TABLES),
        data__selectors=(ALL_TABLES, ALL_MANAGEMENT),
    ),
    "names misspelled everywhere": changed(
        REFERENCE,
        management__name="student-managment-events",
        data__name="Student-data-events",
        table=table(name="users"),
        updated=None,
    ),
    "stopped trails of another Region without a bucket, with prefixes": changed(
        REFERENCE,
        management__region="us-west-2",
        management__prefix="class/one",
        management__logging=False,
        data__region="us-west-2",
        data__prefix="class/two",
        data__logging=False,
        after=(
            EmptyBucket(MANAGEMENT_BUCKET, and_delete=True),
            EmptyBucket(DATA_BUCKET, and_delete=True),
        ),
    ),
    "buckets of the proposed names that are not in use": changed(
        REFERENCE,
        data=None,
        before=(
            call("s3", "create_bucket", Bucket=f"aws-cloudtrail-logs-data-events-{ACCOUNT}-lab"),
        ),
    ),
    "an item of a String without a value": changed(
        REFERENCE, items=({"id": {"N": "7"}, "Name": {"S": ""}},), table=ON_DEMAND, updated=None
    ),
    "a table with everything wrong": changed(
        REFERENCE,
        table=WITH_SORT_KEY,
        items=(),
        updated=None,
    ),
}
"""Labs of students who make several mistakes at once."""
ELSEWHERE = {
    "signed in to another account": "the command tells with which profile the lab is another one",
    "the organization has no trail": "the command is itself the check that passes",
}
"""Mutants that another look finds right, with other credentials or settings."""


def printed(found: dict[int, Finding], lab: LabSession) -> str:
    """What `watch` prints on a terminal of 80 columns."""
    out = io.StringIO()
    Screen(WALKTHROUGH, False, Console(file=out, width=80)).show(found, lab.caller.now())
    return out.getvalue()


def command(told: str) -> str:
    """The one command that is next."""
    (found,) = re.findall(r"^  do: +(.*)$", told, re.MULTILINE)
    return str(found)


def first_failure(lab: LabSession) -> dict[int, Finding]:
    """A look up to the first step that failed, after which none is told of; else a whole look."""
    lab.target.patience = NOW
    round_, found = Round(WALKTHROUGH, lab.look()), dict[int, Finding]()
    for step in WALKTHROUGH.steps:
        found[step.number] = round_.judge(step)
        if found[step.number].outcome is Outcome.FAIL:
            break
    return found


def follow(aws: LocalAws, lab: LabSession, shell: Shell) -> list[str]:
    """Do what is printed until nothing is; returns the commands."""
    done: list[str] = []
    for _ in range(ROUNDS):
        found = first_failure(lab)
        if next_step(found) is None:
            assert len(found) == ALL
            assert {each.outcome for each in found.values()} <= set(GOOD)
            return done
        told = printed(found, lab)
        done.append(command(told))
        shell.paste(done[-1])
        aws.deliver_now()
    raise AssertionError("\n".join([*done, told]))


LEADING_HOME = [each for each in MUTANTS if each.name not in ELSEWHERE]
ALONE = (
    "nothing was done",
    "Insights of call rate only",
    "management bucket's policy removed later",
    "SSE-KMS on for management events",
    "management read events only",
    "items never looked at",
    "key of type String",
    "table never updated",
    "management events on the data trail, repaired after the work",
    "item never read",
    "no item",
)
"""The mutants that are told what no lab of MISTAKES is told, or need a command or two only.

`make test-all` follows all.
"""
FOLLOWED = LEADING_HOME if IS_LONG else [each for each in LEADING_HOME if each.name in ALONE]


@pytest.mark.parametrize("mutant", FOLLOWED, ids=lambda mutant: mutant.name)
def test_what_watch_prints_leads_home(
    mutant: Mutant, aws: LocalAws, lab: LabSession, shell: Shell
) -> None:
    stand(aws, lab, mutant.lab)
    assert follow(aws, lab, shell)


def told_of(name: str, aws: LocalAws, lab: LabSession) -> str:
    """The command that is printed of the mutant of this name."""
    (mutant,) = (each for each in MUTANTS if each.name == name)
    stand(aws, lab, mutant.lab)
    return command(printed(first_failure(lab), lab))


def test_the_profile_of_the_labs_account_is_told_and_its_lab_made_in_another_region(
    aws: LocalAws, lab: LabSession, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {"mine": ACCOUNT, "lab": "999999999999"}
    written = (
        f"[profile {name}]\naws_access_key_id = {key}\naws_secret_access_key = test\n"
        for name, key in keys.items()
    )
    (tmp_path / "config").write_text("".join(written))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    said = shell.paste(told_of("signed in to another account", aws, lab))
    options = dict(each.split(": ") for each in said.splitlines())
    assert options == {f"--profile {name}": key for name, key in keys.items()}
    there = replace(
        lab.target,
        region="eu-west-1",
        profile="lab",
        patience=NOW,
        _session=None,
        _clients={},
        _log_sources={},
    )
    session = open_session(
        WALKTHROUGH,
        there,
        Progress(),
        state=StateFile(tmp_path / "other.json"),
        expected_account="999999999999",
        given={"suffix": "jo"},
    )
    done = "\n".join(follow(aws, session, shell))
    assert "LocationConstraint=eu-west-1" in done
    assert "aws-cloudtrail-logs-data-events-999999999999-jo" in done


@pytest.mark.usefixtures("state_directory")
def test_where_no_organization_trail_is_the_check_that_is_told_passes(
    aws: LocalAws, lab: LabSession, shell: Shell
) -> None:
    said = shell.paste(told_of("the organization has no trail", aws, lab))
    assert f"{ALL_PASSED} (1 of them not applicable here)" in said


BEGUN: dict[str, Lab] = {
    "nothing but trails": changed(REFERENCE, table=None, listed=False),
    "an empty table": changed(REFERENCE, table=ON_DEMAND, items=(), scanned=False, updated=None),
    "a table on demand": changed(REFERENCE, table=ON_DEMAND, updated=None, read=False),
    "all of it": REFERENCE,
}


@pytest.mark.parametrize("begun", BEGUN)
def test_what_may_be_undone_while_something_waits_can_be_done(
    begun: str, aws: LocalAws, lab: LabSession, shell: Shell
) -> None:
    stand(aws, lab, changed(BEGUN[begun], table=None, listed=False))
    acts: tuple[Act, ...] = BEGUN[begun].work
    for act in acts:
        act(aws)
    lab.target.patience = AWS_PATIENCE
    found = lab.check(WALKTHROUGH.steps, None).values()
    waits = [each.next_action for each in found if each.outcome is Outcome.PENDING]
    commands = dict.fromkeys(each.command for each in waits if each)
    assert waits
    assert not any("delete" in each for each in commands)
    for each in commands:
        shell.paste(each)


def test_what_is_told_of_a_whole_look_is_told_at_its_first_failure(
    aws: LocalAws, lab: LabSession, check_now: CheckNow
) -> None:
    stand(aws, lab, MISTAKES["both trails as create-trail leaves them"])
    short, whole = (command(printed(each, lab)) for each in (first_failure(lab), check_now()))
    assert short == whole


@pytest.mark.parametrize("mistake", MISTAKES)
def test_several_mistakes_are_mended_one_after_the_other(
    mistake: str, aws: LocalAws, lab: LabSession, shell: Shell
) -> None:
    stand(aws, lab, MISTAKES[mistake])
    assert follow(aws, lab, shell)
