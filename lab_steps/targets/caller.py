"""Who we are at a target, and what its clock says."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cloudtrail.partitions import arn_parts_if_any
from lab_steps.call_errors import where_nobody_listens
from lab_steps.checking.user_agents import CHECK
from lab_steps.errors import CannotLookError
from lab_steps.process import COMMAND
from lab_steps.targets.profiles import sign_in_again
from lab_steps.targets.target import Target

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


@dataclass(frozen=True, slots=True)
class Caller:
    """Who we are at a target, and how far its clock is ahead of ours (whole seconds)."""

    account: str
    ahead: timedelta
    arn: str = ""

    @property
    def is_root(self) -> bool:
        """True for the account's root user, which IAM policies do not limit."""
        return self.arn.endswith(":root")

    @property
    def partition(self) -> str:
        """`aws`, or another of AWS's separate worlds, as in ARNs."""
        found = arn_parts_if_any(self.arn)
        return found.partition if found else "aws"

    def now(self) -> datetime:
        """The time at the target."""
        return datetime.now(UTC) + self.ahead


def caller(target: Target) -> Caller:
    """Who we are there (sts:GetCallerIdentity). Raises CannotLookError that says what to do."""
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        ConnectTimeoutError,
        ReadTimeoutError,
    )
    from botocore.parsers import ResponseParserError

    begun, asked = time.monotonic(), datetime.now(UTC)
    try:
        answer: dict[str, Any] = target.client("sts", CHECK).get_caller_identity()
    except ClientError as error:
        raise _no_identity(target, error) from error
    except (ConnectTimeoutError, ReadTimeoutError) as error:
        raise target.no_answer(begun) from error
    except BotoCoreError as error:
        raise CannotLookError(
            f"Cannot reach {target.title}: {error}", _remedy(target, error)
        ) from error
    except (LookupError, ResponseParserError) as error:
        # What botocore's parser makes of a page that no AWS wrote.
        raise CannotLookError(
            f"{target.title} does not answer as AWS does.",
            f"Is it the right address? Start a local AWS with: {COMMAND} local",
        ) from error
    ahead = clock_ahead(answer["ResponseMetadata"]["HTTPHeaders"], asked, datetime.now(UTC))
    return Caller(str(answer["Account"]), ahead, str(answer.get("Arn", "")))


def _no_identity(target: Target, error: ClientError) -> CannotLookError:
    """GetCallerIdentity needs no right: the credentials are refused, or AWS is in trouble."""
    why = error.response["Error"].get("Message") or str(error)
    if error.response["ResponseMetadata"].get("HTTPStatusCode", 0) >= 500:
        return CannotLookError(
            f"{target.title} is in trouble: {why}", "Nothing is lost: repeat the command later."
        )
    return CannotLookError(
        f"The credentials were refused: {why}",
        sign_in_again(target.session()),
    )


CLOCKS_DIFFER = timedelta(seconds=2)
"""A difference up to this, either way, does not count."""


def clock_ahead(headers: dict[str, str], asked: datetime, answered: datetime) -> timedelta:
    """How far the target's clock is ahead, by the Date of an answer.

    The Date was written at some time between `asked` and `answered`.
    """
    from email.utils import parsedate_to_datetime

    date = parsedate_to_datetime(headers["date"]) if "date" in headers else asked
    for bound, differs in (
        (answered, date > answered + CLOCKS_DIFFER),
        (asked, date < asked - CLOCKS_DIFFER),
    ):
        if differs:
            return date - bound.replace(microsecond=0)
    return timedelta()


def _remedy(target: Target, error: Exception) -> str:
    from botocore.exceptions import (
        CredentialRetrievalError,
        EndpointConnectionError,
        LoginError,
        NoCredentialsError,
        SSOError,
        TokenRetrievalError,
    )

    if isinstance(error, EndpointConnectionError):
        return where_nobody_listens(error.kwargs["endpoint_url"])
    if isinstance(error, NoCredentialsError):
        keys = "Give credentials with --profile NAME, or set AWS_ACCESS_KEY_ID and its secret."
        if target.endpoint_url is None:
            return keys
        start = where_nobody_listens(target.endpoint_url)
        return f"{start}\nAny other AWS wants your own keys. {keys}"
    if isinstance(error, SSOError | LoginError | TokenRetrievalError | CredentialRetrievalError):
        return sign_in_again(target.session())
    return "Check the profile, the Region and the network, then repeat the command."
