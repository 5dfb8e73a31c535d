"""What prevents the removal of something that the lab made, by AWS's words, and what helps.

Somebody, or a policy, protects it. The lab never removes that protection itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lab_steps.checking.commands import CommandContext
from lab_steps.errors import DeployError


@dataclass(frozen=True, slots=True)
class Obstacle:
    """`said` finds it in a message.

    `commands` are for people who may change that. They contain names that `said` finds, or that are
    known of the thing to remove, quoted for the shell.
    """

    said: re.Pattern[str]
    helps: str
    commands: tuple[str, ...]


OBSTACLES = (
    Obstacle(
        re.compile("protected by object lock"),
        "No permission helps: Object Lock keeps it until its retention ends and its legal hold is "
        "taken off. See until when:",
        ("aws s3api head-object {version}",),
    ),
    Obstacle(
        re.compile("Mfa Authentication must be used"),
        "The bucket has MFA delete. Only the account's root user turns it off, with keys of its "
        "own and the code of its device:",
        (
            (
                'read -rp "Serial number of the device, a space, its code: " MFA && '
                "aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration "
                'Status=Suspended,MFADelete=Disabled --mfa "$MFA"'
            ),
        ),
    ),
    Obstacle(
        re.compile(
            r"arn:aws[a-z-]*:s3:::(?P<bucket>[a-z0-9.-]+)[^\n]*deny in a resource-based policy"
        ),
        "The bucket's policy denies it. See it. Whoever the policy spares, and always the "
        "account's root user, can take the Deny out, or delete the policy:",
        (
            "aws s3api get-bucket-policy --bucket {bucket} --query Policy --output text",
            "aws s3api delete-bucket-policy --bucket {bucket}",
        ),
    ),
    Obstacle(
        re.compile("protected against deletion"),
        "Somebody protected the table. If it may go:",
        ("aws dynamodb update-table --table-name {table} --no-deletion-protection-enabled",),
    ),
    Obstacle(
        re.compile("TerminationProtection is enabled"),
        "Somebody protected the stack. If it may go:",
        (
            (
                "aws cloudformation update-termination-protection --stack-name {stack} "
                "--no-enable-termination-protection"
            ),
        ),
    ),
)


def way_out(message: str, place: CommandContext, **names: str) -> str | None:
    """What to do about AWS's message; None if it is not one of OBSTACLES, or about something
    else."""
    for each in OBSTACLES:
        found = each.said.search(message)
        known = {**names, **(found.groupdict() if found else {})}
        if found and known.keys() >= set(_NAME.findall(each.commands[0])):
            commands = (place.command(one.format_map(known)) for one in each.commands)
            return "\n  ".join([each.helps, *commands]) + f"\n{THEN}"
    return None


_NAME = re.compile(r"{(\w+)}")
THEN = "Then repeat the command. What is already gone stays gone."


@contextmanager
def removing(title: str, place: CommandContext, **names: str) -> Iterator[None]:
    """Around calls that remove something: raises DeployError with advice if one of OBSTACLES
    prevents it, else what the calls raise."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        helps = way_out(str(error), place, **names)
        if helps is None:
            raise
        raise DeployError(f"The {title} was not removed: {error}", helps) from error
