"""Sessions of a role in another account, started with a person's own credentials.

botocore renews them before they end, by the same call.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab_steps.call_errors import action_of
from lab_steps.checking.user_agents import CHECK
from lab_steps.errors import CannotLookError
from lab_steps.targets.profiles import session_without_profile
from lab_steps.targets.target import Target

if TYPE_CHECKING:
    import boto3

ASSUMING = f"{CHECK}-role"
"""The purpose in the user agent: the student's trails record the call, and it is nobody's work."""

_AS_VARIABLES = (
    "Credentials.[join('=',['AWS_ACCESS_KEY_ID',AccessKeyId]),"
    "join('=',['AWS_SECRET_ACCESS_KEY',SecretAccessKey]),"
    "join('=',['AWS_SESSION_TOKEN',SessionToken])]"
)
"""The keys in AssumeRole's answer, as arguments of `env` (JMESPath)."""

SESSION_SECONDS = 3600
"""What every role allows (STS's AssumeRole, DurationSeconds)."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role, and how it is assumed: with the credentials of the target `by`, and `external_id`
    if its trust policy asks for one. `session_name` is how records in the account name us."""

    arn: str
    by: Target
    session_name: str
    external_id: str = ""

    @property
    def enters(self) -> str:
        """The prefix of a command of the AWS CLI that makes it run in the role's account."""
        asked = f" --external-id {shlex.quote(self.external_id)}" if self.external_id else ""
        return self.by.place.command(
            f"env $(aws sts assume-role --role-arn {self.arn} --role-session-name cloudtrail-lab"
            f"{asked} --output text --query {shlex.quote(_AS_VARIABLES)}) "
        )

    def session(self, region: str | None) -> boto3.Session:
        """A session whose credentials are the role's.

        Raises CannotLookError if it cannot be assumed, ExpiredError if the credentials of `by` have
        ended.
        """
        import boto3
        from botocore.credentials import RefreshableCredentials

        inner: Any = session_without_profile()
        inner._credentials = RefreshableCredentials.create_from_metadata(
            self._assumed(), refresh_using=self._assumed, method="assume-role"
        )
        return boto3.Session(botocore_session=inner, region_name=region)

    def _assumed(self) -> dict[str, str]:
        """Credentials in the form that botocore expects from a renewal."""
        from botocore.exceptions import BotoCoreError, ClientError

        asked = {"ExternalId": self.external_id} if self.external_id else {}
        try:
            given: dict[str, Any] = self.by.client("sts", ASSUMING).assume_role(
                RoleArn=self.arn,
                RoleSessionName=self.session_name,
                DurationSeconds=SESSION_SECONDS,
                **asked,
            )["Credentials"]
        except (BotoCoreError, ClientError) as error:
            raise CannotLookError(
                f"The role {self.arn} could not be assumed: {error}", self._advice(error)
            ) from error
        return {
            "access_key": given["AccessKeyId"],
            "secret_key": given["SecretAccessKey"],
            "token": given["SessionToken"],
            "expiry_time": given["Expiration"].isoformat(),
        }

    def _advice(self, error: Exception) -> str:
        from lab_steps.checking.view import error_code

        if error_code(error) == "AccessDenied":
            external_id = (
                f"this external id ({self.external_id})" if self.external_id else "no external id"
            )
            return (
                f"Does the role exist? Does its trust policy name you and require {external_id}? "
                f"Does one of your policies allow {action_of('sts', 'AssumeRole')} on it? STS "
                "does not say which."
            )
        return "Nothing is lost: repeat the command."
