"""`class check`: students in accounts of their own, graded by a role in each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab_steps.__main__ import main
from lab_steps.errors import ExitCode
from lab_steps.results import reporting
from tests.lab_steps.classes.conftest import ADA, BOB, Class
from tests.lab_steps.mutants.reference_lab import REFERENCE, changed
from tests.lab_steps.step_numbers import ALL

NO_DATA_TRAIL = changed(REFERENCE, data=None)


def test_students_are_graded_and_reported(class_: Class) -> None:
    class_.student(ADA)
    class_.student(BOB, NO_DATA_TRAIL)
    class_.written(Ada=ADA, Bob=BOB)
    assert class_.run("check") == ExitCode.FAILED
    out = class_.said().out
    assert "2 students: 1 FAIL, 1 PASS" in out
    book = class_.book()
    assert (book["Ada"]["status"], book["Ada"]["points"]) == ("PASS", str(ALL))
    assert book["Bob"]["status"] == "FAIL"
    assert (book["Bob"]["step 10"], book["Bob"]["step 11"]) == ("1", "0")
    bob = reporting.load(str(class_.results / "students" / f"bob-{BOB}-us-east-1.json"))
    assert (bob.name, bob.place.account) == ("Bob", BOB)
    report = (class_.results / book["Bob"]["report"]).read_text()
    assert "CloudTrail lab of Bob" in report
    page = (class_.results / "index.html").read_text()
    assert "1 of 2 students passed all steps" in page
    for account, code in ((f"ada-{ADA}", ExitCode.PASSED), (f"bob-{BOB}", ExitCode.FAILED)):
        bundle = class_.results / "students" / f"{account}-us-east-1.zip"
        assert main(["check", "--bundle", str(bundle)]) == code


def test_an_account_that_cannot_be_entered_is_one_row(class_: Class) -> None:
    class_.student(ADA)
    class_.list.write_text(
        f"student,account,role_arn,profile\nAda,{ADA},arn:aws:iam::{ADA}:role/x,\n"
        f"Bob,{BOB},,nobodys\n"
    )
    assert class_.run("check") == ExitCode.CANNOT_LOOK
    said = class_.said()
    assert "2 students: 1 ERROR, 1 PASS" in said.out
    assert "Bob (200000000002):\n  There is no profile 'nobodys'" in said.err
    bob = class_.book()["Bob"]
    assert (bob["status"], bob["points"], bob["failed"]) == ("ERROR", "0", "0")
    assert bob["errors"] == str(ALL)
    assert "There is no profile" in bob["problem"]
    assert "There is no profile" in (class_.results / "index.html").read_text()


def test_another_account_than_the_one_that_is_named_is_not_graded(
    class_: Class, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = f"[bob]\naws_access_key_id = {ADA}\naws_secret_access_key = any\n"
    (tmp_path / "credentials").write_text(keys)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    class_.list.write_text(f"student,account,profile\nBob,{BOB},bob\n")
    assert class_.run("check") == ExitCode.CANNOT_LOOK
    problem = class_.book()["Bob"]["problem"]
    assert f"Wanted account {BOB}" in problem
    assert f"belongs to account {ADA}" in problem


def test_what_was_interrupted_goes_on_where_it_was_and_then_begins_anew(
    class_: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lab_steps.classes.grader import Grader

    class_.student(ADA)
    class_.student(BOB, NO_DATA_TRAIL)
    class_.written(Ada=ADA, Bob=BOB)
    grade = Grader.grade

    def interrupted(grader: Grader, student: Any, before: Any) -> Any:
        if student.student == "Bob":
            raise KeyboardInterrupt
        return grade(grader, student, before)

    monkeypatch.setattr(Grader, "grade", interrupted)
    (class_.folder / "w.csv").write_text(f"step,points\n1-{ALL},2\n")
    assert class_.run("check", "--weights", str(class_.folder / "w.csv")) == ExitCode.INTERRUPTED
    journal = class_.results / "journal.jsonl"
    with journal.open("ab") as file:
        file.write(b'{"type":"student","stu')  # killed while it wrote
    monkeypatch.setattr(Grader, "grade", grade)
    class_.said()
    assert class_.run("check") == ExitCode.FAILED
    said = class_.said()
    assert "1 of 2 students are done" in said.err
    assert "2 students: 1 FAIL, 1 PASS" in said.out
    assert {each["possible"] for each in class_.book().values()} == {str(2 * ALL)}
    looked = [
        line["student"]
        for line in map(json.loads, journal.read_text().splitlines())
        if "student" in line
    ]
    assert looked == ["Ada", "Bob"]
    class_.written(Ada=ADA)
    first = class_.book()["Ada"]["looked"]
    assert class_.run("check", "--due", "2007-01-01T00:00Z") == ExitCode.PASSED
    again = class_.book()["Ada"]
    assert again["looked"] >= first
    assert (again["points"], float(again["late"]) > 0) == ("0", True)


def test_what_is_pending_is_waited_for(class_: Class) -> None:
    class_.student(ADA)
    class_.written(Ada=ADA)
    assert class_.run("check", "--timeout", "60", deliver=False) == ExitCode.PASSED
    journal = (class_.results / "journal.jsonl").read_text().splitlines()
    assert json.loads(journal[-1])["type"] == "end"
    assert class_.book()["Ada"]["points"] == str(ALL)


def test_a_report_is_made_again_without_a_network_unless_a_result_cannot_be_read(
    class_: Class,
) -> None:
    class_.student(ADA)
    class_.written(Ada=ADA)
    (class_.folder / "usual.csv").write_text(f"step,points\n1-{ALL},2\n")
    terms = ("--weights", str(class_.folder / "usual.csv"), "--due", "2007-01-01T00:00Z")
    assert class_.run("check", *terms) == ExitCode.PASSED
    checked = class_.book()
    assert float(checked["Ada"]["late"]) > 0
    made = {each.name: each.read_bytes() for each in (class_.results / "students").iterdir()}
    for each in (class_.results / "students").glob("*.html"):
        each.unlink()
    (class_.results / "index.html").unlink()
    (class_.folder / "w.csv").write_text(f"step,points\n1-{ALL - 1},0\n{ALL},10\n")
    assert class_.run("report") == ExitCode.PASSED
    assert class_.book() == checked
    terms = ("--weights", str(class_.folder / "w.csv"), "--due", "2100-01-01T00:00Z")
    assert class_.run("report", *terms) == ExitCode.PASSED
    again = {each.name: each.read_bytes() for each in (class_.results / "students").iterdir()}
    assert again == made
    assert (class_.results / "index.html").exists()
    assert (class_.book()["Ada"]["points"], class_.book()["Ada"]["possible"]) == ("10", "10")
    (class_.results / "students" / f"ada-{ADA}-us-east-1.json").write_text("{")
    assert class_.run("report") == ExitCode.USAGE
    assert f"ada-{ADA}-us-east-1.json" in class_.said().err


@pytest.mark.parametrize(
    "due", ["noon", "2026-03-20T18:00", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"]
)
def test_a_due_time_that_is_none_is_refused(class_: Class, due: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        class_.run("report", "--due", due)
    assert "wanted a time of this century with its zone, such as" in class_.said().err


def test_a_list_with_errors_does_nothing(class_: Class) -> None:
    class_.list.write_text("student,account\nAda,12\nBob,\n")
    assert class_.run("check") == ExitCode.USAGE
    said = class_.said().err
    assert "line 2: account: wanted 12 digits, got '12'" in said
    assert "line 3: account: wanted 12 digits" in said
    assert not class_.results.exists()


def test_a_report_knows_the_students_of_another_region(class_: Class) -> None:
    class_.student(ADA)
    class_.written(Ada=ADA)
    code = class_.run("check", "--region", "eu-west-1")
    assert class_.run("report", "--region", "eu-west-1") == code != ExitCode.PASSED
    assert class_.book()["Ada"]["region"] == "eu-west-1"
    assert class_.book()["Ada"]["looked"] != ""
