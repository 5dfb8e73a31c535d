"""The parts of the guide's page."""

from __future__ import annotations

import html
import re

import msgspec

from lab_steps.checking.commands import CommandContext
from lab_steps.checking.finding import passed
from lab_steps.guide.lessons import lesson_of
from lab_steps.guide.page import Pages, Revisions, Shown, style
from lab_steps.targets.control import Console
from lab_steps.walkthrough.lab import WALKTHROUGH
from tests.lab_steps.documents import LEGIBLE, findings, made, observed
from tests.lab_steps.step_numbers import NUMBERS

PLACE = CommandContext("us-east-1", "123456789012", "http://127.0.0.1:5000", suffix="jo")
LESSONS = {each.number: lesson_of(each, PLACE) for each in WALKTHROUGH.steps}
PAGES = Pages(LESSONS, Console("http://127.0.0.1:5000/_console/", "student", "pass"))
SHOWN = Shown(made(seen=observed()), changed=(10,))


def parts(shown: Shown = SHOWN) -> dict[str, str]:
    return PAGES.parts(shown)


def text(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


def test_every_part_is_an_element_with_its_id() -> None:
    for name, part in parts().items():
        assert re.match(rf'\s*<\w+ [^>]*id="{name}"', part), name
    assert [name for name in parts() if name.startswith("step-")] == [
        f"step-{number}" for number in NUMBERS
    ]


def test_the_next_step_alone_is_open() -> None:
    opened = [name for name, part in parts().items() if re.match(r"\s*<details [^>]* open>", part)]
    assert opened == ["step-10"]
    assert 'data-next="10"' in parts()["progress"]


def test_a_step_tells_what_to_do_why_and_what_was_found() -> None:
    told = text(parts()["step-10"])
    lesson = LESSONS[10]
    for wanted in (lesson.console, lesson.looks_at, "both types", "ApiErrorRateInsight is not"):
        assert wanted in told
    assert "To fix it Tick both boxes." in told
    assert "--endpoint-url http://127.0.0.1:5000" in lesson.command


def test_hints_lie_in_each_other_so_that_each_is_asked_for() -> None:
    card = parts()["step-15"]
    (first, second, third) = LESSONS[15].hints
    assert card.index(first) < card.index("One hint more") < card.index(second)
    between = card[card.index(first) : card.index(second)]
    assert between.count("<details") - between.count("</details") == 1
    assert card.index(second) < card.index(third)


def test_what_turned_is_said_to_those_who_do_not_see_it() -> None:
    told = parts()["told"]
    assert 'role="status"' in told
    assert "Choose both Insights types, and create the trail: FAIL." in text(told)


def test_a_wait_has_its_end_for_the_page_to_count_down_to() -> None:
    assert 'data-until="2026-03-14T12:20:00+00:00"' in parts()["step-34"]


def test_data_is_never_markup() -> None:
    page = PAGES.page(SHOWN, parts(), 1)
    assert "<script>alert" not in page
    assert LEGIBLE in html.unescape(page)


def test_done_is_told() -> None:
    all_ = {number: passed("a", "a") for number in findings()}
    assert "You are done." in parts(Shown(made(all_, seen=observed())))["progress"]


def test_the_page_beside_an_account_has_no_password() -> None:
    pages = Pages(LESSONS, Console("https://us-east-1.console.aws.amazon.com/"))
    page = pages.page(SHOWN, pages.parts(SHOWN), 1)
    assert "https://us-east-1.console.aws.amazon.com/" in page
    assert "Password" not in page
    without = Pages(LESSONS, None)
    assert "Open the console" not in without.page(SHOWN, without.parts(SHOWN), 1)


def test_a_revision_has_what_changed() -> None:
    revisions = Revisions()
    revisions.take({"a": "1", "b": "1"})
    revisions.take({"a": "1", "b": "1"})
    assert revisions.number == 1
    revisions.take({"a": "1", "b": "2"})
    assert revisions.since(1) == {"b": (2, "2")}
    assert revisions.since(0) == {"a": (1, "1"), "b": (2, "2")}
    assert revisions.all() == {"a": "1", "b": "2"}


def test_a_look_that_finds_the_same_changes_only_the_time() -> None:
    later = msgspec.structs.replace(SHOWN.result, finished=SHOWN.result.started)
    before, after = parts(), parts(Shown(later, SHOWN.changed))
    assert [name for name in before if before[name] != after[name]] == []


def test_the_style_sheet_fetches_nothing() -> None:
    assert "url(" not in style()
    assert "@import" not in style()
