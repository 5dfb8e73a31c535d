"""A class as a list: what a trainer or a spreadsheet writes, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stacks.class_list import MOST_TOLD, ClassListError, Student, read

ROLE = "arn:aws:iam::111122223333:role/cloudtrail-lab-grader"
HEADER = "student,account,profile,role_arn,external_id,region\n"

Written = Callable[[str | bytes], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Writes a class.csv."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "class.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def problems(path: Path) -> list[str]:
    with pytest.raises(ClassListError) as raised:
        read(path)
    return list(raised.value.problems)


def test_a_student_a_line_by_role_or_profile(written: Written) -> None:
    text = f"{HEADER}Ada,111122223333,,{ROLE},spring,\nBob,4444-5555-6666,bob,,,eu-west-1\n"
    assert read(written(text), "eu-central-1") == (
        Student("Ada", "111122223333", "", ROLE, "spring", "eu-central-1", 2),
        Student("Bob", "444455556666", "bob", "", "", "eu-west-1", 3),
    )


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffprofile;Student;account\r\nbob;Bob;444455556666\r\n;;\r\n\r\n",
        "\n\nstudent\taccount\tprofile\nBob\t444455556666\tbob",
        "student,account,profile,,\nBob , 444455556666,bob,,\n",
    ],
    ids=["semicolons and a byte order mark", "tabs and no last line end", "empty columns"],
)
def test_what_spreadsheets_write(written: Written, content: str) -> None:
    (bob,) = read(written(content))
    assert (bob.student, bob.account, bob.profile) == ("Bob", "444455556666", "bob")


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ('"Lovelace, Ada"', "Lovelace, Ada"),
        ('"Ada ""Countess"" L."', 'Ada "Countess" L.'),
        ('"Ada\nLovelace"', "Ada Lovelace"),
        ("<b>Ada</b>", "<b>Ada</b>"),
        ("=HYPERLINK(0)", "=HYPERLINK(0)"),
        ("Zoe\u0308 \N{OWL}", "Zoë \N{OWL}"),
        ("a\u2028b", "a b"),
    ],
)
def test_names_are_the_students(written: Written, field: str, name: str) -> None:
    path = written(f"student,account,profile\n{field},111122223333,a\nBob,444455556666,b\n")
    ada, bob = read(path)
    assert ada.student == name
    assert bob.line == 3 + field.count("\n")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (",111122223333,a,,,", "student: wanted a name, got none"),
        ("Ada,11112222333,a,,,", "account: wanted 12 digits, got '11112222333'; spreadsheets"),
        ("Ada,1.11122E+11,a,,,", "account: wanted 12 digits, got '1.11122E+11'; spreadsheets"),
        ("Ada,account,a,,,", "account: wanted 12 digits, got 'account'"),
        ("Ada,111122223333,,,,", "wanted either a profile or a role_arn as the way into"),
        (f"Ada,111122223333,a,{ROLE},,", "wanted either a profile or a role_arn as the way into"),
        (f"Ada,444455556666,,{ROLE},,", "role_arn: wanted a role of account 444455556666, got one"),
        ("Ada,111122223333,,grader,,", "role_arn: wanted one like arn:aws:iam::"),
        ("Ada,111122223333,a,,spring,", "external_id: it needs a role_arn"),
        (f"Ada,111122223333,,{ROLE},<x>,", "external_id: wanted 2 to 1224 letters"),
        ("Ada,111122223333,a,,,Frankfurt", "region: wanted a Region such as us-east-1"),
        (
            "Lovelace, Ada,111122223333,a,,,us-east-1",
            "wanted 6 fields, got 7; put a name with a comma",
        ),
        ("A\x1bda,111122223333,a,,,", "student: wanted a name without control characters"),
        (f"{'a' * 201},111122223333,a,,,", "student: wanted a name of at most 200 characters"),
    ],
)
def test_a_line_that_is_wrong(written: Written, row: str, told: str) -> None:
    found = problems(written(f"{HEADER}Bob,444455556667,b,,,\n{row}\n"))
    assert [each.startswith(f"line 3: {told}") for each in found] == [True], found


def test_every_wrong_line_is_told_at_once(written: Written) -> None:
    rows = "".join(f"Student {each},{each},p,,,\n" for each in range(10_000))
    path = written(HEADER + rows)
    found = problems(path)
    assert len(found) == 10_000
    with pytest.raises(ClassListError, match=rf"and {10_000 - MOST_TOLD} more"):
        read(path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "line 1: wanted the columns student, account"),
        ("\n\n", "line 1: wanted the columns student, account"),
        (HEADER, "line 2: wanted a student on each line"),
        ("name,account\n", "line 1: wanted columns among student, account, profile, role_arn"),
        ("student,profile\nAda,a\n", "got no column account"),
        ("student,account,account\n", "got column account twice"),
        ('student,account,profile\n"Ada,111122223333,a\n', "line 2: it is not CSV"),
        (b"student,account\nZo\xeb,1\n", "line 2: wanted UTF-8"),
        ("student,account\n".encode("utf-16"), "line 1: wanted UTF-8"),
        ("student,account\nA\0da,1\n", "line 2: wanted text, got a byte 0"),
    ],
)
def test_a_file_that_is_no_class(written: Written, content: str | bytes, told: str) -> None:
    (found,) = problems(written(content))
    assert told in found


def test_who_is_there_twice(written: Written) -> None:
    path = written(
        "student,account,profile,region\nAda,111122223333,a,\nADA,444455556666,a,\n"
        "Bob,111122223333,a,us-east-1\nEve,111122223333,a,eu-west-1\n"
    )
    assert problems(path) == [
        "line 3: student 'ADA' is already in line 2",
        "line 4: account 111122223333 in us-east-1 is already in line 2",
    ]
