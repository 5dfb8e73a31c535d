"""Golden trails: what ran, compared with a file of calls that people review.

    order: strict
    calls:
    - call: dynamodb:CreateTable
      by: role/deployer
      parameters:
        tableName: Users
    - call: dynamodb:PutItem
      by: root
      times: 2+

A call has at least the parameters that its entry names, and only the error that it
names. `*` in a value stands for any text; `times` is how often the call is made, `2+` for at
least twice; `by` may be left out. With `order: any` only the calls and their numbers matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml  # type: ignore[import-untyped]

from cloudtrail.compact_json import to_json
from cloudtrail.record_conditions import Condition
from cloudtrail.records.calls import Record
from local_aws.testing.alignment import Pair, aligned, matched_in_any_order
from local_aws.testing.records import call, caller, is_call, scalar_text

_TIMES = re.compile(r"(\d{1,4})(\+?)")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LEFT_OUT = ("Host",)
"""Parameters that belong to the server, and not to the call."""

_HEAD = "# Calls that a test makes. Renew them with pytest --update-calls, then read the diff.\n"
_CONTEXT = 1


class InvalidCalls(ValueError):
    """A file that is not a file of calls."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A call: a wanted one of the file, or one that was made."""

    call: str
    by: str = "*"
    error: str = ""
    times: int | str = 1
    parameters: dict[str, Any] = {}

    def __post_init__(self) -> None:
        if not _TIMES.fullmatch(str(self.times)):
            raise ValueError(f"wanted times as 3, or 3+ for at least 3, got {self.times!r}")

    def __str__(self) -> str:
        error = f" {self.error}" if self.error else ""
        by = f" by {self.by}" if self.by != "*" else ""
        parameters = f" {to_json(self.parameters).decode()}" if self.parameters else ""
        return f"{self.call}{error}{by}{parameters}"

    @property
    def least(self) -> int:
        """How often the call must be made, at least."""
        return int(str(self.times).removesuffix("+"))

    @property
    def or_more(self) -> bool:
        """Whether it may be made more often."""
        return str(self.times).endswith("+")

    def is_of(self, made: Entry) -> bool:
        """Whether the call has the wanted name."""
        return _is_like(self.call, made.call)

    def differences(self, made: Entry) -> list[str]:
        """What differs in a call with that name: `by: wanted root, got user/alice`."""
        found = [] if _is_like(self.by, made.by) else [_wanted("by", self.by, made.by)]
        if not _is_like(self.error, made.error):
            found.append(_wanted("error", self.error or "none", made.error or "none"))
        return [*found, *_differences("parameters", self.parameters, made.parameters)]

    def allows(self, made: Entry) -> bool:
        """Whether the call is as wanted."""
        return self.is_of(made) and not self.differences(made)


class Calls(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a file of calls."""

    calls: list[Entry]
    order: Literal["strict", "any"] = "strict"

    def pairs(self, made: Sequence[Entry]) -> list[Pair[Entry]]:
        """Every wanted call with the one that was made, if there is one, and the new calls."""
        if self.order == "any":
            return matched_in_any_order(self.calls, made)
        return aligned(self.calls, made)


def assert_calls(path: Path, records: Iterable[Record], *, update: bool) -> None:
    """Compare the calls among the records with the file, or rewrite it.

    Raises AssertionError, which shows what is missing, new or changed, and InvalidCalls.
    """
    __tracebackhide__ = True
    made = [entry_of(record) for record in records if is_call(record)]
    if update:
        path.write_text(renewed(read(path) if path.exists() else Calls([]), made))
        return
    if not path.exists():
        raise AssertionError(f"there is no {path.name}: pytest --update-calls writes it ({path})")
    pairs = read(path).pairs(made)
    if any(not pair.is_match for pair in pairs):
        raise AssertionError(difference(path.name, pairs))


def entry_of(record: Record) -> Entry:
    """The call of a record, with all of its parameters."""
    parameters = record.get("requestParameters") or {}
    kept = {name: value for name, value in parameters.items() if name not in _LEFT_OUT}
    return Entry(call(record), caller(record), record.get("errorCode") or "", 1, kept)


def read(path: Path) -> Calls:
    """The calls of a file. Raises InvalidCalls."""
    try:
        return parsed(path.read_text())
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidCalls(
            f"{path} is not a file of calls: {error}; delete it, and pytest --update-calls writes "
            "a new one"
        ) from error


def parsed(text: str) -> Calls:
    """The calls of a file with this text. Raises yaml.YAMLError and ValueError."""
    return msgspec.convert(yaml.safe_load(text), Calls)


def _is_like(pattern: str, text: str) -> bool:
    return Condition("", pattern).test()(text)


def _wanted(path: str, wanted: object, got: object) -> str:
    return f"{path}: wanted {_text(wanted)}, got {_text(got)}"


def _text(value: object) -> str:
    return "none" if value is None else scalar_text(value)


def _differences(path: str, wanted: Any, got: Any) -> Iterator[str]:
    """What differs from the wanted value; an object may have more."""
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        for name, value in wanted.items():
            yield from _differences(f"{path}.{name}", value, got.get(name))
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for index, (one, other) in enumerate(zip(wanted, got, strict=True)):
            yield from _differences(f"{path}[{index}]", one, other)
    elif not _is_same(wanted, got):
        yield _wanted(path, wanted, got)


def _is_same(wanted: Any, got: Any) -> bool:
    if wanted is None or got is None:
        return wanted is got
    return _is_like(scalar_text(wanted), scalar_text(got))


def difference(name: str, pairs: Sequence[Pair[Entry]]) -> str:
    """The text that shows what is missing, new and changed, each after the call before it."""
    pairs = [pair for pair in pairs if pair.made or not pair.is_match]
    lines = [f"the calls differ from {name} (- missing, + new, ~ changed):"]
    shown = -1
    for index, pair in enumerate(pairs):
        if pair.is_match:
            continue
        before = range(max(shown + 1, index - _CONTEXT), index)
        if before.start > shown + 1:
            lines.append("    ...")
        lines += [f"    {pairs[each].wanted}" for each in before]
        lines += _lines(pair)
        shown = index
    if shown < len(pairs) - 1:
        lines.append("    ...")
    return "\n".join([*lines, "if the new calls are right: pytest --update-calls"])


def _lines(pair: Pair[Entry]) -> list[str]:
    if pair.wanted is None:
        return [f"  + {pair.made}"]
    if pair.made is None:
        return [f"  - {pair.wanted}"]
    details = (f"      {each}" for each in pair.wanted.differences(pair.made))
    return [f"  ~ {pair.made.call}", *details]


def renewed(old: Calls, made: Sequence[Entry]) -> str:
    """The text of the file for these calls. What people chose in the old file is kept.

    A call that the old file allows keeps its entry. A changed call gets the parameters that the old
    entry names; a new one all of them, except random identifiers.
    """
    entries = [each for pair in old.pairs(made) for each in _entries(pair)]
    calls = Calls(list(_counted(entries, old.order)), old.order)
    content = {"order": calls.order, "calls": msgspec.to_builtins(calls.calls)}
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    return _HEAD + text


def _entries(pair: Pair[Entry]) -> Iterator[tuple[Entry, int]]:
    """The entry for a pair, if any, and how many calls it stands for."""
    if pair.made is None:
        if pair.wanted is not None and not pair.wanted.least:
            yield pair.wanted, 0
    elif pair.wanted is None:
        yield _without_random_ids(pair.made), 1
    else:
        yield pair.wanted if pair.is_match else _changed(pair.wanted, pair.made), 1


def _counted(entries: list[tuple[Entry, int]], order: str) -> Iterator[Entry]:
    """Equal calls as one entry with their number; only those in a row if the order matters."""
    keyed = [(to_json(msgspec.structs.replace(entry, times=1)), entry, n) for entry, n in entries]
    if order == "any":
        first = {key: index for index, (key, _, _) in reversed([*enumerate(keyed)])}
        keyed.sort(key=lambda each: first[each[0]])
    for _, group in groupby(keyed, key=lambda each: each[0]):
        equal = list(group)
        yield _with_times([entry for _, entry, _ in equal], sum(n for _, _, n in equal))


def _with_times(equal: Sequence[Entry], number: int) -> Entry:
    """The entry for `number` calls; `2+` stays if it still holds."""
    for each in equal:
        if each.or_more:
            return msgspec.structs.replace(each, times=f"{min(each.least, number)}+")
    return msgspec.structs.replace(equal[0], times=number)


def _changed(wanted: Entry, made: Entry) -> Entry:
    by = wanted.by if _is_like(wanted.by, made.by) else made.by
    parameters = _renewed(wanted.parameters, made.parameters)
    error = wanted.error if _is_like(wanted.error, made.error) else made.error
    return Entry(wanted.call, by, error, wanted.times, parameters)


def _renewed(wanted: Any, got: Any) -> Any:
    """The new value of what the entry names. Patterns that still hold stay as they are."""
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        return {name: _renewed(wanted[name], got[name]) for name in wanted if name in got}
    return wanted if not [*_differences("", wanted, got)] else _random_ids_left_out(got)


def _without_random_ids(made: Entry) -> Entry:
    return msgspec.structs.replace(made, parameters=_random_ids_left_out(made.parameters))


def _random_ids_left_out(value: Any) -> Any:
    """The value, with `*` for identifiers that differ in each run."""
    if isinstance(value, Mapping):
        return {name: _random_ids_left_out(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_random_ids_left_out(each) for each in value]
    return _UUID.sub("*", value) if isinstance(value, str) else value
