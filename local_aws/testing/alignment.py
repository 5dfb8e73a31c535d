"""Aligns the wanted calls with those that were made, in their order or in any order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, Protocol, Self, TypeVar

from msgspec import Struct


class Comparable(Protocol):
    """A call that is wanted `least` times, or also more often if `or_more`."""

    @property
    def least(self) -> int: ...
    @property
    def or_more(self) -> bool: ...
    def is_of(self, made: Self, /) -> bool: ...
    def allows(self, made: Self, /) -> bool: ...


Call = TypeVar("Call", bound=Comparable)

_MATCHED, _CHANGED, _MISSING, _NEW, _SKIPPED = range(5)


class Pair(Struct, Generic[Call], frozen=True):
    """A wanted call and the call that was made. Without a wanted one it is new, otherwise missing.

    A match without a made call is a call that may be made any number of times, and was not made
    again.
    """

    wanted: Call | None
    made: Call | None
    is_match: bool = False


class _Slot(Struct, Generic[Call], frozen=True):
    """A place for one call, or for any number of them."""

    wanted: Call
    is_open: bool


def _slots(wanted: Sequence[Call]) -> list[_Slot[Call]]:
    slots: list[_Slot[Call]] = []
    for each in wanted:
        slots += [_Slot(each, is_open=False)] * each.least
        slots += [_Slot(each, is_open=True)] * each.or_more
    return slots


def aligned(wanted: Sequence[Call], made: Sequence[Call]) -> list[Pair[Call]]:
    """The pairs with the fewest differences, both sides in their order."""
    slots = _slots(wanted)
    start = 0
    while start < min(len(slots), len(made)) and _is_plain_match(slots[start], made[start]):
        start += 1
    pairs = [Pair(slots[each].wanted, made[each], is_match=True) for each in range(start)]
    return pairs + _cheapest(slots[start:], made[start:])


def _is_plain_match(slot: _Slot[Call], made: Call) -> bool:
    return not slot.is_open and slot.wanted.allows(made)


def _cheapest(slots: Sequence[_Slot[Call]], made: Sequence[Call]) -> list[Pair[Call]]:
    """The pairs with the smallest edit distance: each missing, new or changed call costs 1."""
    steps: list[list[int]] = []
    below = list(range(len(made), -1, -1))  # all slots are used: the remaining calls are new
    for slot in reversed(slots):
        costs, chosen = _row(slot, made, below)
        steps.append(chosen)
        below = costs
    return _walked(slots, made, steps[::-1])


def _row(
    slot: _Slot[Call], made: Sequence[Call], below: Sequence[int]
) -> tuple[list[int], list[int]]:
    """For each j, the cost of this slot and all after it with `made[j:]`, and the step to take."""
    costs, chosen = [0] * len(below), [0] * len(below)
    for j in range(len(made), -1, -1):
        options = [(below[j], _SKIPPED)] if slot.is_open else [(below[j] + 1, _MISSING)]
        if j < len(made):
            options.append((costs[j + 1] + 1, _NEW))
            if slot.wanted.allows(made[j]):
                options.append((costs[j + 1] if slot.is_open else below[j + 1], _MATCHED))
            elif not slot.is_open and slot.wanted.is_of(made[j]):
                options.append((below[j + 1] + 1, _CHANGED))
        costs[j], chosen[j] = min(options)
    return costs, chosen


def _walked(
    slots: Sequence[_Slot[Call]], made: Sequence[Call], steps: Sequence[Sequence[int]]
) -> list[Pair[Call]]:
    pairs: list[Pair[Call]] = []
    i = j = 0
    while i < len(slots):
        slot, step = slots[i], steps[i][j]
        if step == _MISSING:
            pairs.append(Pair(slot.wanted, None))
        elif step == _NEW:
            pairs.append(Pair(None, made[j]))
        elif step == _SKIPPED:
            pairs.append(Pair(slot.wanted, None, is_match=True))
        else:
            pairs.append(Pair(slot.wanted, made[j], is_match=step == _MATCHED))
        i += step in (_MISSING, _SKIPPED) or (step != _NEW and not slot.is_open)
        j += step in (_MATCHED, _CHANGED, _NEW)
    return pairs + [Pair(None, each) for each in made[j:]]


def matched_in_any_order(wanted: Sequence[Call], made: Sequence[Call]) -> list[Pair[Call]]:
    """As many matching pairs as possible, in the order of the wanted calls; then the new calls."""
    slots = [slot for slot in _slots(wanted) if not slot.is_open]
    taken = _most_matches(slots, made, wanted)
    left = [j for j in range(len(made)) if j not in taken.values()]
    extra = {j: each for j in left if (each := _more_of(wanted, made[j])) is not None}
    left = [j for j in left if j not in extra]
    pairs: list[Pair[Call]] = []
    for i, slot in enumerate(slots):
        like = taken.get(i, next((j for j in left if slot.wanted.is_of(made[j])), None))
        if like in left:
            left.remove(like)
        call = None if like is None else made[like]
        pairs.append(Pair(slot.wanted, call, is_match=i in taken))
    pairs += [Pair(each, made[j], is_match=True) for j, each in extra.items()]
    pairs += [Pair(each, None, is_match=True) for each in wanted if each.or_more]
    return pairs + [Pair(None, made[j]) for j in left]


def _more_of(wanted: Sequence[Call], made: Call) -> Call | None:
    return next((each for each in wanted if each.or_more and each.allows(made)), None)


def _most_matches(
    slots: Sequence[_Slot[Call]], made: Sequence[Call], wanted: Sequence[Call]
) -> dict[int, int]:
    """The call that each slot gets: as many as possible, calls that fit no open slot first.

    An augmenting path takes a partner from nobody who has one (Mendelsohn and Dulmage, 1958).
    """
    calls_of, slots_of = _fitting(slots, made)
    call_of: dict[int, int] = {}
    slot_of: dict[int, int] = {}
    for j, call in enumerate(made):
        if _more_of(wanted, call) is None:
            _pair_up(j, slots_of, slot_of, call_of)
    for i in range(len(slots)):
        if i not in call_of:
            _pair_up(i, calls_of, call_of, slot_of)
    return call_of


def _fitting(
    slots: Sequence[_Slot[Call]], made: Sequence[Call]
) -> tuple[list[list[int]], list[list[int]]]:
    """The calls that each slot allows, and the slots that allow each call."""
    entries = {id(slot.wanted): slot.wanted for slot in slots}
    allowed = {
        key: [j for j, call in enumerate(made) if each.allows(call)]
        for key, each in entries.items()
    }
    calls_of = [allowed[id(slot.wanted)] for slot in slots]
    slots_of: list[list[int]] = [[] for _ in made]
    for i, calls in enumerate(calls_of):
        for j in calls:
            slots_of[j].append(i)
    return calls_of, slots_of


def _pair_up(
    start: int,
    fitting: Sequence[Sequence[int]],
    partner: dict[int, int],
    partner_there: dict[int, int],
) -> None:
    """Find a partner for `start`, by giving others another one if necessary.

    Breadth first, without recursion: there may be thousands of calls.
    """
    came_from: dict[int, int] = {}
    queue = [start]
    for here in queue:
        for there in fitting[here]:
            if there in came_from:
                continue
            came_from[there] = here
            if there not in partner_there:
                _exchange(there, start, came_from, partner, partner_there)
                return
            queue.append(partner_there[there])


def _exchange(
    there: int,
    start: int,
    came_from: Mapping[int, int],
    partner: dict[int, int],
    partner_there: dict[int, int],
) -> None:
    here = came_from[there]
    while here != start:
        before = partner[here]
        partner[here], partner_there[there] = there, here
        there, here = before, came_from[before]
    partner[here], partner_there[there] = there, here
