"""The gradebook for spreadsheets and programs: no name in it is a formula."""

from __future__ import annotations

import csv
import io
import json

import pytest

from lab_steps.checking.finding import Outcome
from lab_steps.classes.gradebook import Gradebook, as_csv, as_json, disarmed
from lab_steps.classes.grades import grade
from lab_steps.walkthrough.lab import WALKTHROUGH
from tests.lab_steps.classes.found import NOON, standing
from tests.lab_steps.step_numbers import ALL

WEIGHTS = {each.number: 1.0 for each in WALKTHROUGH.steps} | {7: 2.5}
NAMES = ('=HYPERLINK("x")', 'Lovelace, "Ada"', "Zoë \N{OWL}", "<b>x</b>")


def book(*names: str) -> Gradebook:
    found = [standing(name, number) for number, name in enumerate(names, 1)]
    return Gradebook(
        lab="the walkthrough",
        made=NOON,
        due=None,
        weights={str(number): worth for number, worth in WEIGHTS.items()},
        students=tuple(grade(each, WEIGHTS, None) for each in found),
    )


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_a_student_is_a_line_with_points_by_step() -> None:
    ada, bob = rows(as_csv(book("Ada", "Bob")))
    assert (ada["student"], bob["account"]) == ("Ada", "000000000002")
    assert ada["points"] == ada["possible"] == f"{ALL + 1.5}"
    assert ada["percent"] == "100"
    assert (ada["step 7"], ada["step 38"]) == ("2.5", "1")
    assert ada["looked"] == "2026-03-20 12:00:00"


def test_what_is_not_decided_is_empty_and_told() -> None:
    found = standing("Ada", s7=Outcome.FAIL, s34=Outcome.PENDING, s38=Outcome.ERROR)
    one = Gradebook(
        lab="l", made=NOON, due=None, weights={}, students=(grade(found, WEIGHTS, None),)
    )
    told = as_csv(one).replace("possible", "possible").splitlines()[1]
    assert ",34,38," in told


def test_names_come_back_as_they_are_but_for_formulas() -> None:
    back = [each["student"] for each in rows(as_csv(book(*NAMES)))]
    assert back == ["'" + NAMES[0], *NAMES[1:]]
    document = json.loads(as_json(book(*NAMES)))
    assert [each["student"] for each in document["students"]] == list(NAMES)


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", " ="])
def test_a_formula_is_disarmed(first: str) -> None:
    assert disarmed(f"{first}1+1") == f"'{first}1+1"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Ada;=1+1", "Ada;'=1+1"),
        ("Ada; @SUM(A1)", "Ada;' @SUM(A1)"),
        ("Ada\t-1;+1", "Ada\t'-1;'+1"),
        ("\uff20x", "'\uff20x"),
        ("Lovelace; Ada", "Lovelace; Ada"),
    ],
)
def test_a_formula_in_a_cell_that_a_semicolon_begins_is_disarmed(name: str, told: str) -> None:
    assert disarmed(name) == told


def test_numbers_stay_numbers() -> None:
    assert (disarmed(-1.5), disarmed("a=b")) == (-1.5, "a=b")
