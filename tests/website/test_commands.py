"""Every command of the lab that a document shows is one that its command line takes."""

from __future__ import annotations

import re
import shlex

import pytest

from lab_steps.command_line.parser import parser
from lab_steps.command_line.verb_table import VERBS
from lab_steps.walkthrough.lab import WALKTHROUGH
from tests.website.test_names import PAGES
from website import permissions, walkthrough
from website.pages import ROOT

COMMAND = re.compile(r"(?:^|`|\$ )python -m lab_steps +([a-z][^`\n]*)", re.MULTILINE)
INCOMPLETE = re.compile(r"<TAB>|\b[A-Z]+\b|\.\.\.")
"""A key to press, a placeholder of a usage line, and options left out."""

HANDED_ON = "local"
"""The verb whose options another program reads."""


def commands_of(page: str) -> list[str]:
    found = COMMAND.findall((ROOT / page).read_text(encoding="utf-8"))
    return [each for each in found if not INCOMPLETE.search(each.partition("#")[0])]


@pytest.mark.parametrize("page", [page for page in PAGES if commands_of(page)])
def test_the_command_line_takes_what_a_document_shows(page: str) -> None:
    for command in commands_of(page):
        verb, *options = shlex.split(command, comments=True)
        assert verb in VERBS
        if options and verb != HANDED_ON:
            parser(WALKTHROUGH, [verb]).parse_args([verb, *options])


def test_the_page_of_the_walkthrough_has_the_steps_as_they_are() -> None:
    assert walkthrough.PAGE.read_text(encoding="utf-8") == walkthrough.text(), "run make docs"


def test_the_page_of_permissions_has_the_lists_as_they_are() -> None:
    assert permissions.PAGE.read_text(encoding="utf-8") == permissions.text(), "run make docs"
