"""The verb `logs`, and the counts that it tells."""

from __future__ import annotations

import argparse
import json

import pytest

from lab_steps.verbs import logs as command
from lab_steps.walkthrough.lab import WALKTHROUGH


def logs(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    command.add_options(parser, WALKTHROUGH)
    return command.run(parser.parse_args([*map(str, arguments)]))


def counted(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, int]:
    logs(*arguments, "--format", "json")
    document = json.loads(capsys.readouterr().out)
    return {each["eventName"]: each["count"] for each in document["events"]}
