"""Credentials that expire while a lab is working: renewed if possible, else waited for where a
person can sign in again, else reported at once.

botocore itself renews those of roles, SSO and processes, as long as the sign-in behind them lasts.
Session keys in a profile are read again, because other tools put new ones there. A refused call is
repeated with them. New keys of another account are refused: it is another lab's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from lab_steps.errors import ExpiredError, LabError
from lab_steps.targets.caller import caller
from lab_steps.targets.profiles import is_persons, sign_in_again
from lab_steps.targets.target import Target

EXPIRED = {
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "TokenRefreshRequired",
}
"""What services say of a session that is over (their APIs' common errors)."""

Keys = dict[str, str]
"""Keys in the form that botocore expects from a renewal."""

_KEY, _RENEWALS = "lab_key", "lab_renewals"
"""Where a request keeps the access key it is signed with, and how often it was made again."""


def renew(target: Target) -> None:
    """From now on, renew the credentials of `target` when they end."""
    target.on_client = Renewal(target).watch


@dataclass
class Renewal:
    """The credentials of one session of botocore's, which all clients of `target` share."""

    target: Target
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def credentials(self) -> Any:
        """botocore's credentials. When botocore renews them, it goes through `_refreshed`."""
        credentials: Any = self.target.session().get_credentials()
        if _is_by_botocore(credentials):
            credentials._refresh_using = partial(self._refreshed, credentials._refresh_using)
        return credentials

    def watch(self, client: Any) -> None:
        """Watch what `client` sends and receives, if botocore does not renew the credentials."""
        credentials = self.credentials
        if credentials and credentials.token and not _is_by_botocore(credentials):
            client.meta.events.register_first("request-created", self._note_key)
            client.meta.events.register("needs-retry", self._on_answer)

    def _refreshed(self, refresh: Callable[[], Keys]) -> Keys:
        """New keys, as botocore gets them.

        Raises ExpiredError if the sign-in behind them has ended; as long as the old keys last, or
        if there never were any, what botocore raises.
        """
        try:
            return refresh()
        except Exception as error:
            usable = self.credentials._access_key is None or not self._must_refresh()
            if usable or not _is_over(error):
                raise
            why, found = str(error), list[Keys]()
            if not self._signed_in(why, lambda: _is_renewed(refresh, found)):
                raise self._expired(why) from error
            return found[0]

    def _must_refresh(self) -> bool:
        return bool(self.credentials.refresh_needed(self.credentials._mandatory_refresh_timeout))

    def _note_key(self, request: Any, **_: Any) -> None:
        request.context[_KEY] = self.credentials.access_key

    def _on_answer(self, response: Any, request_dict: dict[str, Any], **_: Any) -> float | None:
        """0, the seconds after which botocore repeats the call, if it was made with old keys.

        Raises ExpiredError if there are no new ones.
        """
        error = response[1].get("Error", {}) if response else {}
        if error.get("Code") not in EXPIRED:
            return None
        context = request_dict["context"]
        with self._lock:
            if context.get(_KEY) != self.credentials.access_key:
                return 0.0  # another thread was faster
            why = str(error.get("Message") or error["Code"])
            renewals = context.get(_RENEWALS, 0)
            context[_RENEWALS] = renewals + 1
            if renewals or not (self._taken_up() or self._signed_in(why, self._taken_up)):
                raise self._expired(why)
        return 0.0

    def _taken_up(self) -> bool:
        """Whether the same source has other keys now that AWS accepts: they are used from now on.

        Raises ExpiredError for keys of another account.
        """
        session = self.target.new_session()
        fresh = session.get_credentials()
        frozen = fresh.get_frozen_credentials() if fresh else None
        if frozen is None or frozen == self.credentials.get_frozen_credentials():
            return False
        try:
            account = caller(self.target.with_session(session)).account
        except LabError:
            return False
        if self.target.account not in {"", account}:
            raise ExpiredError(
                f"The credentials have expired, and the new ones are of account {account}: wanted "
                f"account {self.target.account}.",
                "Sign in to that account again, and repeat the command: it continues where it "
                "stopped.",
            )
        self.credentials.access_key = frozen.access_key
        self.credentials.secret_key = frozen.secret_key
        self.credentials.token = frozen.token
        self.target.forget_log_sources()
        return True

    def _signed_in(self, why: str, is_done: Callable[[], bool]) -> bool:
        """Wait for the person, if there is one who can do anything about it."""
        sign_in = self.target.sign_in
        if sign_in is None or not is_persons(self.target.session()):
            return False
        return sign_in(f"The credentials have expired: {why} {self._advice()}", is_done)

    def _advice(self) -> str:
        return sign_in_again(self.target.session())

    def _expired(self, why: str) -> ExpiredError:
        return ExpiredError(
            f"The credentials have expired: {why}",
            f"{self._advice()} Nothing is lost: repeat the command, and it continues where it "
            "stopped.",
        )


def _is_by_botocore(credentials: Any) -> bool:
    from botocore.credentials import RefreshableCredentials

    return isinstance(credentials, RefreshableCredentials)


def _is_over(error: Exception) -> bool:
    """Whether the sign-in behind the keys, or the session that assumes a role, has ended."""
    from botocore.exceptions import (
        ClientError,
        CredentialRetrievalError,
        LoginError,
        SSOError,
        TokenRetrievalError,
    )

    if isinstance(error, ClientError):
        return error.response["Error"]["Code"] in EXPIRED
    kinds = (SSOError, LoginError, TokenRetrievalError, CredentialRetrievalError)
    return isinstance(error, kinds)


def _is_renewed(refresh: Callable[[], Keys], found: list[Keys]) -> bool:
    """Whether there are new keys now; they are added to `found`."""
    try:
        found.append(refresh())
    except Exception as error:
        if not _is_over(error):
            raise
        return False
    return True
