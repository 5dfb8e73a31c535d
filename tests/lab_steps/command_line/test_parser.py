"""The verbs of the table: each has a file that says what it can be told and does it. Completion."""

from __future__ import annotations

import argparse
import fcntl
import os
import pkgutil
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cloudtrail.version import VERSION
from lab_steps import verbs as package
from lab_steps.command_line.parser import parser, verb_named
from lab_steps.command_line.verb_table import VERBS
from lab_steps.lab import Lab
from lab_steps.walkthrough.lab import WALKTHROUGH
from lab_steps.walkthrough.policy_files import FOLDER
from tests.lab_steps.second_lab.lab import SECOND_LAB
from tests.lab_steps.step_numbers import NUMBERS

README = Path("README.md").read_text(encoding="utf-8")
READ_ELSEWHERE = {"local"}
"""Whose options are another program's."""


def test_each_verb_of_the_table_has_a_module_and_a_row_in_the_readme_and_the_reverse() -> None:
    assert {each.name for each in pkgutil.iter_modules(package.__path__)} == set(VERBS)
    rows = re.findall(r"^\| `python -m lab_steps (\w+)", README, re.MULTILINE)
    assert set(rows) == set(VERBS)


def test_each_verb_of_the_table_has_a_policy_or_needs_none() -> None:
    files = {each.stem for each in FOLDER.iterdir()}
    assert {each.policy for each in VERBS.values()} - {""} <= files


def test_what_a_lab_says_of_a_verb_is_of_one_in_the_table() -> None:
    assert set(WALKTHROUGH.help.verbs) <= set(VERBS)
    told = " ".join(parser(WALKTHROUGH, []).format_help().split())
    assert all(f" {name} {text}" in told for name, text in WALKTHROUGH.help.verbs.items())


@pytest.mark.parametrize("lab", [WALKTHROUGH, SECOND_LAB], ids=lambda lab: str(lab.title))
@pytest.mark.parametrize("name", sorted(VERBS.keys() - READ_ELSEWHERE))
def test_a_verb_says_what_it_can_be_told(name: str, lab: Lab) -> None:
    alone = argparse.ArgumentParser()
    verb_named(name).add_options(alone, lab)
    assert callable(verb_named(name).run)
    assert name in parser(lab, [name]).format_help()


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "--name", "J\udcf6rg"],
        ["check", "--organization-trail", "J\udcf6rg"],
        ["logs", "-", "--where", "eventName=J\udcf6rg"],
    ],
)
def test_bytes_that_are_no_text_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A Latin-1 terminal's `J\\xf6rg`: results have texts, as JSON."""
    with pytest.raises(SystemExit, match="2"):
        parser(WALKTHROUGH, arguments).parse_args(arguments)
    assert f"argument {arguments[-2]}: wanted text in utf-8, got " in capsys.readouterr().err


_IN_BASH = """
eval "$(activate-global-python-argcomplete --dest=-)"
for line; do
  COMP_LINE="python -m lab_steps $line"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
  read -ra COMP_WORDS <<< "$COMP_LINE"
  [[ "$COMP_LINE" == *" " ]] && COMP_WORDS+=("")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
  _python_argcomplete_global python "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
  echo "${COMPREPLY[@]}"
done
"""
OFFERED = {
    "": set(VERBS),
    "b": {"bundle"},
    "check --for": {"--format"},
    "report --format ": {"text", "json", "junit", "html"},
    "explain 3": {str(each) for each in NUMBERS if str(each).startswith("3")},
    "check --step 1": {"1", *map(str, range(10, 20))},
    "check --profile s": {"sandbox"},
}


def test_bash_completes_verbs_options_values_and_steps(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile sandbox]\n[profile other]\n")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ran = subprocess.run(
        ["bash", "-c", _IN_BASH, "bash", *OFFERED],
        env={**os.environ, "PATH": path, "AWS_CONFIG_FILE": str(tmp_path / "config")},
        capture_output=True,
        text=True,
        check=True,
    )
    found = [set(each.split()) - {"-h", "--help", "--version"} for each in ran.stdout.splitlines()]
    assert dict(zip(OFFERED, found, strict=True)) == OFFERED


@pytest.fixture
def zsh(tmp_path: Path) -> Iterator[Callable[[str, str], str]]:
    """Types a line and TAB into a zsh that was made ready as the README says; returns what it
    shows, up to a text that is waited for."""
    program = shutil.which("zsh")
    if program is None:
        pytest.skip("there is no zsh")
    (tmp_path / ".zshrc").write_text("PS1='ready> '\n" + "\n".join(ZSH_SETUP))
    environment = {**os.environ, "ZDOTDIR": str(tmp_path), "TERM": "xterm"}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    shell = subprocess.Popen(
        [program, "-i"],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=environment,
        start_new_session=True,
    )
    os.close(follower)

    def read_until(text: str) -> str:
        shown, deadline = "", time.monotonic() + 60
        while text not in shown:
            left = deadline - time.monotonic()
            assert select.select([leader], [], [], max(0, left))[0], f"no {text} in {shown}"
            shown += os.read(leader, 65_536).decode(errors="replace")
        return shown

    def typed(line: str, until: str) -> str:
        os.write(leader, f"{line}\t".encode())
        return read_until(until)

    assert "not found" not in read_until("ready> ")
    with shell:
        yield typed
        shell.kill()
    os.close(leader)


ZSH_SETUP = re.findall(r"^\$ (autoload .*|eval .*argcomplete.*)$", README, re.MULTILINE)


EMPTY_LINE = "\x15"
"""Ctrl-U: away with what is typed."""


def test_zsh_completes_verbs_options_values_and_steps(zsh: Callable[[str, str], str]) -> None:
    assert len(ZSH_SETUP) == 2
    for line, told in {
        "python -m lab_steps ch": "lab_steps check",
        "python -m lab_steps explain 3": "Open the log files",
        "python -m lab_steps report --form": "--format",
        "python -m lab_steps report --format j": "junit",
    }.items():
        assert told in zsh(f"{EMPTY_LINE}{line}", told), line


def test_the_version_is_that_of_the_project() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "lab_steps", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == f"cloudtrail-lab {VERSION}\n"
