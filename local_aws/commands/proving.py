"""`policy --prove -- COMMAND`: a command's policy, shown to be enough and not too much."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct, field

from cloudtrail.policies.policy_from_records import CLOUDFORMATION, Denial, Needs, policy_of
from local_aws.commands import policy_proof
from local_aws.commands.policy_proof import ActionVerdict, AllowedRun, Attempt, Variables, Without
from local_aws.server import HIDING, LocalAws
from local_aws.serving import running
from local_aws.serving.foreground import signals_heard
from local_aws.serving.log_bounds import Printed
from trail_logs.counting import counted

PROVED, NOT_PROVED, NOTHING, CANNOT_RUN, INTERRUPTED = 0, 1, 2, 126, 130
"""Exit codes."""

_GRACE = 5.0
"""Seconds that a command has to end after it was told to."""

_TIMES, _MORE = 5, 60.0
"""A run hangs if it takes this many times as long as the first one, plus this many seconds."""

ROLE_INLINE, MANAGED = 10_240, 6_144
"""Characters, without white space, that a role's inline policies and a managed policy may have
(IAM User Guide, "IAM and AWS STS quotas")."""

ALWAYS = (
    "what an account adds: service control policies, boundaries, key and resource policies",
    "calls that the command only makes at other times: when it fails, updates or deletes",
)
FROM_CLOUDFORMATION = (
    "what CloudFormation only reads for its caller: a resource type's reads may differ from those "
    "made here"
)


class Proof(Struct):
    """What is known so far."""

    recorded: AllowedRun | None = None
    enforced: Attempt | None = None
    without: list[Without] = field(default_factory=list)
    failure: str = ""
    """Why the proof stopped."""

    @property
    def needs(self) -> Needs:
        return self.recorded.needs if self.recorded else {}

    @property
    def policy(self) -> policy_proof.Policy:
        return policy_of(self.needs)

    @property
    def is_enough(self) -> bool:
        return self.enforced is not None and not self.enforced.code and not self.enforced.denied

    @property
    def is_proved(self) -> bool:
        """Enough, and without each action a call is refused."""
        refused = [each for each in self.without if each.verdict is not ActionVerdict.NOT_ASKED]
        return self.is_enough and not self.failure and len(refused) == len(self.needs)


class _CannotRun(Exception):
    """There is no such command, or it cannot be run."""


def prove(command: Sequence[str], options: argparse.Namespace) -> int:
    """Prove the policy of a command, and return the exit code."""
    running.prepare()
    options.port = options.port or 0
    aws = running.started(options)
    proof = Proof()
    code = INTERRUPTED
    with contextlib.ExitStack() as stack, contextlib.redirect_stdout(Printed()):
        stack.callback(aws.stop)
        stack.enter_context(signals_heard(by=_interrupt))
        try:
            _prove(aws, _Command(command), proof)
            code = _code(proof)
        except _CannotRun as error:
            _say(str(error))
            return CANNOT_RUN
        except KeyboardInterrupt:
            proof.failure = "it was interrupted"
    print(as_json(proof) if options.format == "json" else json.dumps(proof.policy, indent=2))
    for line in summary(proof):
        _say(line)
    return code


def _code(proof: Proof) -> int:
    if proof.recorded and not proof.recorded.attempt.code and not proof.needs:
        return NOTHING
    return PROVED if proof.is_proved else NOT_PROVED


def _prove(aws: LocalAws, command: _Command, proof: Proof) -> None:
    proof.recorded = policy_proof.record(aws, command)
    first = proof.recorded.attempt
    _say(f"recorded       {_told(first)}")
    if first.code:
        proof.failure = f"with everything allowed, the command ended with {first.code}"
        return
    if not proof.needs:
        proof.failure = "there were no calls: does the command read AWS_ENDPOINT_URL?"
        return
    command.limit = first.seconds * _TIMES + _MORE
    command.is_shown = False
    proof.enforced = policy_proof.enforce(aws, command, proof.policy)
    _say(f"with the policy {_told(proof.enforced)}")
    if not proof.is_enough:
        proof.failure = "; ".join(_why_not_enough(first, proof.enforced, proof.needs))
        _say(command.output)
        return
    width = max(map(len, proof.needs))
    total = len(proof.needs)
    for number, each in enumerate(policy_proof.take_away(aws, command, proof.policy), 1):
        proof.without.append(each)
        _say(f"{f'{number}/{total}':>7}  without {each.action:{width}}  {outcome(each)}")


def outcome(without: Without) -> str:
    """What happened without an action, in words."""
    attempt = without.attempt
    if without.verdict is ActionVerdict.NOT_ASKED:
        return f"NOT NEEDED: nothing was refused, {_told(attempt)}"
    denied = next(each for each in attempt.denied if each.action == without.action)
    where = "" if without.action.endswith(f":{denied.event_name}") else f" for {denied.event_name}"
    if without.verdict is ActionVerdict.NOT_MISSED:
        return f"asked for: refused{where}, and the command continues without it"
    return f"needed: refused{where}, exit code {attempt.code}, {attempt.seconds:.1f} s"


def _told(attempt: Attempt) -> str:
    refused = f", {len(attempt.denied)} refused" if attempt.denied else ""
    return (
        f"{counted(attempt.calls.total(), 'call')}{refused}, exit code {attempt.code}, "
        f"{attempt.seconds:.1f} s"
    )


def _why_not_enough(first: Attempt, second: Attempt, needs: Needs) -> Iterator[str]:
    """The reasons: refused on other resources, not called the first time, or not repeatable."""
    lacking = dict.fromkeys(map(_lacked, second.denied))
    if lacking:
        yield "with the policy, these were refused: " + ", ".join(lacking)
    if any(each.action in needs for each in second.denied):
        yield "the policy has them for other resources: does the command use new names each time?"
    new = second.calls.keys() - first.calls.keys()
    if new:
        yield (
            f"the command does not repeat itself: this time it also called {', '.join(sorted(new))}"
        )
    if not lacking:
        yield (
            f"a second run on an empty local AWS ended with {second.code}, but nothing was "
            "refused: does the command find something its first run left behind, such as files?"
        )


def _lacked(denial: Denial) -> str:
    return f"{denial.action} on {' or '.join(denial.resources)}"


def summary(proof: Proof) -> list[str]:
    """What is proved, and what is not and why, one line each."""
    lines = []
    if proof.is_proved:
        number = len(proof.needs)
        lines.append(f"proved: enough, and without each of the {number} actions a call is refused")
    elif proof.failure:
        lines.append(f"not proved: {proof.failure}")
    for verdict, told in _BESIDES.items():
        if actions := [each.action for each in proof.without if each.verdict is verdict]:
            lines.append(f"{told}: {', '.join(actions)}")
    return [*lines, *_remarks(proof)]


_BESIDES = {
    ActionVerdict.NOT_MISSED: (
        "the command also succeeds without these: remove those that do not matter"
    ),
    ActionVerdict.NOT_ASKED: (
        "not proved, as nothing asked for these again: does the command behave differently in "
        "each run?"
    ),
}


def _remarks(proof: Proof) -> Iterator[str]:
    if proof.recorded is None or not proof.needs:
        return
    for principal, count in proof.recorded.others.items():
        made = counted(count, "call")
        yield f"{principal} made {made} of its own, which this policy does not cover"
    open_ = [name for name, need in proof.needs.items() if need.resources == {"*"}]
    if open_:
        yield f"on all resources, as nothing narrower is known: {', '.join(sorted(open_))}"
    size = len(json.dumps(proof.policy, separators=(",", ":")))
    if size > MANAGED:
        yield (
            f"it has {size:,} characters: a managed policy may have {MANAGED:,}, the inline "
            f"policies of a role {ROLE_INLINE:,}"
        )
    through = any(CLOUDFORMATION in need.by for need in proof.needs.values())
    for each in (*ALWAYS, *([FROM_CLOUDFORMATION] if through else [])):
        yield f"cannot be proved here: {each}"


def as_json(proof: Proof) -> str:
    """The proof as one JSON document."""
    found: dict[str, Any] = {
        "policy": proof.policy,
        "proved": proof.is_proved,
        "enough": proof.is_enough,
        "failure": proof.failure or None,
        "actions": [_action(each, proof.needs) for each in proof.without],
        "other_principals": dict(proof.recorded.others) if proof.recorded else {},
        "remarks": list(_remarks(proof)),
    }
    return json.dumps(found, indent=2)


def _action(without: Without, needs: Needs) -> dict[str, Any]:
    need, attempt = needs[without.action], without.attempt
    return {
        "action": without.action,
        "resources": sorted(need.resources),
        "for": sorted(each or "the command" for each in need.by),
        "verdict": without.verdict,
        "exit_code": attempt.code,
        "refused": [each.event_name for each in attempt.denied if each.action == without.action],
        "seconds": round(attempt.seconds, 1),
    }


class _Command:
    """Runs the command, without input and without a terminal on which it could ask."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self.is_shown = True
        """Whether its output goes to standard error; otherwise `output` keeps it."""
        self.limit: float | None = None
        self.output = ""

    def __call__(self, variables: Variables) -> int:
        kept = {name: value for name, value in os.environ.items() if name not in HIDING}
        out: Any = sys.stderr.fileno() if self.is_shown else subprocess.PIPE
        try:
            process = subprocess.Popen(  # noqa: S603
                self._command,
                env=kept | dict(variables),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT if out == subprocess.PIPE else out,
                start_new_session=True,
            )
        except OSError as error:
            raise _CannotRun(f"{self._command[0]!r} cannot be run: {error.strerror}") from error
        try:
            said, _ = process.communicate(timeout=self.limit)
            self.output = (said or b"").decode(errors="replace")
        except subprocess.TimeoutExpired:
            _say(f"the command hangs: stopped after {self.limit:.0f} s")
        finally:
            _end(process)
        return process.returncode if process.returncode >= 0 else 128 - process.returncode


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the command and its child processes."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=_GRACE)
            return


def _interrupt(_number: int, _frame: object) -> None:
    """A signal ends the proof; what is known so far is written."""
    raise KeyboardInterrupt


def _say(text: str) -> None:
    for line in text.splitlines():
        print(f"local_aws: {line}", file=sys.stderr, flush=True)
