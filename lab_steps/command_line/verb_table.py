"""The table of verbs: all that is known of a verb without its module.

A new verb is a line here, and a module of that name in `verbs`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb.

    `help` is what `--help` says it does; a lab can say it in other words (`Help.verbs`). `policy`
    names the IAM policy that it needs, empty if it needs none or which one depends on its options.
    With `on_the_spot`, it uses a local AWS, whatever credentials there are, unless an account is
    named. With `with_heading`, its output starts with the place.
    """

    help: str
    policy: str = ""
    on_the_spot: bool = False
    with_heading: bool = False


VERBS: Mapping[str, Verb] = {
    "run": Verb(
        "do the whole lab: deploy, make the calls, wait for the log files, check all steps",
        "run",
        on_the_spot=True,
    ),
    "doctor": Verb(
        "say whether a lab can start here, and what is in its way; read-only",
        "doctor",
        with_heading=True,
    ),
    "plan": Verb(
        "list what `up` and `run` would create, change or refuse here, and what it costs; "
        "read-only",
        "doctor",
        on_the_spot=True,
        with_heading=True,
    ),
    "up": Verb("deploy the lab's stacks, and nothing else", "up"),
    "check": Verb(
        "check a lab, made by hand or by `run`, and say what is missing; read-only",
        "check",
        with_heading=True,
    ),
    "watch": Verb(
        "keep checking until all steps pass, and say the one next thing to do; read-only", "check"
    ),
    "guide": Verb(
        "open a page next to the console that ticks each step when it is done; read-only",
        "check",
        on_the_spot=True,
    ),
    "report": Verb(
        "check, or take a saved result, and report it for people, CI or a browser; read-only",
        "check",
        with_heading=True,
    ),
    "bundle": Verb(
        "save everything a verdict is based on; `check --bundle` grades it again; read-only",
        "check",
    ),
    "status": Verb(
        "show what exists: stacks, trails, and what was started; read-only",
        "status",
        with_heading=True,
    ),
    "explain": Verb("show what a step asks for, what is checked, and how to do it by hand"),
    "hint": Verb("give one more hint about a step each time"),
    "down": Verb("remove the lab: everything it created, including buckets and log files", "down"),
    "class": Verb(
        "the same lab in many accounts: plan, up, check, report, down for a class.csv", "class"
    ),
    "policy": Verb("print the IAM policy that a verb needs, and nothing more"),
    "local": Verb("serve a local AWS until Ctrl-C (options: local --help)"),
    "logs": Verb("count and list the records in the log files of any bucket or folder; read-only"),
}
"""In the order of `--help`."""
