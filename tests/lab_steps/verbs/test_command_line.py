"""The table of verbs: each has a file that says what it can be told and does it. Completion."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cloudtrail.version import VERSION
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


_IN_BASH = """
eval "$(activate-global-python-argcomplete --dest=-)"
COMP_LINE="python -m lab_steps $LINE"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
read -ra COMP_WORDS <<< "$COMP_LINE"
[[ "$COMP_LINE" == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_python_argcomplete_global python "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completed(line: str, **environment: str) -> set[str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ran = subprocess.run(
        ["bash", "-c", _IN_BASH],
        env={**os.environ, "PATH": path, "LINE": line, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return {each.strip() for each in ran.stdout.split("\n") if each.strip()}


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("", set(verbs(WALKTHROUGH))),
        ("b", {"bundle"}),
        ("check --for", {"--format"}),
        ("report --format ", {"text", "json", "junit", "html"}),
        ("explain 3", {"3", *map(str, range(30, 39))}),
        ("check --step 1", {"1", *map(str, range(10, 20))}),
        ("check --profile s", {"sandbox"}),
    ],
)
def test_bash_completes_verbs_options_values_and_steps(
    line: str, offered: set[str], tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("[profile sandbox]\n[profile other]\n")
    found = completed(line, AWS_CONFIG_FILE=str(tmp_path / "config"))
    assert found - {"-h", "--help", "--version"} == offered


def test_the_version_is_that_of_the_project() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "lab_steps", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == f"cloudtrail-lab {VERSION}\n"
