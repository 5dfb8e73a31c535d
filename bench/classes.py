"""Classes: accounts provisioned, worked on, graded, reported and cleaned up; --full: up to 1,000.

A local AWS has an organization with an account for each student. A stack set puts the grader's
role into each, `class up` the lab; students work, a third of them wrongly; `class check` grades
them, `class report` makes all reports again, and `class down` takes the labs away.
"""

from __future__ import annotations

import functools
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Any
from unittest.mock import patch

import botocore.session

from bench.measure import ROOT, measured
from bench.servers import Served
from bench.table import Row, verdict
from lab_steps.errors import ExitCode
from lab_steps.targets.consent import GROUP, TAG, Consent
from stacks.settings import TABLE_NAME
from stacks.tag import PROJECT_TAG
from tests.lab_steps.classes.students import GRADER, InAccount, class_csv, of_account
from tests.lab_steps.mutants.catalogue import MUTANTS
from tests.lab_steps.mutants.catalogue.mutant import Mutant
from tests.lab_steps.mutants.reference_lab import REFERENCE, USERS, Call, Lab, changed
from tests.local_aws.delivered import client

SIZES, FULL_SIZES = (4, 12), (10, 100, 1_000)
BUILDERS = 2
MOST_SECONDS = 180
"""In which a class must be graded on two cores, even one of a thousand students."""

FAILED = ExitCode.FAILED
"""The exit code of `check` and `report`: a third of the class did something wrong."""

ANY_ACTION = {"Effect": "Allow", "Action": "*", "Resource": "*"}
TRUST = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
TEMPLATE = {
    "Resources": {
        "Grader": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": GRADER,
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [TRUST]},
                "Policies": [
                    {
                        "PolicyName": "all",
                        "PolicyDocument": {"Version": "2012-10-17", "Statement": [ANY_ACTION]},
                    }
                ],
            },
        }
    }
}


def rows(full: bool) -> Iterator[Row]:
    """Each part at each size; ratios are to what a student of the smallest class takes."""
    first: dict[str, float] = {}
    for size in FULL_SIZES if full else SIZES:
        with _loaded_once(), tempfile.TemporaryDirectory() as folder, _served() as server:
            for part in _parts(server, Path(folder), size):
                each = part.amount / size
                ratio = each / first.setdefault(part.name, each)
                name = f"{part.name}, {size:,} students"
                yield Row(name, [each], f"{part.unit} a student", part.note, [ratio])


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a class's life: what it took for all, in `unit`, and what else was measured."""

    name: str
    amount: float
    note: str = ""
    unit: str = "ms"


@contextmanager
def _loaded_once() -> Iterator[None]:
    """All students' clients here share what botocore reads of its data: 10 MB and 50 ms each."""
    once = functools.cache(botocore.session.create_loader)
    with patch.object(botocore.session, "create_loader", once):
        yield


@contextmanager
def _served() -> Iterator[Served]:
    command = [
        *(sys.executable, "-m", "local_aws", "--port", "0", "--delivery-delay", "1"),
        *("--log-group", f"{GROUP}:{TAG}={Consent.UNASKED}", "--enforce-delivery-policies"),
    ]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout
    try:
        told = next(line for line in process.stdout if "ready http" in line)
        url = re.search(r"http://[\d.:]+", told)
        assert url
        yield Served(url[0], process.pid)
    finally:
        process.terminate()
        process.communicate()


def _tell(server: Served, what: str, document: dict[str, Any]) -> None:
    """Have the local AWS itself do something."""
    request = urllib.request.Request(
        f"{server.endpoint_url}/_local-aws/{what}", json.dumps(document).encode(), method="POST"
    )
    urllib.request.urlopen(request, timeout=600).read()


def _parts(server: Served, folder: Path, size: int) -> Iterator[Part]:
    begun, spent = time.perf_counter(), server.cpu()
    accounts = _provisioned(server, size)
    held = server.megabytes()
    yield Part(
        "stack set: the grader's role",
        1000 * (time.perf_counter() - begun),
        f"server {_each(server.cpu() - spent, size)} CPU",
    )
    class_csv(folder / "class.csv", accounts)
    yield _class(server, folder, size, "up")
    labs = _labs()
    yield _worked(server, accounts, labs)
    check = _class(server, folder, size, "check", FAILED)
    _require_right(folder, accounts, labs)
    seconds = check.amount / 1000
    told = verdict(seconds <= MOST_SECONDS, f"all in at most {MOST_SECONDS} s")
    yield replace(check, note=f"{seconds:.0f} s in all, {told}; {check.note}")
    yield _class(server, folder, size, "report", FAILED)
    yield _class(server, folder, size, "down")
    left = [each for each in accounts if _stands(server, each)]
    assert not left, f"something stands in {left[:5]}"
    yield Part("memory of the server", server.megabytes() - held, unit="MB")


def _each(seconds: float, size: int) -> str:
    return f"{seconds / size * 1000:.0f} ms"


def _require_right(folder: Path, accounts: Sequence[str], labs: Sequence[Mutant | None]) -> None:
    """Everybody got the grade of their lab: a right one passes all that a mutant's fails."""
    book = json.loads((folder / "class-results" / "gradebook.json").read_bytes())
    marks = {
        each["account"]: {s["step"]: s["mark"] for s in each["steps"]} for each in book["students"]
    }
    right = marks[accounts[0]]
    for account, lab in zip(accounts, cycle(labs), strict=False):
        missed = {*lab.fails, *lab.blocked} if lab else set()
        wanted = right | dict.fromkeys(missed, "failed")
        different = {step for step in wanted if wanted[step] != marks[account][step]}
        what = lab.name if lab else "a right lab"
        assert not different, f"{account}, {what}: {different} are not marked as they should be"
        assert all(right[step] == "passed" for step in missed), f"{missed} fail in a right lab"


def _class(server: Served, folder: Path, size: int, task: str, code: int = ExitCode.PASSED) -> Part:
    """A task of the command line, with the memory of its processes and the time for all
    students."""
    place = [] if task == "report" else ["--endpoint-url", server.endpoint_url]
    command = [sys.executable, "-m", "lab_steps", "class", task, str(folder / "class.csv"), *place]
    # Graded as by another machine: what was noted when the labs were deployed is no news there.
    state = {"LAB_STATE_DIR": str(folder / ("graded" if task == "check" else "state"))}
    before, spent, functions = _children(), server.cpu(), server.functions_cpu()
    run = measured(f"class {task}", command, codes=(code,), variables=state, sampling_seconds=0.25)
    client_cpu = _children() - before
    server_cpu, functions_cpu = server.cpu() - spent, server.functions_cpu() - functions
    return Part(
        f"class {task}",
        1000 * run.seconds,
        f"CPU a student {_each(client_cpu, size)}, server "
        f"{_each(server_cpu, size)}, functions "
        f"{_each(functions_cpu, size)}; "
        f"{run.megabytes:.0f} MB in all its processes, server {server.megabytes():.0f} MB",
    )


def _children() -> float:
    """CPU time of all processes that have ended under this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _provisioned(server: Served, size: int) -> list[str]:
    """The accounts of an organization, each with the role that a stack set made."""
    trainer: Any = server
    organizations = client(trainer, "organizations")
    cloudformation = client(trainer, "cloudformation")
    organizations.create_organization(FeatureSet="ALL")
    (root,) = organizations.list_roots()["Roots"]
    accounts = [_account(organizations, number) for number in range(size)]
    cloudformation.activate_organizations_access()
    cloudformation.create_stack_set(
        StackSetName="class",
        TemplateBody=json.dumps(TEMPLATE),
        PermissionModel="SERVICE_MANAGED",
        AutoDeployment={"Enabled": False},
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    operation = cloudformation.create_stack_instances(
        StackSetName="class",
        DeploymentTargets={"OrganizationalUnitIds": [root["Id"]]},
        Regions=["us-east-1"],
        OperationPreferences={"MaxConcurrentCount": 8, "FailureToleranceCount": 0},
    )["OperationId"]
    asked = {"StackSetName": "class", "OperationId": operation}
    while True:
        found = cloudformation.describe_stack_set_operation(**asked)["StackSetOperation"]["Status"]
        if found not in {"RUNNING", "QUEUED"}:
            break
        time.sleep(0.2)
    assert found == "SUCCEEDED", found
    return accounts


def _account(organizations: Any, number: int) -> str:
    asked = organizations.create_account(
        AccountName=f"student-{number}", Email=f"student{number}@example.com"
    )["CreateAccountStatus"]
    while asked["State"] == "IN_PROGRESS":
        asked = organizations.describe_create_account_status(CreateAccountRequestId=asked["Id"])[
            "CreateAccountStatus"
        ]
    return str(asked["AccountId"])


def _worked(server: Served, accounts: Sequence[str], labs: Sequence[Mutant | None]) -> Part:
    """Every student's calls, a third of them a mutant's, until their log files are there."""
    begun = time.perf_counter()
    with ProcessPoolExecutor(BUILDERS) as pool:
        todo = [
            pool.submit(_work, server, account, number % len(labs))
            for number, account in enumerate(accounts)
        ]
        for each in todo:
            each.result()
    _tell(server, "deliver", {})
    _tell(server, "clock", {"advance_seconds": 60})  # nothing is waited for any more
    return Part("students' work", 1000 * (time.perf_counter() - begun), f"{len(labs)} kinds")


def _labs() -> list[Mutant | None]:
    """Two right ones, then one mutant, whose trails are as `class up` made them."""
    as_deployed = (REFERENCE.management, REFERENCE.data)
    wrong = [
        each
        for each in MUTANTS
        if (each.lab.management, each.lab.data) == as_deployed
        and _only_works(each.lab)
        and (each.lab.table or USERS)["TableName"] == TABLE_NAME  # `down` leaves another
    ]
    return [lab for each in wrong for lab in (None, None, each)]


def _only_works(lab: Lab) -> bool:
    return lab == changed(
        REFERENCE,
        **{
            name: getattr(lab, name)
            for name in ("listed", "table", "scanned", "items", "read", "updated")
        },
    )


def _work(server: Served, account: str, number: int) -> None:
    """The calls on the table, which carries the lab's tag, as that of `run` does."""
    aws: Any = InAccount(server, account)
    lab = _labs()[number]
    for act in of_account(lab.lab if lab else REFERENCE, account).work:
        if isinstance(act, Call) and act.operation == "create_table":
            key, value = PROJECT_TAG
            act = Call(  # noqa: PLW2901
                act.service,
                act.operation,
                {**act.parameters, "Tags": [{"Key": key, "Value": value}]},
                act.account_id,
            )
        act(aws)


def _stands(server: Served, account: str) -> bool:
    """Whether a trail, a table, a bucket or a stack but the grader's role is left."""
    aws: Any = InAccount(server, account)
    return bool(
        client(aws, "cloudtrail").describe_trails()["trailList"]
        or client(aws, "dynamodb").list_tables()["TableNames"]
        or client(aws, "s3").list_buckets()["Buckets"]
    )
