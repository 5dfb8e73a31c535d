"""The page of a class, parsed; and used in Chromium."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

from lab_steps.checking.finding import Outcome
from lab_steps.classes.grades import grade
from lab_steps.classes.page import Moment, class_page, steps_of_class
from lab_steps.classes.standing import AccountProblem, StudentStanding
from lab_steps.walkthrough.lab import WALKTHROUGH
from tests.browser import in_browser
from tests.lab_steps.classes.found import NOON, standing
from tests.lab_steps.documents import NASTY
from tests.lab_steps.results.test_html import Element, Tree

WEIGHTS = {each.number: 1.0 for each in WALKTHROUGH.steps}
TROUBLE = AccountProblem(what=f"denied {NASTY}", do=f"allow {NASTY}")
CLASS = (
    standing("Ada", 1),
    standing("Zoë", 2, s7=Outcome.FAIL, s8=Outcome.BLOCKED),
    standing(f"<img src=x onerror='window.alerted=1'>{NASTY}", 3, s8=Outcome.FAIL),
    standing("Bob", 4, s8=Outcome.FAIL, s34=Outcome.PENDING),
    StudentStanding(
        student="Eve", account="5" * 12, region="us-east-1", files="eve", problem=TROUBLE
    ),
    StudentStanding(student="Nobody", account="6" * 12, region="us-east-1", files="nobody"),
)


def made(found: tuple[StudentStanding, ...] = CLASS, running: str = "") -> str:
    grades = [grade(each, WEIGHTS, None) for each in found]
    return class_page(WALKTHROUGH, "spring", found, grades, Moment(NOON, running))


@pytest.fixture(scope="module")
def page() -> Element:
    return Tree(made()).top


def rows(page: Element) -> list[Element]:
    (heat,) = page.all("div", **{"class": "heat"})
    (body,) = heat.all("tbody")
    return list(body.all("tr"))


def test_every_student_has_a_row_and_every_step_a_cell(page: Element) -> None:
    found = rows(page)
    assert len(found) == len(CLASS)
    for row in found:
        assert len(list(row.all("td"))) == 3 + len(WALKTHROUGH.steps)
    (heading,) = page.all("h1")
    assert heading.text == "1 of 6 students passed all steps"


def test_a_mark_leads_to_its_step_in_the_report(page: Element) -> None:
    links = [each.attributes["href"] for each in rows(page)[1].all("a")]
    report = "students/student-000000000002-us-east-1.html"
    assert links == [report, f"{report}#step-7", f"{report}#step-8"]
    assert [each.attributes["href"] for each in rows(page)[5].all("a")] == []


def test_what_fails_most_comes_first_with_its_reasons(page: Element) -> None:
    told = [each.text for each in page.all("li", **{"class": "card"})]
    assert len(told) == 2
    assert "Choose Management events" in told[0]
    assert "2 failed" in told[0]
    assert "reason of 8" in told[0]
    counts = {each.number: each.counts for each in steps_of_class(WALKTHROUGH, CLASS)}
    assert counts[8] == {Outcome.PASS: 1, Outcome.BLOCKED: 1, Outcome.FAIL: 2}


def test_an_account_with_a_problem_is_told_with_what_to_do(page: Element) -> None:
    (card,) = page.all("details", **{"class": "problems"})
    assert "Eve" in card.text
    assert "denied <script>" in card.text
    assert "allow <script>" in card.text


def test_what_runs_is_told_and_loaded_again_without_a_script_too() -> None:
    assert 'http-equiv="refresh"' not in made()
    running = made(running="412 of 1,000 students")
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in running
    assert "412 of 1,000 students" in running


def test_all_passed() -> None:
    assert "All 2 students passed all steps" in made((standing("A", 1), standing("B", 2)))


def test_a_thousand_students_are_one_page_of_a_megabyte_or_so_at_once() -> None:
    many = tuple(
        standing(f"Student {each}", each, s8=Outcome.PASS if each % 3 else Outcome.FAIL)
        for each in range(1_000)
    )
    made(many[:2])
    begun = time.process_time()
    text = made(many)
    assert timedelta(seconds=time.process_time() - begun) < timedelta(seconds=5)
    assert len(text) < 2_500_000


def test_it_is_searched_sorted_and_read_by_keyboard(tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    path.write_text(made(), encoding="utf-8")
    running = tmp_path / "running.html"
    running.write_text(made(running="412 of 1,000 students"), encoding="utf-8")
    script = Path(__file__).with_name("class_page.mjs")
    seen = in_browser(script, path.as_uri(), running.as_uri())
    found = seen["found"]
    assert seen["said"] == []
    assert (found["overflow 390"], found["overflow 1280"]) == (0, 0)
    assert (found["all"], found["searched"], found["status"]) == (6, ["Zoë"], "1 of 6 shown")
    assert len(found["failed"]) == 3
    assert (found["sorted"], found["sort"]) == ("Eve", "ascending")
    assert found["byStep"] == found["afterReload"] == "Zoë"
    assert found["link"] == "students/student-000000000002-us-east-1.html#step-7"
    assert (found["scripts"], found["alerted"]) == (1, False)
    # While somebody types it is left alone, and what is searched for is kept.
    assert (found["whileTyping"], found["loads"], found["kept"]) == (1, 2, "zoe")
    assert "412 of 1,000 students" in found["running"]
    assert found["paused"] == 2
    assert "No news for two minutes" in found["silent"]
