"""The person's AWS configuration: sessions, where credentials come from, how to renew them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab_steps.errors import CannotLookError, UsageError

if TYPE_CHECKING:
    import boto3

_ORIGINS = {
    "env": "credentials of the environment",
    "iam-role": "the instance's role",
    "container-role": "the container's role",
    "assume-role-with-web-identity": "a web identity (OIDC)",
}
"""What people call botocore's ways to credentials that are no profile's."""


def session_of(profile: str | None, region: str | None = None) -> boto3.Session:
    """A session of `profile`, or of what the environment says. UsageError for an unknown one.

    boto3 notices an unknown profile at once or only at the first client, by what else the
    process has done; so the configuration is asked.
    """
    import boto3
    from botocore.exceptions import ProfileNotFound

    try:
        if profile is None or profile in boto3.Session().available_profiles:
            return boto3.Session(profile_name=profile, region_name=region)
    except ProfileNotFound as error:
        raise UsageError(f"{error}.", "AWS_PROFILE names it: unset it, or correct it.") from error
    raise UsageError(
        f"There is no profile {profile!r} in the AWS configuration.",
        "List them with: aws configure list-profiles",
    )


def ambient_origin() -> str | None:
    """Where credentials come from as any AWS tool finds them: environment, AWS_PROFILE, SSO, a
    role of the instance or the container, OIDC. None where there are none.

    Settings that are broken are some: the first call says what is wrong with them.
    """
    from botocore.exceptions import BotoCoreError

    session = session_of(None)
    try:
        credentials = session.get_credentials()
    except BotoCoreError:
        return f"profile {session.profile_name}"
    if credentials is None:
        return None
    return _ORIGINS.get(credentials.method, f"profile {session.profile_name}")


def require_usable(session: boto3.Session) -> None:
    """CannotLookError for credentials that give no keys, as those of an SSO that expired."""
    from botocore.exceptions import BotoCoreError

    try:
        credentials = session.get_credentials()
        if credentials:
            credentials.get_frozen_credentials()
    except BotoCoreError as error:
        raise CannotLookError(
            f"The credentials cannot be used: {error}", sign_in_again(session)
        ) from error


def sign_in_again(session: boto3.Session) -> str:
    """What to do about credentials that are missing, expired or refused."""
    name, settings = _source(session)
    if "sso_session" in settings or "sso_start_url" in settings:
        return f"Sign in again with: aws sso login --profile {name}"
    if "login_session" in settings:
        return f"Sign in again with: aws login --profile {name}"
    return (
        "Sign in again, or set new keys (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, of a "
        "session, AWS_SESSION_TOKEN), then repeat the command."
    )


def _source(session: boto3.Session) -> tuple[str, dict[str, Any]]:
    """The profile that the credentials begin with, and its settings; roles name another one."""
    from botocore.exceptions import BotoCoreError

    inner: Any = session._session  # boto3 does not show its configuration
    name, seen = session.profile_name, set[str]()
    try:
        if _is_env(session):
            return name, {}
        profiles = inner.full_config.get("profiles", {})
    except BotoCoreError:
        return name, {}
    settings = profiles.get(name, {})
    while "source_profile" in settings and name not in seen:
        seen.add(name)
        name = settings["source_profile"]
        settings = profiles.get(name, {})
    return name, settings


def _is_env(session: boto3.Session) -> bool:
    credentials = session.get_credentials()
    return credentials is not None and credentials.method == "env"
