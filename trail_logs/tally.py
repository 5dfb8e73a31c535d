"""Counts what is in log files: per file, then merged.

A `Tally` is small, however large the files are: sixteen bytes for each record and match to find
duplicates, and the first and last match of every expectation and account. Tallies of one file, of a
batch and of everything have the same type, so they can merge in any order, cross process boundaries
and be kept in the cache.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence

import msgspec
from msgspec import Struct

from cloudtrail.log_files import DamagedLogFile
from trail_logs.damage import ID_BYTES, TOO_DEEP, Damage, each_of, require_shallow
from trail_logs.expectation_predicates import Compiled, compiled
from trail_logs.expectations import Expectation
from trail_logs.records import Contents, Record, account_of, decode, time_span
from trail_logs.sources.log_source import Content, LogSourceError

_excerpt = msgspec.json.Encoder()


class Sighting(Struct, array_like=True, gc=False):
    """One matching record: when, which, and in which file. `excerpt` is its JSON."""

    event_time: str
    event_id: str
    event_name: str
    key: str
    excerpt: bytes = b""
    record: Record | None = None

    def order(self) -> tuple[str, str, str, str]:
        """The key by which sightings are ordered."""
        return (self.event_time, self.event_id, self.event_name, self.key)


class Matches(Struct, array_like=True, gc=False):
    """The records of one account that match one expectation: identifiers, first and last."""

    ids: bytes
    first: Sighting
    last: Sighting


class AccountTally(Struct, array_like=True, gc=False):
    """One account's records: identifiers, repeats included; earliest and latest eventTime."""

    ids: bytes
    earliest: str
    latest: str

    def count(self) -> int:
        """The number of records, repeats included."""
        return len(self.ids) // ID_BYTES


class Tally(Struct, array_like=True, gc=False):
    """What is in some files.

    `records` counts those that are not damaged. `matches` is by index of the expectation, then by
    account.
    """

    files: int = 0
    records: int = 0
    accounts: dict[str, AccountTally] = {}
    matches: dict[int, dict[str, Matches]] = {}
    damaged: list[Damage] = []


class TallyJob(Struct, tag=True):
    """Makes tallies of batches of files: one for each file, or one for the whole batch."""

    expectations: list[Expectation]
    per_file: bool

    @property
    def goes_on(self) -> bool:
        """False: if a file cannot be read, there is no answer, as it may have the wanted
        records."""
        return False

    @property
    def result_type(self) -> type[Tally]:
        """What workers answer with."""
        return Tally

    def started(self) -> Callable[[Iterable[tuple[str, Content]]], list[Tally]]:
        """A function that makes tallies of a batch with the compiled expectations."""
        tests = compiled(self.expectations)
        if self.per_file:
            return lambda files: [sealed(tally_file(key, data, tests)) for key, data in files]
        return lambda files: [sealed(merged(tally_file(key, data, tests) for key, data in files))]


def tally_file(key: str, content: Content, expectations: Compiled) -> Tally:
    """What is in the file; the tally names what is damaged. Raises LogSourceError."""
    if isinstance(content, LogSourceError):
        raise content
    try:
        return _tally_contents(key, decode(content), expectations)
    except DamagedLogFile as error:
        return Tally(files=1, damaged=[Damage(key, str(error))])
    except RecursionError:
        return Tally(files=1, damaged=[Damage(key, TOO_DEEP)])


def merged(tallies: Iterable[Tally]) -> Tally:
    """One tally of them all."""
    total = Tally()
    parts: dict[str, list[AccountTally]] = {}
    matches: dict[tuple[int, str], list[Matches]] = {}
    for tally in tallies:
        total.files += tally.files
        total.records += tally.records
        total.damaged += tally.damaged
        for account, part in tally.accounts.items():
            parts.setdefault(account, []).append(part)
        for index, by_account in tally.matches.items():
            for account, found in by_account.items():
                matches.setdefault((index, account), []).append(found)
    total.accounts = {account: _merged_account(each) for account, each in parts.items()}
    for (index, account), each in matches.items():
        total.matches.setdefault(index, {})[account] = _merged_matches(each)
    return total


def sealed(tally: Tally) -> Tally:
    """The same tally with every excerpt written out, ready to be encoded."""
    for by_account in tally.matches.values():
        for found in by_account.values():
            _seal(found.first)
            _seal(found.last)
    return tally


def distinct(ids: bytes) -> int:
    """The number of distinct identifiers. They are only compared whole if halves repeat."""
    halves = array("Q", ids)[::2]
    count = len(set(halves))
    if count == len(halves):
        return count
    return len({ids[at : at + ID_BYTES] for at in range(0, len(ids), ID_BYTES)})


def _tally_contents(key: str, contents: Contents, expectations: Compiled) -> Tally:
    records, ids = contents.records, contents.ids
    if not records:
        return Tally(files=1, damaged=contents.damage(key))
    accounts = _accounts(records)
    return Tally(
        files=1,
        records=len(records),
        accounts=_account_tallies(records, ids, accounts),
        matches=_find(key, records, ids, accounts, expectations),
        damaged=contents.damage(key),
    )


def _accounts(records: Sequence[Record]) -> str | list[str]:
    """The account of all records if they have one in common, else a list with each record's."""
    recipients = [record.recipientAccountId for record in records]
    only = recipients[0]
    if only and recipients.count(only) == len(recipients):
        return only
    return [account_of(record) for record in records]


def _account_tallies(
    records: list[Record], ids: bytes, accounts: str | list[str]
) -> dict[str, AccountTally]:
    if isinstance(accounts, str):
        return {accounts: AccountTally(ids, *time_span(records))}
    return {
        account: AccountTally(_rows(ids, own), *time_span([records[row] for row in own]))
        for account, own in _by_account(list(range(len(records))), accounts).items()
    }


def _rows(ids: bytes, rows: Sequence[int]) -> bytes:
    return b"".join([ids[ID_BYTES * row : ID_BYTES * (row + 1)] for row in rows])


def _find(
    key: str,
    records: list[Record],
    ids: bytes,
    accounts: str | list[str],
    expectations: Compiled,
) -> dict[int, dict[str, Matches]]:
    matching = _matching(records, expectations)
    if not matching:
        return {}
    each = each_of(ids)
    return {
        index: {
            account: _matches(key, records, each, own)
            for account, own in _by_account(rows, accounts).items()
        }
        for index, rows in matching.items()
    }


def _matching(records: list[Record], expectations: Compiled) -> dict[int, list[int]]:
    """The rows that match, by index of the expectation."""
    tests_of, of_any_name = expectations.by_name.get, expectations.of_any_name
    matching: dict[int, list[int]] = {}
    for row, record in enumerate(records):
        for index, test in tests_of(record.eventName, of_any_name):
            if test(record):
                matching.setdefault(index, []).append(row)
    return matching


def _by_account(rows: list[int], accounts: str | list[str]) -> dict[str, list[int]]:
    if isinstance(accounts, str):
        return {accounts: rows}
    by_account: dict[str, list[int]] = {}
    for row in rows:
        by_account.setdefault(accounts[row], []).append(row)
    return by_account


def _matches(key: str, records: list[Record], ids: Sequence[bytes], rows: list[int]) -> Matches:
    own = [records[row] for row in rows]
    times = [record.eventTime for record in own]
    earliest, latest = min(times), max(times)
    first = min(_at(earliest, times, own), key=_order)
    last = max(_at(latest, times, own), key=_order)
    own_ids = b"".join([ids[row] for row in rows])
    return Matches(own_ids, _sighting(key, first), _sighting(key, last))


def _at(moment: str, times: list[str], records: list[Record]) -> Sequence[Record]:
    """The records that happened at `moment`."""
    if times.count(moment) == 1:
        return (records[times.index(moment)],)
    return [record for record in records if record.eventTime == moment]


def _order(record: Record) -> tuple[str, str]:
    return (record.eventID, record.eventName)


def _sighting(key: str, record: Record) -> Sighting:
    """The sighting of a record. It keeps copies of raw fields, which point into the file's text."""
    record.userIdentity = record.userIdentity.copy()
    record.userAgent = record.userAgent.copy()
    record.requestParameters = record.requestParameters.copy()
    record.resources = record.resources.copy()
    for raw in (record.userIdentity, record.userAgent, record.requestParameters, record.resources):
        require_shallow(raw)
    return Sighting(record.eventTime, record.eventID, record.eventName, key, record=record)


def _seal(sighting: Sighting) -> None:
    if sighting.record is not None:
        sighting.excerpt = _excerpt.encode(sighting.record)
        sighting.record = None


def _merged_account(parts: list[AccountTally]) -> AccountTally:
    if len(parts) == 1:
        return parts[0]
    return AccountTally(
        b"".join([part.ids for part in parts]),
        min(part.earliest for part in parts),
        max(part.latest for part in parts),
    )


def _merged_matches(parts: list[Matches]) -> Matches:
    if len(parts) == 1:
        return parts[0]
    return Matches(
        b"".join([part.ids for part in parts]),
        min((part.first for part in parts), key=Sighting.order),
        max((part.last for part in parts), key=Sighting.order),
    )
