"""A class as a list: its students, their accounts, and the way in, read from a CSV file.

    student,account,role_arn,external_id,region
    Ada Lovelace,111122223333,arn:aws:iam::111122223333:role/cloudtrail-lab-grader,spring,

One student a line, under a line with the names of the columns, in any order. Spreadsheets' forms of
CSV are read, too: a byte order mark, semicolons or tabs, empty lines.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

CLASS_STACK = "cloudtrail-lab-class"
"""The optional stack of stacks/class_stacks.py, and the beginning of its stack sets' names."""

USUAL_REGION = "us-east-1"
REQUIRED = ("student", "account")
COLUMNS = (*REQUIRED, "profile", "role_arn", "external_id", "region")

LONGEST_NAME = 200
MOST_BYTES = 20_000_000
MOST_TOLD = 20
"""How many problems the error's text shows; it has all of them."""

_ACCOUNT = re.compile(r"[0-9]{12}")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):role/[\w+=,.@/-]{1,512}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class Student:
    """One student's account, and how it is entered: by a `profile` of the AWS configuration, or
    by a role (`role_arn`) with its `external_id`, which may be empty. `line` is its line in the
    file."""

    student: str
    account: str
    profile: str = ""
    role_arn: str = ""
    external_id: str = ""
    region: str = USUAL_REGION
    line: int = 0


class ClassListError(ValueError):
    """The file is not a class list: `problems` has everything that is wrong, each with its line."""

    def __init__(self, path: Path, problems: tuple[str, ...]) -> None:
        more = len(problems) - MOST_TOLD
        told = [*problems[:MOST_TOLD], *([f"and {more} more"] if more > 0 else [])]
        super().__init__("\n".join([f"{path} cannot be used as a class:", *told]))
        self.problems = problems


def read(
    path: Path, region: str = USUAL_REGION, *, with_way_in: bool = True
) -> tuple[Student, ...]:
    """The students, in the file's order; `region` is for those without one of their own.

    With `with_way_in`, each must have a profile or a role; without, no account is entered.

    Raises OSError, and ClassListError for anything that is wrong in any line.
    """
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    problems: list[str] = []
    students = list(_students(data, region, problems, with_way_in=with_way_in))
    if not students and not problems:
        problems.append("line 2: wanted a student on each line under the header, got none")
    if problems:
        raise ClassListError(path, tuple(problems))
    return tuple(students)


def _students(
    data: bytes, region: str, problems: list[str], *, with_way_in: bool
) -> Iterator[Student]:
    rows = _rows(data, problems)
    header = next(rows, None)
    if header is None:
        if not problems:
            problems.append(f"line 1: wanted the columns {', '.join(COLUMNS)}, got an empty file")
        return
    columns = _columns(*header, problems)
    seen: dict[tuple[str, ...], int] = {}
    for line, fields in rows if columns else ():
        wrong = list(_wrong_count(fields, columns))
        values = dict.fromkeys(COLUMNS, "") | dict(zip(columns, fields, strict=False))
        student = _student(line, values, region)
        lacks_way = with_way_in and not (student.profile or student.role_arn)
        wrong = wrong or [*_wrong(student), *[_NO_WAY_IN] * lacks_way, *_again(student, seen)]
        problems += [f"line {line}: {each}" for each in wrong]
        yield student


def _rows(data: bytes, problems: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Lines that are not empty, by the number at which each begins: a quoted field may have
    several lines."""
    text = _text(data, problems)
    if text is None:
        return
    first = next((each for each in text.splitlines() if each.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    reader, begun = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1
    try:
        for fields in reader:
            if any(each.strip() for each in fields):
                yield begun, [each.strip() for each in fields]
            begun = reader.line_num + 1
    except csv.Error as error:
        problems.append(f"line {begun}: it is not CSV: {error}; is a quotation mark missing?")


def _text(data: bytes, problems: list[str]) -> str | None:
    if len(data) > MOST_BYTES:
        problems.append(f"wanted at most {MOST_BYTES:,} bytes, got more")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.append(f"line {line}: wanted UTF-8; save it as `CSV UTF-8` in the spreadsheet")
        return None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        problems.append(f"line {line}: wanted text, got a byte 0; save it as `CSV UTF-8`")
        return None
    return text


def _columns(line: int, header: list[str], problems: list[str]) -> list[str]:
    """The columns' names; empty if they are unknown."""
    names = [each.lower() for each in header]
    while names and not names[-1]:
        names.pop()
    wrong = [f"the unknown column {each!r}" for each in names if each not in COLUMNS]
    wrong += [f"column {each} twice" for each in COLUMNS if names.count(each) > 1]
    wrong += [f"no column {each}" for each in REQUIRED if each not in names]
    if wrong:
        got = "; ".join(wrong)
        problems.append(f"line {line}: wanted columns among {', '.join(COLUMNS)}, got {got}")
        return []
    return names


def _wrong_count(fields: list[str], columns: list[str]) -> Iterator[str]:
    if any(fields[len(columns) :]):
        yield (
            f"wanted {len(columns)} fields, got {len(fields)}; put a name with a comma in "
            'quotation marks: "Lovelace, Ada"'
        )


def _student(line: int, values: Mapping[str, str], region: str) -> Student:
    """A line's student.

    A name's line breaks become spaces; an account may be written with hyphens, as AWS shows it.
    """
    return Student(
        student=unicodedata.normalize("NFC", " ".join(values["student"].split())),
        account=values["account"].replace("-", ""),
        profile=values["profile"],
        role_arn=values["role_arn"],
        external_id=values["external_id"],
        region=values["region"] or region,
        line=line,
    )


def _wrong(student: Student) -> Iterator[str]:
    yield from _wrong_name(student.student)
    yield from _wrong_account(student.account)
    yield from _wrong_way_in(student)
    if not _REGION.fullmatch(student.region):
        yield f"region: wanted a Region such as {USUAL_REGION}, got {_shown(student.region)}"


def _wrong_name(name: str) -> Iterator[str]:
    if not name:
        yield "student: wanted a name, got none"
    elif len(name) > LONGEST_NAME:
        yield f"student: wanted a name of at most {LONGEST_NAME} characters, got {len(name)}"
    elif any(unicodedata.category(each) in {"Cc", "Cs"} for each in name):
        yield f"student: wanted a name without control characters, got {_shown(name)}"


def _wrong_account(account: str) -> Iterator[str]:
    if _ACCOUNT.fullmatch(account):
        return
    why = ""
    if re.fullmatch(r"[0-9]{1,11}|[0-9][.,0-9]*E\+?[0-9]+", account, re.IGNORECASE):
        why = (
            "; spreadsheets shorten numbers: set the column's format to `Text`, and enter it again"
        )
    yield f"account: wanted 12 digits, got {_shown(account)}{why}"


_WAY_IN = "wanted either a profile or a role_arn as the way into the account, got {got}"
_NO_WAY_IN = _WAY_IN.format(got="neither")


def _wrong_way_in(student: Student) -> Iterator[str]:
    if student.profile and student.role_arn:
        yield _WAY_IN.format(got="both")
    found = _ROLE.fullmatch(student.role_arn)
    if student.role_arn and not found:
        yield (
            "role_arn: wanted one like arn:aws:iam::111122223333:role/cloudtrail-lab-grader, got "
            f"{_shown(student.role_arn)}"
        )
    elif found and found[1] != student.account:
        yield f"role_arn: wanted a role of account {student.account}, got one of {found[1]}"
    if student.external_id and not student.role_arn:
        yield "external_id: it needs a role_arn, and there is none"
    elif student.external_id and not _EXTERNAL_ID.fullmatch(student.external_id):
        yield (
            "external_id: wanted 2 to 1224 letters, digits and +=,.@:/-_, got "
            f"{_shown(student.external_id)}"
        )


def _again(student: Student, seen: dict[tuple[str, ...], int]) -> Iterator[str]:
    """Problems with two lines for one student, or for one account and Region, which has one lab."""
    place = (student.account, student.region)
    for what, key in (
        (f"student {_shown(student.student)}", (student.student.casefold(),)),
        (f"account {student.account} in {student.region}", place),
    ):
        first = seen.setdefault(key, student.line)
        if first != student.line:
            yield f"{what} is already in line {first}"


def _shown(text: str) -> str:
    return repr(text[:60])
