"""Digest files: hourly, for every Region of a trail with log file validation.

Source: UG/cloudtrail-log-file-validation-digest-file-structure. A chain starts when the trail
starts logging with validation on, and ends with a final digest when either is turned off.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from cloudtrail.digests import (
    Digest,
    DigestChain,
    delivered_log_file,
    make_digest,
    start_chain,
)
from cloudtrail.log_files import inflate
from cloudtrail.partitions import DEFAULT_REGIONS, partition_of, regions_of
from cloudtrail.trails import Trail
from local_aws.cloudtrail.delivery.log_bucket import GIVE_UP, put_file, s3_error
from local_aws.cloudtrail.delivery.outbox import HandOn
from local_aws.cloudtrail.exceptions import CloudTrailError
from local_aws.cloudtrail.faults import Faults
from local_aws.cloudtrail.signing_keys import SigningKeys
from local_aws.cloudtrail.trails_in_force import TrailState, TrailStates


def _all_regions(trail: Trail) -> tuple[str, ...]:
    partition = partition_of(trail.home_region)
    return DEFAULT_REGIONS if partition == "aws" else tuple(sorted(regions_of(partition)))


_RETRY = timedelta(seconds=2)
_LOG = logging.getLogger("local_aws")


class ChainKey(Struct, frozen=True):
    """Which of a trail's chains: there is one for each account and Region."""

    account_id: str
    region: str


class _TrailChains:
    """The chains of one trail, from StartLogging until they end. `put` delivers the digests."""

    def __init__(
        self,
        state: TrailState,
        started: datetime,
        put: Callable[[TrailState, Digest], object],
        keys: SigningKeys,
        faults: Faults,
    ) -> None:
        self._keys = keys
        self.state = state
        self.started = started
        self.start_logging_time = state.start_logging_time
        self._put = put
        self._faults = faults
        self.chains: dict[ChainKey, DigestChain] = {}
        for region in self._regions(state.trail):
            self.chains[ChainKey(state.trail.account_id, region)] = start_chain(started)

    @staticmethod
    def _regions(trail: Trail) -> tuple[str, ...]:
        return _all_regions(trail) if trail.is_multi_region else (trail.home_region,)

    def add(self, key: ChainKey, object_key: str, content: bytes, times: list[datetime]) -> None:
        """Add a delivered log file to the next digest of its Region."""
        chain = self.chains.get(key) or start_chain(self.started)
        delivered = delivered_log_file(
            self.state.trail.bucket, object_key, inflate(content), datetime.now(UTC), times
        )
        self.chains[key] = chain.with_log_file(delivered)

    def deliver_due(self, now: datetime) -> None:
        """Deliver every digest whose hour is over."""
        for key in list(self.chains):
            with self._faults.kept_from(self._name(key)):
                self._deliver_hours(key, now)

    def finish(self, end: datetime) -> bool:
        """Deliver the final digest of every Region. Return whether all of them could be made."""
        for key in list(self.chains):
            with self._faults.kept_from(self._name(key)):
                self._deliver_hours(key, end)
                self._deliver(key, max(end, self.chains[key].start))
                del self.chains[key]
        return not self.chains

    def _name(self, key: ChainKey) -> str:
        return f"digest of {self.state.trail.arn} in {key.region}"

    def _deliver_hours(self, key: ChainKey, now: datetime) -> None:
        while self.chains[key].next_end <= now:
            self._deliver(key, None)

    def _deliver(self, key: ChainKey, final_end: datetime | None) -> None:
        chain = self.chains[key]
        digest = make_digest(
            self.state.trail,
            key.account_id,
            key.region,
            chain,
            self._keys.valid(key.region, final_end or chain.next_end),
            final_end=final_end,
        )
        self.chains[key] = digest.next_chain
        self._put(self.state, digest)


class DigestFiles:
    """The digest chains of all trails. Not for several threads at once."""

    def __init__(
        self, states: TrailStates, keys: SigningKeys, faults: Faults, hand_on: HandOn
    ) -> None:
        self._states = states
        self._keys = keys
        self._faults = faults
        self._hand_on = hand_on
        self._trails: dict[int, _TrailChains] = {}
        self._undelivered: list[tuple[TrailState, Digest]] = []
        self._ended: dict[int, datetime] = {}
        self._looked = datetime.min.replace(tzinfo=UTC)

    def begin(self, now: datetime) -> None:
        """Start the chains of trails that have started logging, before their first log file is
        delivered.

        Trails that have stopped again since are included: what they recorded is still delivered.
        """
        for state in self._states.all():
            started = state.start_logging_time or now
            is_new = started > self._looked  # else validation was turned on since, not logging
            logs = state.trail.log_file_validation and (state.is_logging or is_new)
            if logs and id(state) not in self._trails:
                self._trails[id(state)] = _TrailChains(
                    state, started if is_new else now, self._put, self._keys, self._faults
                )
        self._looked = now

    def ending(self, now: datetime, patience: timedelta) -> list[TrailState]:
        """Trails whose chains must end, once their log files are delivered.

        One of them is a trail that was stopped and started again: it gets a new chain. `patience`
        is how long to wait for events of requests that are still being answered, such as
        StopLogging itself.
        """
        wanted = {
            id(state): state.start_logging_time
            for state in self._states.all()
            if state.is_logging and state.trail.log_file_validation
        }
        ended = {
            key
            for key, chains in self._trails.items()
            if key not in wanted or wanted[key] != chains.start_logging_time
        }
        self._ended = {key: self._ended.get(key, now) for key in ended}
        return [
            self._trails[key].state for key, seen in self._ended.items() if now - seen >= patience
        ]

    def end(self, states: Iterable[TrailState], now: datetime) -> None:
        """End the chains of these trails, with a final digest each."""
        for state in states:
            if self._trails[id(state)].finish(now):
                del self._trails[id(state)]
        self.begin(now)

    def log_file(
        self,
        state: TrailState,
        key: ChainKey,
        object_key: str,
        content: bytes,
        times: list[datetime],
    ) -> None:
        """Add a delivered log file to the next digest, if its trail has validation on."""
        chains = self._trails.get(id(state))
        if chains is not None:
            chains.add(key, object_key, content, times)

    def deliver_due(self, now: datetime) -> None:
        """Deliver every digest whose hour is over, and retry those that failed before."""
        undelivered, self._undelivered = self._undelivered, []
        refused: set[int] = set()
        for state, digest in undelivered:
            if now - digest.next_chain.start >= GIVE_UP:
                _LOG.warning("gave up on digest %s", digest.key)
            elif id(state) in refused:
                self._undelivered.append((state, digest))
            elif not self._put(state, digest):
                refused.add(id(state))
        for chains in self._trails.values():
            chains.deliver_due(now)

    def next_due(self) -> datetime | None:
        """When the next digest is due, None if there is nothing to sign."""
        due = [
            chain.next_end for chains in self._trails.values() for chain in chains.chains.values()
        ]
        if self._undelivered:
            due.append(datetime.now(UTC) + _RETRY)
        return min(due, default=None)

    def clear(self) -> None:
        self._trails.clear()
        self._undelivered.clear()
        self._ended.clear()

    def _put(self, state: TrailState, digest: Digest) -> bool:
        """Put a digest, or keep it for a retry.

        False: the trail was refused, as others of it would be.
        """
        try:
            put_file(
                state.trail,
                digest.key,
                digest.body,
                self._hand_on,
                encrypt=False,
                metadata=digest.metadata,
            )
        except Exception as error:  # noqa: BLE001
            state.latest_digest_delivery_error = s3_error(error)
            self._undelivered.append((state, digest))
            if isinstance(error, CloudTrailError):
                return False
            self._faults.note(f"digest of {state.trail.arn}", error)
        else:
            state.latest_digest_delivery_time = datetime.now(UTC)
            state.latest_digest_delivery_error = None
        return True
