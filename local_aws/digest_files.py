"""Digest files: hourly, for every Region of a trail with log file validation.

Source: UG/cloudtrail-log-file-validation-digest-file-structure. A chain starts when the trail
starts logging with validation on, and ends with a final digest when either is turned off.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from cloudtrail.digests import (
    Digest,
    DigestChain,
    delivered_log_file,
    make_digest,
    start_chain,
)
from cloudtrail.log_files import inflate
from cloudtrail.trails import Trail
from local_aws.exceptions import CloudTrailError
from local_aws.log_bucket import put_file
from local_aws.signing_keys import signing_key
from local_aws.trails import TrailState, all_states

DEFAULT_REGIONS = (
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
)
"""The Regions that every account has without opting in: each gets a digest, used or not."""

_LOG = logging.getLogger("local_aws")


@dataclass(frozen=True, slots=True)
class ChainKey:
    """A chain of digests is of one account and Region of a trail."""

    account_id: str
    region: str


class _TrailChains:
    """The chains of one trail, from a start of logging to its end."""

    def __init__(self, state: TrailState, started: datetime) -> None:
        self.state = state
        self.started = started
        self.chains: dict[ChainKey, DigestChain] = {}
        for region in self._regions(state.trail):
            self.chains[ChainKey(state.trail.account_id, region)] = start_chain(started)

    @staticmethod
    def _regions(trail: Trail) -> tuple[str, ...]:
        return DEFAULT_REGIONS if trail.is_multi_region else (trail.home_region,)

    def add(self, key: ChainKey, object_key: str, content: bytes, times: list[datetime]) -> None:
        """Account for a delivered log file in the next digest of its Region."""
        chain = self.chains.get(key) or start_chain(self.started)
        delivered = delivered_log_file(
            self.state.trail.bucket, object_key, inflate(content), datetime.now(UTC), times
        )
        self.chains[key] = chain.with_log_file(delivered)

    def deliver_due(self, now: datetime) -> None:
        """Deliver every digest whose hour is over."""
        for key in list(self.chains):
            while self.chains[key].next_end <= now:
                self._deliver(key, None)

    def finish(self, end: datetime) -> None:
        """Deliver the final digest of every Region."""
        self.deliver_due(end)
        for key in list(self.chains):
            self._deliver(key, max(end, self.chains[key].start))

    def _deliver(self, key: ChainKey, final_end: datetime | None) -> None:
        chain = self.chains[key]
        digest = make_digest(
            self.state.trail,
            key.account_id,
            key.region,
            chain,
            signing_key(key.region, final_end or chain.next_end),
            final_end=final_end,
        )
        self.chains[key] = digest.next_chain
        self._put(digest)

    def _put(self, digest: Digest) -> None:
        state = self.state
        try:
            put_file(state.trail, digest.key, digest.body, encrypt=False, metadata=digest.metadata)
        except CloudTrailError as error:
            # The chain goes on without it: validate-logs then reports what is missing.
            state.latest_digest_delivery_error = error.code.removesuffix("Exception")
            _LOG.warning("digest %s was not delivered: %s", digest.key, error.message)
        else:
            state.latest_digest_delivery_time = datetime.now(UTC)
            state.latest_digest_delivery_error = None


class DigestFiles:
    """The digest chains of all trails."""

    def __init__(self) -> None:
        self._trails: dict[int, _TrailChains] = {}

    def ending(self) -> Iterator[TrailState]:
        """Trails whose chains are about to end: their log files should be delivered before."""
        wanted = {id(state) for state in _validated()}
        return (chains.state for key, chains in self._trails.items() if key not in wanted)

    def follow(self, now: datetime) -> None:
        """Start chains of trails that began, and end those of trails that stopped."""
        validated = {id(state): state for state in _validated()}
        for key in self._trails.keys() - validated.keys():
            self._trails.pop(key).finish(now)
        for key, state in validated.items():
            if key not in self._trails:
                self._trails[key] = _TrailChains(state, now)

    def log_file(
        self,
        state: TrailState,
        key: ChainKey,
        object_key: str,
        content: bytes,
        times: list[datetime],
    ) -> None:
        """Account for a delivered log file, where its trail is validated."""
        chains = self._trails.get(id(state))
        if chains is not None:
            chains.add(key, object_key, content, times)

    def deliver_due(self, now: datetime) -> None:
        """Deliver every digest whose hour is over."""
        for chains in self._trails.values():
            chains.deliver_due(now)

    def next_due(self) -> datetime | None:
        """When the next digest is due, None where there is nothing to sign."""
        ends = (
            chain.next_end for chains in self._trails.values() for chain in chains.chains.values()
        )
        return min(ends, default=None)

    def clear(self) -> None:
        """Forget every chain."""
        self._trails.clear()


def _validated() -> list[TrailState]:
    return [state for state in all_states() if state.is_logging and state.trail.log_file_validation]
