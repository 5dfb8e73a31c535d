"""Where the lab is: a local AWS started on the spot, one that is running, or an account.

A target provides clients, how long CloudTrail may take there, and a name for people. Nothing else
differs, so a run on one kind is evidence for a run on another. An endpoint itself says which kind
it is: no address alone counts as a local AWS.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from lab_steps.call_errors import READ_SECONDS, TRIES, is_unreached, note_service
from lab_steps.checking.commands import CommandContext
from lab_steps.checking.user_agents import CHECK, OWN_CALLS
from lab_steps.errors import CannotLookError
from lab_steps.targets.profiles import session_of, session_without_profile
from lab_steps.targets.regions import DEFAULT_REGION
from trail_logs.endpoints import client_settings

if TYPE_CHECKING:
    import boto3
    import botocore.session

    from lab_steps.checking.patience import Patience
    from trail_logs.sources.bucket import BucketSource

CONNECT_SECONDS, ASKING_SECONDS = 5, 10
"""How long to wait for an answer.

A check's calls are short, so they show early that something hangs.
"""

MOST_TRIES = 9
MOST_ASKING_SECONDS = TRIES * ASKING_SECONDS

Kind = Literal["on-the-spot", "endpoint", "account"]
"""A local AWS started for the run; a local AWS that is running; AWS, or an endpoint that does
not say that it is a local AWS."""

SignIn = Callable[[str, Callable[[], bool]], bool]
"""Tells a person what to do, and waits until something holds; False if that takes too long."""


def _nothing(_client: Any) -> None:
    pass


@dataclass
class Target:
    """One place to run the lab. Clients are made once each and may be used by many threads.

    `region_from` says where the Region was named, `origin` where an account's credentials come
    from: `profile sandbox`, `the instance's role`. `run_id` is in every call's user agent. With a
    `role_session`, which gives a role's session for a Region, all calls are made in such sessions,
    and `enters` is the prefix of commands for people who must assume the role first, such as the
    trainer. `account` is set once it is known; `sign_in` waits for a person to sign in again, if
    there is one. `on_client` gets each client before its first call. `interrupted` ends what other
    threads wait for.
    """

    kind: Kind
    region: str
    patience: Patience
    endpoint_url: str | None = None
    profile: str | None = None
    region_from: str = "the default"
    origin: str = ""
    role_session: Callable[[str | None], boto3.Session] | None = None
    enters: str = ""
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    account: str = ""
    sign_in: SignIn | None = None
    interrupted: threading.Event = field(default_factory=threading.Event)
    on_client: Callable[[Any], None] = _nothing
    _session: boto3.Session | None = None
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)
    _log_sources: dict[tuple[str, str], BucketSource] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def title(self) -> str:
        """What people call it: `local AWS at http://127.0.0.1:5000`, `AWS, profile x`."""
        if self.endpoint_url is None:
            return f"AWS, {self.origin}"
        where = "local AWS" if self.takes_any_keys else "AWS endpoint"
        return f"{where} at {self.endpoint_url}"

    @property
    def takes_any_keys(self) -> bool:
        """True for a local AWS, whose keys are no secrets. Made-up ones are sent to no other place,
        and a person's own are not looked for."""
        return self.kind != "account"

    @property
    def cli_options(self) -> str:
        """The options that make a command of ours reach this target again."""
        chosen = [f"--profile {self.profile}"] if self.profile else []
        if self.endpoint_url:
            chosen.append(f"--endpoint-url {self.endpoint_url}")
        if self.region != DEFAULT_REGION:
            chosen.append(f"--region {self.region}")
        return " ".join(chosen)

    @property
    def place(self) -> CommandContext:
        """The place in which printed commands of the AWS CLI have to work."""
        return CommandContext(
            self.region,
            self.account or None,
            self.endpoint_url,
            self.profile,
            enters=self.enters,
        )

    @property
    def run_agent(self) -> str:
        """What the user agents of all calls of this run contain."""
        return f"run/{self.run_id}"

    def client(self, service: str, purpose: str = "run") -> Any:
        """A client of `service`.

        Its user agent ends in `purpose`; each purpose has its own client.
        """
        with self._lock:
            if (service, purpose) not in self._clients:
                self._clients[service, purpose] = self._new_client(service, purpose)
            return self._clients[service, purpose]

    def ask(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """The answer to a check's call of `service:Operation`, all its times in UTC.

        Raises what botocore raises, and CannotLookError if no answer comes.
        """
        from botocore import xform_name
        from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

        service, _, name = operation.partition(":")
        client, begun = self.client(service, CHECK), time.monotonic()
        try:
            answer = getattr(client, xform_name(name))(**parameters)
        except (ConnectTimeoutError, ReadTimeoutError) as error:
            raise self.no_answer(begun, operation) from error
        return {key: part for key, part in answer.items() if key != "ResponseMetadata"}

    def session(self) -> boto3.Session:
        """The boto3 session behind the clients."""
        if self._session is None:
            self._session = self.new_session()
        return self._session

    def new_session(self) -> boto3.Session:
        """A session with what is configured now: at a local AWS without the person's profile,
        unless one is named."""
        import boto3

        region = self.region or None
        if self.role_session:
            return self.role_session(region)
        if self.takes_any_keys and not self.profile:
            return boto3.Session(botocore_session=_made_up_session(), region_name=region)
        return session_of(self.profile, region)

    def log_source(self, bucket: str, prefix: str) -> BucketSource:
        """The log files of a trail that delivers to `bucket` under `prefix`."""
        from trail_logs.sources.bucket import BucketSource

        known = self._log_sources
        if (bucket, prefix) not in known:
            known[bucket, prefix] = (
                next(iter(known.values())).beside(bucket, prefix)
                if known
                else BucketSource(
                    self.session(),
                    bucket,
                    prefix,
                    endpoint_url=self.endpoint_url,
                    user_agent=f"{OWN_CALLS} {self.run_agent}",
                    on_client=self.on_client,
                )
            )
        return known[bucket, prefix]

    def forget_log_sources(self) -> None:
        """Forget the log sources, whose keys have expired: new ones get new keys."""
        self._log_sources.clear()

    def with_session(self, session: boto3.Session) -> Target:
        """The same place with other credentials."""
        return Target(
            self.kind, self.region, self.patience, endpoint_url=self.endpoint_url, _session=session
        )

    def pause(self, seconds: float) -> None:
        """Wait. Raises KeyboardInterrupt if the main thread was interrupted."""
        if self.interrupted.wait(seconds):
            raise KeyboardInterrupt

    def close(self) -> None:
        """Close the connections."""
        for opened in (*self._clients.values(), *self._log_sources.values()):
            opened.close()
        self._clients.clear()
        self._log_sources.clear()

    def no_answer(self, begun: float, operation: str = "") -> CannotLookError:
        """The error for an endpoint that hangs: it says how long after `begun` we gave up."""
        asked = f" to {operation}" if operation else ""
        return CannotLookError(
            f"{self.title} did not answer{asked}: gave up after {time.monotonic() - begun:.0f} "
            "seconds.",
            "Is it the right address? Is it busy? Does a firewall or a proxy block the answer?",
        )

    def _new_client(self, service: str, purpose: str) -> Any:
        from botocore.config import Config

        asking = service == "sts" and purpose == CHECK
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=ASKING_SECONDS if purpose == CHECK else READ_SECONDS,
            retries={
                "mode": "standard",
                "total_max_attempts": TRIES if asking else MOST_TRIES,
            },
            user_agent_extra=f"cloudtrail-lab/{purpose} {self.run_agent}",
            s3={"addressing_style": "path"} if self.endpoint_url else {},
            max_pool_connections=32,
            **client_settings(self.endpoint_url),
        )
        session: Any = self.session()  # whose stubs want the service's name spelled out
        client = session.client(service, endpoint_url=self.endpoint_url, config=config)
        client.meta.events.register("after-call", note_service)
        client.meta.events.register_first("needs-retry", _give_up)
        self.on_client(client)
        return client


def _give_up(attempts: int, caught_exception: Exception | None = None, **_: Any) -> None:
    """Stop retrying if nothing answers: the many retries are for throttled calls."""
    if attempts >= TRIES and caught_exception and is_unreached(caught_exception):
        raise caught_exception


def _made_up_session() -> botocore.session.Session:
    """A session that looks at no profile; keys from the environment, else made-up ones."""
    session = session_without_profile()
    if not os.environ.get("AWS_ACCESS_KEY_ID"):
        session.set_credentials("AKIAIOSFODNN7EXAMPLE", "local")
    return session
