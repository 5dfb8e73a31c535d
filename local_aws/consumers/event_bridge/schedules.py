"""Schedules of EventBridge rules, `rate(...)` and `cron(...)`: when they are due.

Source: EventBridge User Guide, "Creating a scheduled rule" and "Cron expressions". Minutes are
the finest unit; times are UTC.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta

from msgspec import Struct

__all__ = ["InvalidSchedule", "Occurrences", "compile_schedule"]

Occurrences = Callable[[datetime, datetime, datetime], Iterator[datetime]]
"""Arguments: when the rule was put, and a start and an end.

Gives when it is due, after the start and up to the end.
"""

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((.+)\)")
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_WEEKDAYS = {
    name: number
    for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), start=1)
}
_FRIDAY = 4
_SATURDAY = 5


class InvalidSchedule(ValueError):
    """An expression that EventBridge refuses."""

    def __init__(self) -> None:
        super().__init__("Parameter ScheduleExpression is not valid.")


def compile_schedule(expression: str) -> Occurrences:
    """A function that tells when a schedule is due. Raises InvalidSchedule."""
    if rate := _RATE.fullmatch(expression):
        return _rate(int(rate[1]), rate[2], plural=bool(rate[3]))
    cron = _CRON.fullmatch(expression)
    if not cron:
        raise InvalidSchedule
    try:
        return _Cron.of(*cron[1].split()).occurrences
    except (TypeError, ValueError) as error:
        raise InvalidSchedule from error


def _rate(value: int, unit: str, *, plural: bool) -> Occurrences:
    if value < 1 or plural is (value == 1):
        raise InvalidSchedule
    step = timedelta(**{f"{unit}s": value})

    def occurrences(put: datetime, since: datetime, until: datetime) -> Iterator[datetime]:
        due = put + ((since - put) // step + 1) * step
        while due <= until:
            yield due
            due += step

    return occurrences


class _Cron(Struct, frozen=True):
    minutes: list[int]
    hours: list[int]
    is_day: Callable[[date], bool]

    @classmethod
    def of(cls, minutes: str, hours: str, day: str, month: str, weekday: str, year: str) -> _Cron:
        """A schedule from the six fields of an expression. Raises ValueError for invalid ones."""
        if "?" not in (day, weekday):
            raise ValueError(f"wanted ? for one of both days, got {day} and {weekday}")
        months, years = _numbers(month, 1, 12, _MONTHS), _numbers(year, 1970, 2199)
        in_month = _weekdays(weekday) if day == "?" else _days(day)

        def is_day(each: date) -> bool:
            return each.month in months and each.year in years and in_month(each)

        return cls(sorted(_numbers(minutes, 0, 59)), sorted(_numbers(hours, 0, 23)), is_day)

    def occurrences(self, _put: datetime, since: datetime, until: datetime) -> Iterator[datetime]:
        for number in range((until.date() - since.date()).days + 1):
            day = since.date() + timedelta(number)
            if self.is_day(day):
                yield from (due for due in self._of_day(day) if since < due <= until)

    def _of_day(self, day: date) -> Iterator[datetime]:
        for hour in self.hours:
            for minute in self.minutes:
                yield datetime.combine(day, time(hour, minute), UTC)


def _numbers(field: str, least: int, most: int, names: Mapping[str, int] | None = None) -> set[int]:
    """The numbers that a field's `*`, lists, ranges and steps stand for."""
    return {number for part in field.split(",") for number in _part(part, least, most, names or {})}


def _part(part: str, least: int, most: int, names: Mapping[str, int]) -> range:
    span, slash, step = part.partition("/")
    first, dash, last = ("", "", "") if span == "*" else span.partition("-")
    start = _number(first, names) if first else least
    end = _number(last, names) if dash else most if slash or not first else start
    if not least <= start <= end <= most or (slash and int(step) < 1):
        raise ValueError(f"wanted {least} to {most}, got {part}")
    return range(start, end + 1, int(step) if slash else 1)


def _number(text: str, names: Mapping[str, int]) -> int:
    return names[text.upper()] if text.upper() in names else int(text)


def _days(field: str) -> Callable[[date], bool]:
    """Days of the month: numbers, `L` for the last, `15W` and `LW` for the nearest weekday."""
    if not field.endswith(("L", "W")):
        numbers = _numbers(field, 1, 31)
        return lambda day: day.day in numbers
    wanted = field.removesuffix("W")
    number = 31 if wanted == "L" else _part(wanted, 1, 31, {}).start
    nearest = field.endswith("W")

    def is_day(day: date) -> bool:
        last = calendar.monthrange(day.year, day.month)[1]
        found = day.replace(day=min(number, last))
        return day == (_nearest_weekday(found, last) if nearest else found)

    return is_day


def _nearest_weekday(day: date, last: int) -> date:
    """The day itself, or the Friday before or the Monday after it, in the same month."""
    if day.weekday() <= _FRIDAY:
        return day
    back = day.weekday() == _SATURDAY
    number = day.day + (-1 if back else 1)
    if number < 1:
        number += 3
    if number > last:
        number -= 3
    return day.replace(day=number)


def _weekdays(field: str) -> Callable[[date], bool]:
    """Days of the week, where SUN is 1: numbers, `6L` the last Friday, `3#2` the second Tuesday."""
    if "#" in field:
        wanted, _, count = field.partition("#")
        number, nth = _number(wanted, _WEEKDAYS), int(count)
        return lambda day: _weekday(day) == number and (day.day - 1) // 7 + 1 == nth
    if field.endswith("L") and field != "L":
        number = _number(field.removesuffix("L"), _WEEKDAYS)
        return lambda day: _weekday(day) == number and (day + timedelta(7)).month != day.month
    numbers = {7} if field == "L" else _numbers(field, 1, 7, _WEEKDAYS)
    return lambda day: _weekday(day) in numbers


def _weekday(day: date) -> int:
    return day.isoweekday() % 7 + 1
