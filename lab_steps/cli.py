"""The command line: verbs, options, and help that teaches."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeAlias

from lab_steps.verbs import logs as logs_command
from stacks.settings import ATHENA_DATABASE, ATHENA_WORKGROUP

LOCAL = "local"
ENGINES = ("files", "athena")
"""What log files are read by: fetched and read here, or asked through Amazon Athena."""

DESCRIPTION = """\
The CloudTrail lab: two trails, a DynamoDB table, and the log files CloudTrail delivers,
in the 38 steps of the walkthrough. Each step is done or checked, on a local AWS or in an
account of yours.
"""

EXAMPLES = """\
examples
  python -m lab_steps run                        everything, on a local AWS started for it
  python -m lab_steps explain 15                 what step 15 asks for, and how to do it
  python -m lab_steps local --port 5000          serve a local AWS; then, in another shell:
  python -m lab_steps check --endpoint-url http://127.0.0.1:5000
                                                 what is missing there, and why
  python -m lab_steps check --profile sandbox --step 33-37 --timeout 1200
                                                 the log files in an account, waiting for them
  python -m lab_steps watch --endpoint-url http://127.0.0.1:5000
                                                 the one next thing to do, as you work
  python -m lab_steps report --format html --output lab.html --profile sandbox
                                                 what was found, as a page to look at
  python -m lab_steps run --profile sandbox --account 111122223333
                                                 do the lab in an account
  python -m lab_steps down --profile sandbox --account 111122223333
                                                 and take it away again

where
  No option: `run` starts a local AWS and ends it. --endpoint-url, or AWS_ENDPOINT_URL: one
  that is running. --profile: an account; nothing is changed there without --account.

exit codes
  0 all passed    1 something failed   2 usage   3 something could not be checked
  4 still pending at the deadline      5 refused: another account, or not the lab's own
  130 interrupted
"""


def parser() -> argparse.ArgumentParser:
    """The parser; `verb` and its options are what it answers."""
    top = argparse.ArgumentParser(
        prog="python -m lab_steps",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for add in (_run, _plan, _up, _check, _watch, _report, _bundle):
        add(verbs)
    for add in (_status, _explain, _hint, _down, _local):
        add(verbs)
    logs_command.add_parser(verbs)
    return top


Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Options = Callable[[argparse.ArgumentParser], None]


def _verb(verbs: Verbs, name: str, text: str, *options: Options) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    for add in options:
        add(parser)
    return parser


def _run(verbs: Verbs) -> None:
    text = "do all of the lab: deploy, make the calls, wait for the log files, check all steps"
    _verb(verbs, "run", text, _where, _lab, _account, _timeout, _format)


def _plan(verbs: Verbs) -> None:
    text = "list what `up` and `run` would create, with what it costs; changes nothing"
    _verb(verbs, "plan", text, _where, _lab, _with_athena, _format)


def _up(verbs: Verbs) -> None:
    text = "deploy the two trails with their buckets, steps 5 to 16, and nothing else"
    _verb(verbs, "up", text, _where, _lab, _account, _with_athena)


def _check(verbs: Verbs) -> None:
    text = "look at a lab, made by hand or by `run`, and say what is missing; read-only"
    parser = _verb(verbs, "check", text, _where, _lab, _account, _steps, _timeout, _of_bundle)
    _engine(parser)
    _format(parser)


def _watch(verbs: Verbs) -> None:
    text = "check again and again what is not passed, and say the one next thing to do; read-only"
    parser = _verb(verbs, "watch", text, _where, _lab, _account, _steps, _engine)
    parser.add_argument(
        "--interval", type=_seconds, metavar="SECONDS", help="between two looks (2 s, AWS: 15 s)"
    )
    parser.add_argument(
        "--deadline", type=_seconds, metavar="SECONDS", help="stop after that; without: Ctrl-C"
    )


def _report(verbs: Verbs) -> None:
    text = "check, or take a saved result, and report it for people, CI or a browser; read-only"
    parser = _verb(verbs, "report", text, _where, _lab, _account, _steps, _timeout, _of_bundle)
    _engine(parser)
    parser.add_argument(
        "--format",
        choices=("text", "json", "junit", "html"),
        default="text",
        help="html: one file for a browser; junit: XML for CI; json: what --from reads",
    )
    parser.add_argument("--from", dest="source", metavar="RESULT.json", help="- is standard input")
    parser.add_argument("--output", metavar="FILE", help="instead of standard output")


def _bundle(verbs: Verbs) -> None:
    text = "save all that a verdict rests on, to be graded again by `check --bundle`; read-only"
    parser = _verb(verbs, "bundle", text, _where, _lab, _account, _timeout)
    parser.add_argument("--output", metavar="FILE.zip", required=True, help="the file to write")


def _status(verbs: Verbs) -> None:
    text = "what stands: stacks, trails, table, and what was begun; read-only"
    _verb(verbs, "status", text, _where, _lab, _format)


def _explain(verbs: Verbs) -> None:
    text = "what a step asks for, what the check looks at, how to do it by hand"
    parser = _verb(verbs, "explain", text)
    parser.add_argument("step", nargs="?", metavar="STEP", help="1 to 38; all in a list without it")


def _hint(verbs: Verbs) -> None:
    parser = _verb(verbs, "hint", "one hint more about a step each time it is asked")
    parser.add_argument("step", nargs="?", metavar="STEP", help="1 to 38")
    parser.add_argument("--all", action="store_true", help="all hints of the step at once")
    parser.add_argument(
        "--reset", action="store_true", help="begin again, with STEP or with all steps"
    )


def _down(verbs: Verbs) -> None:
    text = "take the lab away: the table it made, both stacks, buckets and log files"
    parser = _verb(verbs, "down", text, _where, _lab, _account)
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def _local(verbs: Verbs) -> None:
    # Its options are those of `python -m local_aws`, which gets them before this parser does.
    verbs.add_parser(LOCAL, help="serve a local AWS until Ctrl-C (options: local --help)")


def _where(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("where")
    group.add_argument("--profile", help="an account, by a profile of the AWS configuration")
    group.add_argument("--endpoint-url", metavar="URL", help="an AWS that is running at URL")
    group.add_argument("--region", help="region of the lab (default: us-east-1)")


def _lab(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the lab")
    group.add_argument("--suffix", help="end of both buckets' names")
    group.add_argument("--prefix", help="prefix of the log files in the buckets")


def _account(parser: argparse.ArgumentParser) -> None:
    text = "the account that is meant, 12 digits; outside this machine nothing is changed without"
    parser.add_argument("--account", type=_account_id, metavar="ID", help=text)


def _timeout(parser: argparse.ArgumentParser) -> None:
    text = "wait so long for log files (run: 20 minutes on AWS, 30 s locally; check: 10 s)"
    parser.add_argument("--timeout", type=_seconds, metavar="SECONDS", help=text)


def _steps(parser: argparse.ArgumentParser) -> None:
    text = "look at these steps only: 7, or 33-37; may be repeated"
    parser.add_argument("--step", action="append", metavar="N", help=text)


def _of_bundle(parser: argparse.ArgumentParser) -> None:
    text = "what `bundle` saved, in place of a lab: needs no account and no network"
    parser.add_argument("--bundle", metavar="FILE.zip", help=text)


def _with_athena(parser: argparse.ArgumentParser) -> None:
    text = "also the Athena tables and workgroup that `check --engine athena` asks"
    parser.add_argument("--athena", action="store_true", help=text)


def _engine(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("log files")
    group.add_argument(
        "--engine",
        choices=ENGINES,
        default=ENGINES[0],
        help="files: fetch and read them (default); athena: ask Amazon Athena, one query a look, "
        "and fetch none (its stack: up --athena)",
    )
    group.add_argument(
        "--no-cache",
        dest="cached",
        action="store_false",
        help="read all log files anew, also those that an earlier check has read",
    )
    group.add_argument(
        "--workgroup", metavar="NAME", help=f"Athena's workgroup (default: {ATHENA_WORKGROUP})"
    )
    group.add_argument(
        "--database", metavar="NAME", help=f"of the Athena tables (default: {ATHENA_DATABASE})"
    )


def _format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="json: one document on stdout (schema: lab_steps/results/result.schema.json)",
    )


def _account_id(text: str) -> str:
    digits = text.replace("-", "")
    if len(digits) != 12 or not (digits.isascii() and digits.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} came; an account's 12 digits are wanted")
    return digits


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} came; seconds from 0 to 86400 are wanted")
    return seconds
