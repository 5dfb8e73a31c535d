"""A class on the tests' local AWS."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab_steps.__main__ import main
from local_aws import LocalAws
from tests.lab_steps.classes.students import grader, work
from tests.lab_steps.mutants.reference_lab import REFERENCE, Lab

ADA, BOB, EVE = "200000000001", "200000000002", "200000000003"


@dataclass
class Class:
    """A class at a local AWS, and the command line."""

    aws: LocalAws
    folder: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def list(self) -> Path:
        return self.folder / "class.csv"

    @property
    def results(self) -> Path:
        return self.folder / "class-results"

    def student(self, account: str, lab: Lab = REFERENCE) -> None:
        """A student at work."""
        grader(self.aws, account)
        work(self.aws, account, lab)

    def written(self, **accounts: str) -> None:
        """The list: names and accounts."""
        lines = [
            f"{name},{account},arn:aws:iam::{account}:role/cloudtrail-lab-grader"
            for name, account in accounts.items()
        ]
        self.list.write_text("\n".join(["student,account,role_arn", *lines]), encoding="utf-8")

    def run(self, task: str, *options: str, deliver: bool = True) -> int:
        """`class TASK`, in this process, once all is delivered."""
        if deliver:
            self.aws.deliver_now()
        place = () if task == "report" else ("--endpoint-url", self.aws.endpoint_url, "--jobs", "1")
        return main(["class", task, str(self.list), *place, *options])

    def at_profiles(self, task: str) -> int:
        """`class TASK` at the places that the students' profiles name."""
        return main(["class", task, str(self.list), "--jobs", "1"])

    def book(self) -> dict[str, dict[str, str]]:
        """The gradebook's lines by student."""
        text = (self.results / "gradebook.csv").read_text(encoding="utf-8-sig")
        return {row["student"]: row for row in csv.DictReader(io.StringIO(text))}

    def said(self) -> Any:
        return self.capsys.readouterr()


@pytest.fixture
def class_(
    aws: LocalAws, tmp_path: Path, capsys: pytest.CaptureFixture[str], state_directory: Path
) -> Class:
    del state_directory
    return Class(aws, tmp_path, capsys)
