"""Options that several verbs have: their declarations, and the values given."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import timedelta

from lab_steps.checking.step import Step
from lab_steps.errors import UsageError
from lab_steps.lab import Lab

ENGINES = ("files", "athena")
"""What reads log files: this program, or Amazon Athena."""

Given = argparse.Namespace
"""What was given. `lab` is the lab, `verb` the verb."""


def where(parser: argparse.ArgumentParser) -> None:
    """Add the options for the lab's place."""
    group = parser.add_argument_group("where")
    text = "use the account of this AWS profile (default: credentials that any AWS tool finds)"
    group.add_argument("--profile", metavar="NAME", help=text)
    group.add_argument("--endpoint-url", metavar="URL", help="use the AWS running at URL")
    text = "the lab's Region (default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, us-east-1)"
    group.add_argument("--region", metavar="NAME", help=text)


def parameters(parser: argparse.ArgumentParser, lab: Lab) -> None:
    """Add the options for the lab's parameters."""
    group = parser.add_argument_group("the lab")
    for each in lab.parameters:
        group.add_argument(f"--{each.name}", type=text_argument, help=each.help)


def account(parser: argparse.ArgumentParser) -> None:
    """Add the option for the account that is meant."""
    text = "the account you mean, 12 digits; needed to change one that is marked `named`"
    parser.add_argument("--account", type=_account_id, metavar="ID", help=text)


def yes(parser: argparse.ArgumentParser) -> None:
    """Add the option to skip the question."""
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def ttl(parser: argparse.ArgumentParser) -> None:
    """Add the option for how long the lab should exist."""
    text = "when the lab expires, as its tags say: 12h, 7d (default: unchanged, 7d for a new lab)"
    parser.add_argument("--ttl", type=_lifetime, metavar="TIME", help=text)


def name(parser: argparse.ArgumentParser) -> None:
    """Add the option for whose lab it is."""
    text = "whose lab it is, for reports and bundles"
    parser.add_argument("--name", type=text_argument, metavar="TEXT", help=text)


def timeout(parser: argparse.ArgumentParser) -> None:
    """Add the option for how long to wait for log files."""
    text = "how long to wait for log files (run: 20 minutes on AWS, 30 s locally; check: 10 s)"
    parser.add_argument("--timeout", type=seconds, metavar="SECONDS", help=text)


def steps(parser: argparse.ArgumentParser) -> None:
    """Add the option to check some steps only."""
    text = "check only these steps: 7, or 33-37; may be repeated"
    parser.add_argument("--step", action="append", metavar="N", help=text)


def bundle(parser: argparse.ArgumentParser) -> None:
    """Add the option to check a bundle instead of a lab."""
    text = "check what `bundle` saved instead of a lab: needs no account and no network"
    parser.add_argument("--bundle", metavar="FILE.zip", help=text)


def with_athena(parser: argparse.ArgumentParser, lab: Lab) -> None:
    """Add the option to deploy the Athena stack too, if the lab has one."""
    parser.set_defaults(athena=False)
    if lab.athena:
        text = "also the Athena tables and workgroup that `check --engine athena` uses"
        parser.add_argument("--athena", action="store_true", help=text)


def engine(parser: argparse.ArgumentParser, lab: Lab) -> None:
    """Add the options for what reads log files."""
    parser.set_defaults(engine=ENGINES[0], workgroup=None, database=None)
    group = parser.add_argument_group("log files")
    if lab.athena:
        group.add_argument(
            "--engine",
            choices=ENGINES,
            default=ENGINES[0],
            help="files: fetch and read them (default); athena: ask Amazon Athena, one query per "
            "check, and fetch none (its stack: up --athena)",
        )
    group.add_argument(
        "--no-cache",
        dest="cached",
        action="store_false",
        help="read all log files again, even those that an earlier check has read",
    )
    if lab.athena:
        text = f"Athena's workgroup (default: {lab.athena.workgroup})"
        group.add_argument("--workgroup", metavar="NAME", help=text)
        text = f"database of the Athena tables (default: {lab.athena.database})"
        group.add_argument("--database", metavar="NAME", help=text)


RESULT_SCHEMA = "schema: lab_steps/results/result.schema.json"


def text_or_json(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the option for the output's form; `what` says what the JSON document has."""
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help=f"json: one document on stdout ({what})",
    )


def text_argument(text: str) -> str:
    """Text that JSON can have. A shell also passes bytes that are not text in its encoding."""
    try:
        text.encode()
    except UnicodeEncodeError:
        encoding = sys.getfilesystemencoding()
        raise argparse.ArgumentTypeError(f"wanted text in {encoding}, got {text!r}") from None
    return text


def seconds(text: str) -> float:
    """A length of time on the command line."""
    try:
        given = float(text)
    except ValueError:
        given = -1.0
    if not 0 <= given <= 86_400:
        raise argparse.ArgumentTypeError(f"wanted seconds from 0 to 86400, got {text!r}")
    return given


def _lifetime(text: str) -> timedelta:
    number, unit = text[:-1], {"h": "hours", "d": "days"}.get(text[-1:])
    if not (unit and number.isascii() and number.isdecimal() and 0 < int(number) <= 9999):
        raise argparse.ArgumentTypeError(f"wanted hours or days such as 12h or 7d, got {text!r}")
    return timedelta(**{unit: int(number)})


def _account_id(text: str) -> str:
    digits = text.replace("-", "")
    if len(digits) != 12 or not (digits.isascii() and digits.isdecimal()):
        raise argparse.ArgumentTypeError(f"wanted an account's 12 digits, got {text!r}")
    return digits


def given_parameters(given: Given) -> dict[str, str]:
    """The lab's parameters that were given."""
    values = {each.name: getattr(given, each.option) for each in given.lab.parameters}
    return {name: value for name, value in values.items() if value is not None}


def names_lab(given: Given) -> bool:
    """Whether anything says which lab is meant."""
    place = (given.profile, given.endpoint_url, given.region, given.account)
    return any(place) or bool(given_parameters(given))


def names_a_place(given: Given) -> bool:
    """Whether the lab is anywhere else than on the spot."""
    named = (given.profile, given.endpoint_url, getattr(given, "account", None))
    return any(named) or bool(os.environ.get("AWS_ENDPOINT_URL"))


def names_athena(given: Given) -> bool:
    """Whether Athena reads the log files. Raises UsageError for Athena's options without it."""
    if given.engine == "athena":
        return True
    if given.workgroup or given.database:
        raise UsageError("--workgroup and --database only apply to Athena: add --engine athena.")
    return False


def chosen_steps(given: Given) -> tuple[Step, ...]:
    """The steps of `7`, `33-37` and several of them, or all; UsageError for anything else."""
    lab: Lab = given.lab
    numbers: list[int] = []
    for text in given.step or []:
        first, _, last = text.partition("-")
        if not first.isdecimal() or (last and not last.isdecimal()) or text.endswith("-"):
            raise UsageError(
                f"{text!r} is not a step: write a number, such as 7, or a range, such as 33-37."
            )
        low, high = lab.step(int(first)).number, lab.step(int(last or first)).number
        if high < low:
            raise UsageError(f"{text!r} is not a range of steps: did you mean {high}-{low}?")
        numbers += range(low, high + 1)
    return lab.choose(numbers)


def one_step(given: Given) -> Step | None:
    """The step of `7`, None if none was given; UsageError for a range, too."""
    if given.step is None:
        return None
    if not given.step.isdecimal():
        raise UsageError(f"{given.step!r} is not a step: write one number, such as 7.")
    lab: Lab = given.lab
    return lab.step(int(given.step))
