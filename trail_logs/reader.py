"""Reads a location: every expectation's answer, and everything needed to trust it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from trail_logs.damage import Damage
from trail_logs.expectations import Answer, Evidence, Expectation, folders_of
from trail_logs.layout import GLOBAL_REGION, Scope
from trail_logs.sources.log_source import LogFile, LogSource, NoSuchLocationError, ResumableSource
from trail_logs.tally import Sighting, Tally, TallyJob, distinct, merged
from trail_logs.workers import done, processes_for

if TYPE_CHECKING:
    from trail_logs.cache import TallyCache


@dataclass(frozen=True, slots=True)
class Window:
    """The time in which records are looked for; None leaves a side open.

    It chooses the days whose files are read, so `Reading.records` may count records outside of it.
    Expectations limit eventTime themselves.
    """

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccountSpan:
    """An account's records: how many, how many of them repeats, earliest and latest eventTime."""

    records: int
    duplicates: int
    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """What is at a location.

    `answers` has, for every expectation, one for each account that has records (or that the
    expectation names). `records` counts those that are not damaged. `damaged` names every file that
    is damaged, or has damaged records (`trail_logs.damage`). `cached` is how many files were not
    read again. `notices` says what a cache could not do.
    """

    location: str
    answers: tuple[Answer, ...]
    files: int
    records: int
    damaged: tuple[Damage, ...]
    accounts: Mapping[str, AccountSpan]
    cached: int = 0
    notices: tuple[str, ...] = ()

    @property
    def duplicates(self) -> int:
        """Records whose eventID another record of the same account has."""
        return sum(span.duplicates for span in self.accounts.values())

    def of(self, name: str) -> tuple[Answer, ...]:
        """The answers to the expectation of this name, one for each account."""
        found = tuple(each for each in self.answers if each.expectation.name == name)
        if not found:
            known = ", ".join(sorted({each.expectation.name for each in self.answers})) or "none"
            raise KeyError(f"Wanted one of the expectations {known}, got {name!r}")
        return found


def read(
    source: LogSource,
    expectations: Sequence[Expectation],
    *,
    window: Window | None = None,
    accounts: Sequence[str] = (),
    processes: int | None = None,
    cache: TallyCache | None = None,
) -> Reading:
    """Answer all expectations with the log files of `source`, each file read once.

    `window` chooses the days that are listed, `accounts` the accounts; by default both are what the
    expectations need. `processes` is how many processes decode at once; by default, as many as pay
    off for the files' size on this machine. With a `cache`, only files are read that it does not
    know for these expectations, and only the last days of a large bucket are listed again. Raises
    LogSourceError when the location, or one of its files, cannot be read; damaged files are named
    in the Reading.
    """
    scope = scope_of(expectations, window or window_of(expectations), accounts)
    if cache is None:
        files = source.files(scope)
        total, cached = _tally(source, files, expectations, processes), 0
    else:
        total, cached = _read_new(source, scope, expectations, processes, cache)
    reading = reading_of(source.name, expectations, total)
    return replace(reading, cached=cached, notices=tuple(cache.notices) if cache else ())


def _read_new(
    source: LogSource,
    scope: Scope,
    expectations: Sequence[Expectation],
    processes: int | None,
    cache: TallyCache,
) -> tuple[Tally, int]:
    """The tally of all files, and how many of them the cache knew.

    A file that was listed up to an hour ago may no longer exist: then everything is listed again.
    """
    if not isinstance(source, ResumableSource):
        return _tally_new(source, source.files(scope), expectations, processes, cache)
    known = cache.listed(source.address, scope)
    files = _listed(source, scope, cache, known)
    try:
        return _tally_new(source, files, expectations, processes, cache)
    except NoSuchLocationError:
        if not known:
            raise
    files = _listed(source, scope, cache, [])
    return _tally_new(source, files, expectations, processes, cache)


def _listed(
    source: ResumableSource, scope: Scope, cache: TallyCache, known: Sequence[LogFile]
) -> list[LogFile]:
    files = source.files_besides(known, scope)
    cache.keep_listing(source.address, scope, files, known=known)
    return files


def window_of(expectations: Iterable[Expectation]) -> Window:
    """The time that all expectations together span."""
    since = [each.since for each in expectations]
    until = [each.until for each in expectations]
    return Window(
        min((time for time in since if time), default=None) if all(since) else None,
        max((time for time in until if time), default=None) if all(until) else None,
    )


def scope_of(
    expectations: Sequence[Expectation], window: Window, accounts: Sequence[str] = ()
) -> Scope:
    """The accounts, Regions, days and folders that the expectations are about."""
    named: set[str | None] = set(accounts) or {each.account for each in expectations}
    regions = {each.region if each.region != GLOBAL_REGION else None for each in expectations}
    return Scope(
        accounts=() if None in named else tuple(sorted(a for a in named if a)),
        regions=() if None in regions else tuple(sorted(r for r in regions if r)),
        since=window.since,
        until=window.until,
        folders=folders_of(expectations),
    )


def reading_of(location: str, expectations: Sequence[Expectation], total: Tally) -> Reading:
    """The reading that a tally gives."""
    return Reading(
        location=location,
        answers=tuple(_answers(location, expectations, total)),
        files=total.files,
        records=total.records,
        damaged=tuple(sorted(total.damaged, key=lambda damage: damage.key)),
        accounts={
            account: AccountSpan(
                tally.count(),
                tally.count() - distinct(tally.ids),
                datetime.fromisoformat(tally.earliest),
                datetime.fromisoformat(tally.latest),
            )
            for account, tally in sorted(total.accounts.items())
        },
    )


def _tally(
    source: LogSource,
    files: Sequence[LogFile],
    expectations: Sequence[Expectation],
    processes: int | None,
) -> Tally:
    job = TallyJob(list(expectations), per_file=False)
    work = done(source.bodies(files), job, processes=processes or processes_for(files))
    return merged(tally for _, tallies in work for tally in tallies)


def _tally_new(
    source: LogSource,
    files: Sequence[LogFile],
    expectations: Sequence[Expectation],
    processes: int | None,
    cache: TallyCache,
) -> tuple[Tally, int]:
    """The tally of all files, and how many of them the cache knew; only the others are read."""
    from trail_logs.cache import question_of

    question = question_of(expectations)
    known = cache.known(source.address, question, files)
    new = [file for file in files if file.key not in known]
    job = TallyJob(list(expectations), per_file=True)
    work = done(source.bodies(new), job, processes=processes or processes_for(new))
    read_now = [pair for some, tallies in work for pair in zip(some, tallies, strict=True)]
    if read_now:
        cache.keep(source.address, question, read_now)
    if known:
        cache.touch(source.address, question)
    return merged([*known.values(), *(tally for _, tally in read_now)]), len(known)


def _answers(location: str, expectations: Sequence[Expectation], total: Tally) -> Iterable[Answer]:
    for index, expectation in enumerate(expectations):
        found = total.matches.get(index, {})
        for account in _accounts_of(expectation, total):
            matches = found.get(account)
            if matches is None:
                yield Answer(expectation, account)
                continue
            yield Answer(
                expectation,
                account,
                distinct(matches.ids),
                _evidence(location, matches.first),
                _evidence(location, matches.last),
            )


def _accounts_of(expectation: Expectation, total: Tally) -> Sequence[str]:
    """The accounts that an expectation is answered for; one without a name if none has records."""
    if expectation.account is not None:
        return [expectation.account]
    return sorted(total.accounts) or [""]


def _evidence(location: str, sighting: Sighting) -> Evidence:
    return Evidence(
        location=location,
        key=sighting.key,
        event_id=sighting.event_id,
        event_time=datetime.fromisoformat(sighting.event_time),
        event_name=sighting.event_name,
        excerpt=sighting.excerpt.decode(),
    )
