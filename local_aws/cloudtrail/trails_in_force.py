"""The trails of a server's CloudTrail, and those that are in force at a moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct, field

from cloudtrail.partitions import partition_of
from cloudtrail.trails import Trail
from local_aws.cloudtrail.membership import membership_of


class TrailState(Struct):
    """A trail and its status. Every change replaces `trail` whole."""

    trail: Trail
    recursive_logging: str | None = None
    is_logging: bool = False
    start_logging_time: datetime | None = None
    stop_logging_time: datetime | None = None
    latest_delivery_time: datetime | None = None
    latest_delivery_attempt: datetime | None = None
    latest_delivery_error: str | None = None
    latest_notification_time: datetime | None = None
    latest_notification_attempt: datetime | None = None
    latest_notification_error: str | None = None
    latest_log_group_delivery_time: datetime | None = None
    latest_log_group_delivery_error: str | None = None
    latest_digest_delivery_time: datetime | None = None
    latest_digest_delivery_error: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


class InForce(Struct, frozen=True):
    """A logging trail as it was when a request arrived: this decides whether it records the
    call."""

    state: TrailState
    trail: Trail


class TrailStates:
    """Every account's trails, in every Region.

    To change one, hold `changing`, and call `changed` afterwards. `on_change` is called whenever a
    trail is changed, started, stopped or deleted. Nothing takes longer for one account if there are
    a thousand others.
    """

    def __init__(self) -> None:
        self.changing = threading.RLock()
        self.on_change: Callable[[], None] = lambda: None
        self._at_home: dict[str, dict[str, dict[str, TrailState]]] = {}
        # Tuples are replaced, never changed: a request holds on to what it found.
        self._in_force: dict[str, Mapping[str, tuple[InForce, ...]]] = {}
        self._of_organizations: tuple[InForce, ...] = ()

    def at_home(self, account_id: str, region: str) -> dict[str, TrailState]:
        """The trails of an account whose home Region is `region`, by name."""
        return self._at_home.setdefault(account_id, {}).setdefault(region, {})

    def of(self, account_id: str, partition: str) -> list[TrailState]:
        """Every trail of one account in a partition, whatever its Region."""
        return [
            state
            for state in self._of_account(account_id)
            if partition_of(state.trail.home_region) == partition
        ]

    def all(self) -> list[TrailState]:
        return [state for each in list(self._at_home) for state in self._of_account(each)]

    def _of_account(self, account_id: str) -> list[TrailState]:
        # Copies, each made at once: others may add trails meanwhile.
        homes = list(self._at_home.get(account_id, {}).values())
        return [state for home in homes for state in list(home.values())]

    def in_force(self, account_id: str, region: str) -> tuple[InForce, ...]:
        """The logging trails that cover the account now, its organization's included.

        Only those of the Region's partition: trails do not see beyond it.
        """
        partition = partition_of(region)
        own = self._in_force.get(account_id, {}).get(partition, ())
        if not self._of_organizations:
            return own
        membership = membership_of(account_id)
        return own + tuple(
            each
            for each in self._of_organizations
            if membership
            and each.trail.organization_id == membership.organization_id
            and each.trail.account_id != account_id
            and partition_of(each.trail.home_region) == partition
        )

    def changed(self, account_id: str) -> None:
        """Determine again which of the account's trails are in force."""
        logging = [
            InForce(state, state.trail)
            for state in self._of_account(account_id)
            if state.is_logging
        ]
        in_force: dict[str, tuple[InForce, ...]] = {}
        for each in logging:
            partition = partition_of(each.trail.home_region)
            in_force[partition] = (*in_force.get(partition, ()), each)
        self._in_force[account_id] = in_force
        others = (each for each in self._of_organizations if each.trail.account_id != account_id)
        own = (each for each in logging if each.trail.organization_id)
        self._of_organizations = (*others, *own)
        self.on_change()

    def clear(self) -> None:
        with self.changing:
            self._at_home.clear()
            self._in_force.clear()
            self._of_organizations = ()
            self.on_change()
