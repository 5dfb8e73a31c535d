"""The person's AWS configuration: sessions, where credentials come from, how to renew them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab_steps.errors import CannotLookError, UsageError

if TYPE_CHECKING:
    import boto3
    import botocore.session
    from botocore.loaders import Loader

_ORIGINS = {
    "env": "credentials from the environment",
    "iam-role": "the instance's role",
    "container-role": "the container's role",
    "assume-role-with-web-identity": "a web identity (OIDC)",
}
"""Names for people of botocore's sources of credentials other than profiles."""


def prepared(session: botocore.session.Session) -> botocore.session.Session:
    """`session`, with all times of its answers in UTC: botocore gives those of some protocols in
    local time. It shares botocore's descriptions of services and endpoints with the others of this
    process: they are megabytes, and most of a short command's time."""
    session.register_component(
        "data_loader", _descriptions(session.get_config_variable("data_path"))
    )
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_in_utc)
    return session


def _in_utc(time: Any) -> datetime:
    """A time of an answer.

    With botocore's parser, times in ISO 8601 took a third of the time of listing a bucket.
    """
    if isinstance(time, str) and _ISO_TIME.fullmatch(time):
        return datetime.fromisoformat(time)
    from botocore.utils import parse_timestamp

    return parse_timestamp(time).astimezone(UTC)


_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)


def session_without_profile() -> botocore.session.Session:
    """A session that looks at no profile."""
    import botocore.session

    session = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    return prepared(session)


@cache
def _descriptions(data_path: str | None) -> Loader:
    """botocore's loader, which decodes by msgspec: a fifth of the time."""
    import msgspec
    from botocore.loaders import JSONFileLoader, create_loader

    class Fast(JSONFileLoader):
        def _load_file(self, full_path: str, open_method: Any) -> Any:
            if not Path(full_path).is_file():
                return None
            with open_method(full_path, "rb") as file:
                return msgspec.json.decode(file.read())

    loader = create_loader(data_path)
    loader.file_loader = Fast()
    return loader


def session_of(profile: str | None, region: str | None = None) -> boto3.Session:
    """A session of `profile`, or of what the environment says. UsageError for an unknown one.

    boto3 notices an unknown profile at once or only at the first client, by what else the process
    has done; so the configuration is checked.
    """
    import boto3
    import botocore.session
    from botocore.exceptions import ProfileNotFound

    try:
        known = boto3.Session().available_profiles
        if profile is None or profile in known:
            inner = prepared(botocore.session.get_session())
            return boto3.Session(botocore_session=inner, profile_name=profile, region_name=region)
    except ProfileNotFound as error:
        raise UsageError(f"{error}.", "AWS_PROFILE names it: unset or correct it.") from error
    raise UsageError(
        f"There is no profile {profile!r} in the AWS configuration.",
        f"There are: {', '.join(known)}."
        if known
        else ("There are none. Create one with: aws configure"),
    )


def ambient_origin() -> str | None:
    """Where credentials come from as any AWS tool finds them: environment, AWS_PROFILE, SSO, a
    role of the instance or the container, OIDC. None if there are none.

    Broken settings count as credentials: the first call says what is wrong with them.
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


def is_persons(session: boto3.Session) -> bool:
    """Whether the credentials are of a profile, so that a person can renew them for this process
    too."""
    credentials = session.get_credentials()
    return credentials is not None and credentials.method not in _ORIGINS


def lasting(session: boto3.Session) -> str:
    """Whether the credentials expire, and what happens then."""
    from botocore.credentials import RefreshableCredentials

    credentials = session.get_credentials()
    if isinstance(credentials, RefreshableCredentials):
        return "renewed before they expire"
    if credentials and credentials.token:
        return (
            "of a session that expires: a run that outlasts it says so, waits for you in a "
            "terminal, and otherwise continues when repeated"
        )
    return "that do not expire"


def require_usable(session: boto3.Session) -> None:
    """Raise CannotLookError for credentials that give no keys, such as those of an expired SSO."""
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
        "Sign in again, or set new keys (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for a "
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
