"""A local AWS under fuzz: sends requests, and says of each what record it left."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from dataclasses import dataclass
from typing import Self

import msgspec

from cloudtrail.records.data_events import RESOURCE_TYPES
from local_aws import LocalAws
from tests.fuzz.figures import Figures
from tests.local_aws.delivered import log_files, trail
from tests.local_aws.wire import Reply, Wire, _send, address

TRAIL = "observer"
"""A name that random input does not have, so that nothing stops the trail or takes its bucket."""

PATIENCE = 20
"""Seconds until an answer that has not come counts as hung."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request with its answer or, where there was none, the reason, and whether it hung."""

    wire: Wire
    reply: Reply | None
    failure: str = ""
    hung: bool = False

    @property
    def request_id(self) -> str:
        """The id that the answer gives and its record repeats."""
        headers = self.reply.headers if self.reply else {}
        return headers.get("x-amz-request-id") or headers.get("x-amzn-requestid") or ""

    def __str__(self) -> str:
        """What to repeat it with, as far as one line holds it."""
        status = self.reply.status if self.reply else self.failure
        kept = {name: text for name, text in self.wire.headers.items() if name != "Authorization"}
        return f"{status} to {self.wire.method} {self.wire.path} {kept} {self.wire.body[:300]!r}"


class Observed:
    """An empty local AWS with a trail for every data event."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        self._threads = {thread.name for thread in threading.enumerate()}
        self._connection = http.client.HTTPConnection(address(aws.endpoint_url), timeout=PATIENCE)
        kinds = sorted(set(RESOURCE_TYPES.values()))
        trail(aws, TRAIL, advanced=[_all_of(kind) for kind in kinds], IsMultiRegionTrail=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.close()

    def send(self, wire: Wire) -> Sent:
        """Send a request on the connection that is kept for all."""
        try:
            sent = Sent(wire, _send(self._connection, wire))
        except (http.client.HTTPException, OSError) as error:
            sent = Sent(wire, None, repr(error), hung=isinstance(error, TimeoutError))
        if not sent.request_id:
            # Refused by the web server itself, which then closes the connection.
            self._connection.close()
        return sent

    def recorded(self) -> Counter[str]:
        """How many records there are of each request id, in Event history and log files."""
        self.aws.deliver_now()
        delivered = log_files(self.aws, f"{TRAIL}-logs").values()
        kept = [
            msgspec.json.decode(event.record_json)
            for history in list(self.aws.cloudtrail.history._histories.values())
            for event in history.events().newest_first()
        ]
        data = [
            record for file in delivered for record in file if record["eventCategory"] == "Data"
        ]
        return Counter(record.get("requestID") for record in [*kept, *data])

    def threads_died(self) -> set[str]:
        """Threads that there were at first and are not any more."""
        return self._threads - {thread.name for thread in threading.enumerate()}


def _all_of(kind: str) -> dict[str, object]:
    fields = {"eventCategory": "Data", "resources.type": kind}
    return {
        "FieldSelectors": [{"Field": name, "Equals": [value]} for name, value in fields.items()]
    }


def judged(
    figures: Figures, observed: Observed, sent: list[tuple[Sent, bool]], refused: str = ""
) -> Figures:
    """The figures with those of `sent`: pairs of a request and whether it must leave a record.

    `refused` is a status that no answer may have.
    """
    records = observed.recorded()
    for each, must_be_recorded in sent:
        figures = figures.plus(tried=1)
        found = records[each.request_id] if each.request_id else 0
        if each.reply is None:
            figures = figures.plus(str(each), **{"hung" if each.hung else "crashed": 1})
        elif str(each.reply.status) == refused:
            figures = figures.plus(f"crashed: {each}", crashed=1)
        elif found > 1:
            figures = figures.plus(f"doubled: {each}", doubled=1)
        elif found == 0 and must_be_recorded:
            figures = figures.plus(f"lost: {each}", lost=1)
    dead = observed.threads_died()
    return figures.plus(f"threads that died: {dead}", crashed=len(dead)) if dead else figures
