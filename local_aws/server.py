"""The local AWS: moto's application under a recorder and a web server, with a CloudTrail."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from unittest.mock import patch

from msgspec.structs import asdict

from local_aws.clock import Clock
from local_aws.recording.guests import Guests
from local_aws.web.web_server import EVERY_ADDRESS, LOOPBACK, WebServer

if TYPE_CHECKING:
    import boto3

    from local_aws.cloudtrail.delivery.disturbance import Disturbance
    from local_aws.console.user import ConsoleUser
    from local_aws.log_group_fixture import TaggedLogGroup
    from local_aws.organization_fixture import OrganizationTrail
    from local_aws.testing.records import Records, Wanted, Where
    from local_aws.testing.trail import Selectors, TestTrail

ACCOUNT = "123456789012"
"""The account of clients with dummy keys: moto's default."""

DEFAULT_PORT = 4566
DEFAULT_DELAY = timedelta(seconds=1)
REAL_DELAY = timedelta(minutes=5)
"""How long real CloudTrail keeps a buffer open after its first event (3,588 real deliveries)."""
DEFAULT_INSIGHTS_WARM_UP = timedelta(hours=36)
"""The longest time until AWS finds the first Insights event of a trail."""

_one_per_process = threading.Lock()


HIDING = ("AWS_PROFILE", "AWS_SESSION_TOKEN")
"""Variables that must not be set: they would override those of `environment_of`."""


def environment_of(endpoint_url: str, region: str = "us-east-1") -> dict[str, str]:
    """The environment variables that point any AWS client at a local AWS."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
    }


class AlreadyRunning(Exception):
    """moto keeps its state per process, so a process has one local AWS at a time."""


class LocalAws:
    """A local AWS on the loopback interface, from `start` to `stop` or inside a `with` block.

    With another `host` (an IPv4 address of this machine, 0.0.0.0 for all) other machines can reach
    it too, by the names in `allowed_hosts`. They can run functions, which are your processes.

    `port` 0 picks a free one. `delivery_delay` is how long a trail's buffer stays open after its
    first event: five minutes in real CloudTrail, a second here. With an `organization`, the account
    is a member of one and sees its trail, but cannot change it. A `log_group` exists from the start
    in every account and Region, and a `console_user` can sign in to the console. `disturbance`
    makes delivery duplicate, late and unordered, to test consumers. `insights_warm_up` is how long
    after Insights are turned on before any can start. Without `functions`, no Lambda function runs:
    each would be the user's process. `ignore_unknown_types` lets stacks continue without resources
    of types that it does not have. `throttling` enforces CloudTrail's request quotas, such as two
    LookupEvents a second. `enforce_delivery_policies` blocks deliveries between services that no
    policy or role allows, as AWS does; otherwise they are delivered, and the status lists them as
    `not_permitted`. `call_out` allows subscribers, API destinations and delivery streams on other
    machines; otherwise only HTTP endpoints on this machine are called. `expect_stacks` loads
    CloudFormation at once, in the background: it takes some seconds, and the first request to it
    would otherwise wait. A request is let in if it calls the server by a name of loopback, of AWS,
    or one of `allowed_hosts`, and does not come from a web page, or from one of `allowed_origins`
    (`guests`). Raises `PortTaken` and `AlreadyRunning`, and ValueError for an invalid name or
    origin.
    """

    def __init__(
        self,
        port: int = 0,
        delivery_delay: timedelta | float = DEFAULT_DELAY,
        organization: OrganizationTrail | None = None,
        disturbance: Disturbance | None = None,
        insights_warm_up: timedelta = DEFAULT_INSIGHTS_WARM_UP,
        throttling: bool = False,
        expect_stacks: bool = False,
        allowed_hosts: Iterable[str] = (),
        allowed_origins: Iterable[str] = (),
        functions: bool = True,
        host: str = LOOPBACK,
        ignore_unknown_types: bool = False,
        enforce_delivery_policies: bool = False,
        call_out: bool = False,
        log_group: TaggedLogGroup | None = None,
        console_user: ConsoleUser | None = None,
    ) -> None:
        own = [] if host in (LOOPBACK, EVERY_ADDRESS) else [host]
        self._guests = Guests.of([*allowed_hosts, *own], allowed_origins)
        self._host = host
        self._port = port
        self._disturbance = disturbance
        self._insights_warm_up = insights_warm_up
        self._throttling = throttling
        self._functions = functions
        self._ignore_unknown_types = ignore_unknown_types
        self._enforce_delivery_policies = enforce_delivery_policies
        self._call_out = call_out
        self._expect_stacks = expect_stacks
        self.clock = Clock()
        self._organization = organization
        self._log_group = log_group
        self._console_user = console_user
        self._delay = (
            delivery_delay
            if isinstance(delivery_delay, timedelta)
            else timedelta(seconds=delivery_delay)
        )
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start to serve. On return the endpoint answers."""
        if not _one_per_process.acquire(blocking=False):
            raise AlreadyRunning(
                "this process already runs a local AWS: stop it first, or start the second one in "
                "its own process with python -m local_aws --port 0"
            )
        with contextlib.ExitStack() as stack:
            stack.callback(_one_per_process.release)
            self._start(stack)
            self._stack = stack.pop_all()

    def _start(self, stack: contextlib.ExitStack) -> None:
        from moto import settings
        from moto.core.base_backend import BackendDict

        from local_aws import auto_scaling, log_group_fixture
        from local_aws.athena import installing as athena
        from local_aws.cloudformation import installing as cloudformation
        from local_aws.cloudformation import unknown_types
        from local_aws.cloudtrail import record_requests
        from local_aws.cloudtrail.delivery import outbox
        from local_aws.cloudtrail.service import CloudTrailService
        from local_aws.console.files import ConsoleFiles
        from local_aws.consumers import installing as consumers
        from local_aws.consumers import permissions
        from local_aws.control import Control, ControlRequests
        from local_aws.lambda_processes import concurrency, functions
        from local_aws.moto_changes import installing as moto_changes
        from local_aws.moto_changes.unserved import Applications
        from local_aws.recording.door import Door
        from local_aws.recording.recorder import Recorder
        from local_aws.sign_in import SignIn

        self.cloudtrail = CloudTrailService(
            self.clock,
            self._delay,
            self._insights_warm_up,
            disturbance=self._disturbance,
            throttling=self._throttling,
        )
        self._sign_in = SignIn(self.cloudtrail.record_event, ACCOUNT)
        recorder = Recorder(Applications(), self.cloudtrail)
        control = Control(
            self._status,
            self.advance,
            self.deliver_now,
            partial(record_requests.answer, self.cloudtrail.kept_records),
            self._sign_in,
        )
        self._door = Door(ConsoleFiles(ControlRequests(recorder, control)), self._guests)
        self._server = WebServer(self._door, self._port, self._host)
        stack.callback(self._server.stop)
        stack.callback(self.cloudtrail.kept_records.end)
        BackendDict.reset()
        stack.callback(BackendDict.reset)
        self._unjudged = settings.INITIAL_NO_AUTH_ACTION_COUNT
        stack.enter_context(patch.object(settings, "INITIAL_NO_AUTH_ACTION_COUNT", self._unjudged))
        moto_changes.install(
            stack,
            endpoint_url=self.endpoint_url,
            service=self.cloudtrail,
            on_reset=self._forget,
        )
        delivery = self.cloudtrail.delivery
        outbox.install(stack, call_out=self._call_out)
        consumers.install(stack, delivery.outbox, delivery.faults)
        athena.install(stack)
        auto_scaling.install(stack, self.endpoint_url, recorder)
        cloudformation.install(stack, self.endpoint_url, recorder)
        if self._enforce_delivery_policies:
            permissions.enforce(stack)
        concurrency.install(stack, self._server.make_room)
        if self._log_group:
            log_group_fixture.provide(stack, self._log_group)
        if not self._functions:
            functions.refuse(stack)
        if self._ignore_unknown_types:
            unknown_types.ignore(stack)
        self._forget()
        stack.callback(self.clock.release)
        delivery.start()
        stack.callback(delivery.stop)
        self._server.start()
        if self._expect_stacks:
            cloudformation.warm_up(stack, recorder, self.endpoint_url)

    def _forget(self) -> None:
        from local_aws.console.user import create_user
        from local_aws.consumers import permissions
        from local_aws.moto_changes.organizations import forget_members
        from local_aws.organization_fixture import found_organization

        self.cloudtrail.reset()
        permissions.told.clear()
        forget_members()
        self._sign_in.forget()
        if self._organization:
            found_organization(self._organization, ACCOUNT, self.cloudtrail)
        if self._console_user:
            create_user(self._console_user, ACCOUNT)

    def reset(self) -> None:
        """Delete everything and reset the clock, as after a fresh start.

        Policies are only enforced afterwards if they were from the start. `POST /moto-api/reset`,
        moto's own way from outside, leaves their enforcement as it is.
        """
        from moto import settings
        from moto.moto_api._internal.models import moto_api_backend

        settings.INITIAL_NO_AUTH_ACTION_COUNT = self._unjudged
        moto_api_backend.reset()

    def stop(self) -> None:
        """Stop serving and delete everything. Idempotent."""
        self._stack.close()

    @property
    def endpoint_url(self) -> str:
        """What `AWS_ENDPOINT_URL` should be."""
        return self._server.url

    def deliver_now(self) -> None:
        """Deliver everything recorded so far, instead of waiting until it is due."""
        self.cloudtrail.delivery.deliver_now()

    def advance(self, step: timedelta) -> datetime:
        """Move the clock, do everything that is due, including deliveries, and return the new time.

        Every clock of this process moves, including moto's time stamps. Raises ValueError for a
        step that is not forward.
        """
        from local_aws import expiry

        return self.cloudtrail.advance(step, partial(expiry.end_what_is_due, self.cloudtrail))

    def records(
        self,
        *,
        event_name: Wanted = None,
        event_source: Wanted = None,
        category: Wanted = None,
        error_code: Wanted = None,
        user: Wanted = None,
        where: Where = None,
    ) -> Records:
        """The records of all calls so far, in order, whether a trail selects them or not.

        Each filter is a value, or several, of which a record must have one (`RecordFilter`). Raises
        RecordsDropped if there were too many to keep, and ValueError for an invalid filter.
        """
        from local_aws.testing.records import kept_records

        wanted = {
            "event_name": event_name,
            "event_source": event_source,
            "category": category,
            "error_code": error_code,
            "user": user,
        }
        return kept_records(self.cloudtrail.kept_records, where, wanted)

    def forget_records(self) -> None:
        """Make `records` start empty from here. Trails and Event history keep their records."""
        self.cloudtrail.kept_records.clear()

    def export(self, folder: Path) -> list[Path]:
        """Write all records as log files below `folder/AWSLogs`, as a trail would; return their
        paths.

        Raises RecordsDropped, FolderInUse and OSError.
        """
        from local_aws.testing.export import export
        from local_aws.testing.records import all_kept

        return export(all_kept(self.cloudtrail.kept_records), folder)

    def trail(
        self,
        name: str = "test-trail",
        *,
        region: str = "us-east-1",
        event_selectors: Selectors = (),
        advanced_event_selectors: Selectors = (),
        insight_selectors: Selectors = (),
        **settings: Any,
    ) -> TestTrail:
        """Create a trail that is logging, with its bucket `NAME-logs` and the bucket policy.

        Selectors are given as in the API, as are other `settings` of CreateTrail, such as
        `IsMultiRegionTrail=True`. Raises botocore's ClientError for what AWS would refuse.
        """
        from local_aws.testing.trail import make_trail

        return make_trail(
            self.client,
            self.deliver_now,
            name,
            region=region,
            event_selectors=event_selectors,
            advanced_event_selectors=advanced_event_selectors,
            insight_selectors=insight_selectors,
            **settings,
        )

    def _status(self) -> dict[str, Any]:
        from local_aws.consumers import permissions

        return {
            "endpoint_url": self.endpoint_url,
            "account": ACCOUNT,
            "now": f"{self.clock.now():%Y-%m-%dT%H:%M:%SZ}",
            "delivery_delay_seconds": self._delay.total_seconds(),
            "organization_trail": self._organization.name if self._organization else None,
            "console_user": asdict(self._console_user) if self._console_user else None,
            "refused": self._door.refused,
            "not_permitted": permissions.told.to_json(),
            **self.cloudtrail.status(),
        }

    def environment(self, region: str = "us-east-1") -> dict[str, str]:
        """The environment variables that point any AWS client here."""
        return environment_of(self.endpoint_url, region)

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """A boto3 client for this endpoint, whatever the environment says."""
        session = _session(region)
        return session.client(service, endpoint_url=self.endpoint_url)  # type: ignore[call-overload]


@functools.cache
def _session(region: str) -> boto3.Session:
    """One session per Region: it loads the service models that its clients share."""
    import boto3

    return boto3.Session("test", "test", region_name=region)
