"""`policy`: the least-privilege policy for the calls that were made, from a local AWS's records."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from local_aws.commands import COMMAND, add_endpoint_option, failed
from trail_logs.counting import counted

if TYPE_CHECKING:
    from cloudtrail.policies.policy_from_records import Needs
    from cloudtrail.records.calls import Record


_EXAMPLES = f"""\
examples
  {COMMAND} policy > policy.json
  {COMMAND} policy --role arn:aws:iam::123456789012:role/worker
  {COMMAND} policy --since 2026-11-27T15:00:00Z --user arn:aws:iam::123456789012:root
  {COMMAND} policy --prove -- cdk deploy > policy.json

The policy covers what one principal called, including CloudFormation's calls on its behalf. If
several have made calls, --user or --role says whose policy it is. Names that CloudFormation
generates for each stack have * in place of the generated part. Review it before you use it: what
was not called is not in it.

With --prove the command runs on its own local AWS, as a user who may do everything. Then it runs
again on an empty one with the policy enforced, and again without each of the policy's actions.
This proves that the policy is enough, and that nothing in it is too much. The command has to work
on an empty AWS each time.

exit codes
  0 written    2 usage, or no such calls    3 no local AWS answers
  with --prove: 0 proved    1 not proved, and why    2 no calls
                126 the command cannot be run    130 interrupted: what is known so far is written
"""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--prove",
        action="store_true",
        help="run COMMAND, make its policy, and prove it by enforcing it",
    )
    parser.add_argument(
        "--format", choices=("text", "json"), help=("format of a proof (default: text)")
    )
    parser.add_argument(
        "program", nargs="*", metavar="COMMAND", help=("the command to prove, after --")
    )
    who = parser.add_mutually_exclusive_group()
    who.add_argument(
        "--user", dest="principal", metavar="ARN", help=("the policy of this user, or of root")
    )
    who.add_argument(
        "--role", dest="principal", metavar="ARN", help=("the policy of this role's sessions")
    )
    parser.add_argument(
        "--since", type=_time, metavar="TIME", help=("only calls from this time on (UTC)")
    )
    add_endpoint_option(parser)


def run(options: argparse.Namespace) -> int:
    """Print the policy, or prove it, and return the exit code."""
    problem = _problem(options)
    if problem:
        return failed("policy", problem, 2)
    if options.prove:
        from local_aws.commands.proving import prove

        return prove(options.program, options)
    from cloudtrail.policies.policy_from_records import needs_of, policy_of, unknown_actions
    from local_aws.commands.running import NotRunningError, pages_of_records, url_of_running

    try:
        pages = pages_of_records(url_of_running(options.endpoint_url))
        records = [each for page in pages for each in page if _is_since(each, options.since)]
        principal = _principal(records, options.principal)
    except NotRunningError as error:
        return failed("policy", error, 3)
    except _NoPrincipal as error:
        return failed("policy", error, 2)
    needs = needs_of(records, principal)
    print(json.dumps(policy_of(needs), indent=2))
    for line in _remarks(needs, unknown_actions(needs)):
        print(line, file=sys.stderr)
    return 0


def _problem(options: argparse.Namespace) -> str | None:
    """What is wrong with the options together, if anything."""
    if not options.prove:
        needless = options.program or options.format
        return "-- COMMAND and --format need --prove" if needless else None
    if options.principal or options.since or options.endpoint_url:
        return (
            "--prove starts its own local AWS: leave out --user, --role, --since and --endpoint-url"
        )
    return None if options.program else "wanted --prove -- COMMAND, got no command"


def _is_since(record: Record, since: str | None) -> bool:
    return since is None or record["eventTime"] >= since


class _NoPrincipal(Exception):
    """There are no calls, or the user has to say whose policy is wanted."""


def _principal(records: Sequence[Record], wanted: str | None) -> str:
    from cloudtrail.policies.policy_from_records import principals

    called = principals(records)
    there = "".join(
        f"\n  {counted(count, 'call'):>12}  {arn}" for arn, count in called.most_common()
    )
    if wanted:
        if wanted not in called:
            raise _NoPrincipal(f"{wanted} has made no calls; these have:{there or ' nobody'}")
        return wanted
    if len(called) == 1:
        return next(iter(called))
    if not called:
        raise _NoPrincipal("there are no calls: first run the program that needs the policy.")
    raise _NoPrincipal(f"several principals made calls: choose one with --user or --role:{there}")


def _remarks(needs: Needs, unknown: Sequence[str]) -> list[str]:
    """What a reader of the policy must know, for standard error."""
    remarks = []
    if unknown:
        remarks.append(
            "Not in the Service Authorization Reference, so these actions are named like the "
            f"calls: {', '.join(unknown)}"
        )
    if "s3:DeleteObject" in needs:
        remarks.append(
            "Records of DeleteObjects do not show versions: deleting those also needs "
            "s3:DeleteObjectVersion."
        )
    return remarks


def _time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"wanted a time like 2026-11-27T15:00:00Z, got {text!r}")
    return text
