"""The table of verbs: each has a file that says what it can be told and does it."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from lab_steps import verbs as package
from lab_steps.lab import Lab
from lab_steps.verbs.command_line import parser, verb_named, verbs
from lab_steps.walkthrough.lab import WALKTHROUGH
from tests.lab_steps.second_lab.lab import SECOND_LAB

SHARED = {"__init__", "command_line", "opening", "options"}
READ_ELSEWHERE = {"local"}
"""Whose options are another program's."""


def test_every_file_is_a_verb_of_the_table_or_shared() -> None:
    files = {each.stem for each in Path(package.__path__[0]).glob("*.py")}
    assert files - SHARED == set(verbs(WALKTHROUGH))


@pytest.mark.parametrize("lab", [WALKTHROUGH, SECOND_LAB], ids=lambda lab: str(lab.title))
@pytest.mark.parametrize("name", sorted(set(verbs(WALKTHROUGH)) - READ_ELSEWHERE))
def test_a_verb_says_what_it_can_be_told(name: str, lab: Lab) -> None:
    alone = argparse.ArgumentParser()
    verb_named(name).add_options(alone, lab)
    assert callable(verb_named(name).run)
    assert name in parser(lab, [name]).format_help()
