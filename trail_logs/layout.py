"""Which prefixes of a bucket or folder can have the records in question.

Log files are under `[prefix/]AWSLogs/[o-id/]<account>/CloudTrail/<region>/YYYY/MM/DD/`, Insights
events under the sibling `CloudTrail-Insight` (UG/get-and-view-cloudtrail-log-files). Only these
levels are listed, so anything else in the bucket costs nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import MAXYEAR, datetime, timedelta

from cloudtrail.log_files import day_folder, parse_log_file_key

LATE_DELIVERY = timedelta(days=1)
"""How long after an event its file is searched for. A file's day is the day of its delivery,
minutes after the event: it can be in the next day's folder at the latest."""

GLOBAL_REGION = "us-east-1"
"""A single-Region trail writes this Region's global-service events into its own folder."""

LOG_FOLDERS = ("CloudTrail", "CloudTrail-Insight", "CloudTrail-NetworkActivity")
"""The folders below an account's folder that have records."""

ROOT = "AWSLogs"

_DAY = timedelta(days=1)
_LAST = "\U0010ffff"
"""Greater than anything a key can continue with."""

ACCOUNT_FOLDER = re.compile(r"\d{12}")
ORGANIZATION_FOLDER = re.compile(r"o-[a-z0-9]{10,32}")

FoldersOf = Callable[[Sequence[str]], Sequence[Sequence[str]]]
"""Given prefixes (each ends with a slash), the names of the folders directly below each."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is wanted from a location. Empty accounts or Regions mean all.

    `since` and `until` limit the records' eventTime; None leaves that side open.
    """

    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    folders: tuple[str, ...] = ("CloudTrail",)


@dataclass(frozen=True, slots=True)
class KeyRange:
    """The keys below `prefix` that are greater than `after` and less than `before`."""

    prefix: str
    after: str = ""
    before: str = ""

    def holds(self, key: str) -> bool:
        """True for a key of this range."""
        return (
            key.startswith(self.prefix)
            and key > self.after
            and (not self.before or key < self.before)
        )

    def may_hold_below(self, folder: str) -> bool:
        """False when no key below `folder` (which ends with a slash) can be of this range."""
        return folder + _LAST > self.after and (not self.before or folder < self.before)

    def rows_of(self, keys: Sequence[str]) -> range:
        """Where this range's keys are in sorted `keys`."""
        first = max(bisect_left(keys, self.prefix), bisect_right(keys, self.after))
        last = bisect_left(keys, min(self.prefix + _LAST, self.before or _LAST))
        return range(first, last)


def key_ranges(prefix: str, scope: Scope, folders_of: FoldersOf) -> list[KeyRange]:
    """The ranges of keys below `prefix` that can have what `scope` asks for.

    `prefix` may end anywhere in the layout: at the trail's prefix, or at an account, a
    Region, a day. `folders_of` lists levels that neither `prefix` nor `scope` names.
    """
    base, given = _split(prefix)
    accounts = _accounts(base, given, scope, folders_of)
    below = [
        (f"{account}{folder}/", rest) for account, rest in accounts for folder in scope.folders
    ]
    below = [(folder, rest[1:]) for folder, rest in below if _agrees(folder, rest)]
    return [
        _range(region, "/".join(rest), scope) for region, rest in _regions(below, scope, folders_of)
    ]


def after_known(keys: KeyRange, known: Sequence[str]) -> KeyRange:
    """The part of a Region's range that can have more than the sorted `known` keys.

    It starts the day before the last known day: later deliveries go to later days.
    """
    rows = keys.rows_of(known)
    last = parse_log_file_key(known[rows[-1]]) if rows else None
    if last is None or not known[rows[-1]].startswith(f"{keys.prefix}{day_folder(last.stamp)}/"):
        return keys
    return replace(keys, after=max(keys.after, keys.prefix + day_folder(last.stamp - _DAY)))


def root_of(prefix: str) -> str:
    """The prefix of all keys that `key_ranges` of `prefix` can have."""
    base, given = _split(prefix)
    return base + "".join(f"{level}/" for level in given)


def folders_in(keys: Sequence[str], prefix: str) -> list[str]:
    """The names of the folders directly below `prefix`, in sorted `keys`."""
    names: list[str] = []
    at = bisect_left(keys, prefix)
    while at < len(keys) and keys[at].startswith(prefix):
        name, slash, _ = keys[at].removeprefix(prefix).partition("/")
        if slash:
            names.append(name)
            at = bisect_left(keys, f"{prefix}{name}/{_LAST}")
        else:
            at += 1
    return names


def _split(prefix: str) -> tuple[str, list[str]]:
    """The prefix up to AWSLogs/, and the levels below it that are given."""
    parts = [part for part in prefix.split("/") if part]
    at = parts.index(ROOT) if ROOT in parts else len(parts)
    return "/".join([*parts[:at], ROOT]) + "/", parts[at + 1 :]


Branch = tuple[str, list[str]]
"""A prefix, and the levels below it that are given."""


def _accounts(base: str, given: list[str], scope: Scope, folders_of: FoldersOf) -> list[Branch]:
    """The prefixes of the accounts, including those of an organization's members."""
    names = given[:1] or folders_of([base])[0]
    organizations = [f"{base}{name}/" for name in names if ORGANIZATION_FOLDER.fullmatch(name)]
    found = [(base, name, given[1:]) for name in names]
    if organizations:
        members = [given[1:2]] if given[1:] else folders_of(organizations)
        for organization, own in zip(organizations, members, strict=True):
            found += [(organization, name, given[2:]) for name in own]
    return [
        (f"{above}{name}/", rest)
        for above, name, rest in found
        if ACCOUNT_FOLDER.fullmatch(name) and (not scope.accounts or name in scope.accounts)
    ]


def _agrees(folder: str, rest: list[str]) -> bool:
    return not rest or folder.endswith(f"/{rest[0]}/")


def _regions(branches: list[Branch], scope: Scope, folders_of: FoldersOf) -> Iterator[Branch]:
    unknown = [folder for folder, rest in branches if not rest and not scope.regions]
    listed = dict(zip(unknown, folders_of(unknown) if unknown else (), strict=True))
    for folder, rest in branches:
        for name in rest[:1] or listed.get(folder) or scope.regions:
            if not scope.regions or name in scope.regions:
                yield f"{folder}{name}/", rest[1:]


def _range(region: str, rest: str, scope: Scope) -> KeyRange:
    """The Region's keys on the wanted days: YYYY/MM/DD sorts as text."""
    until = scope.until if scope.until and scope.until.year < MAXYEAR else None
    return KeyRange(
        prefix=f"{region}{rest}/" if rest else region,
        after=region + day_folder(scope.since) if scope.since else "",
        before=region + day_folder(until + LATE_DELIVERY + _DAY) if until else "",
    )
