"""The guide's page, and its parts by their ids, which open pages get when they change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab_steps.guide.lessons import Lesson
from lab_steps.results.html import asset, context, template
from lab_steps.results.result import Result
from lab_steps.targets.control import Console

SCRIPTS = ("report.js", "guide.js")
"""The page's scripts, in their order."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows: what a look found, the steps that changed since the look before, and, if
    the latest look failed, why."""

    result: Result
    changed: tuple[int, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Pages:
    """Makes the pages of one lab."""

    lessons: Mapping[int, Lesson]
    console: Console | None

    def parts(self, shown: Shown) -> dict[str, str]:
        """The HTML of each part that may change, by its id."""
        made: Any = template("guide_parts").make_module(self._context(shown))
        return {
            **{name: str(getattr(made, name)()) for name in ("trouble", "told", "progress", "map")},
            **{f"step-{each.number}": str(made.card(each)) for each in shown.result.steps},
            "timeline": str(made.timeline()),
            "objects": str(made.objects()),
        }

    def page(self, shown: Shown, parts: Mapping[str, str], revision: int) -> str:
        """The whole page, as of `revision`."""
        return template("guide").render(
            **self._context(shown), live=_trusted(parts), revision=revision
        )

    def _context(self, shown: Shown) -> dict[str, Any]:
        return {
            **context(shown.result),
            "lessons": self.lessons,
            "console": self.console,
            "changed": [each for each in shown.result.steps if each.number in shown.changed],
            "trouble_text": shown.trouble,
        }


def _trusted(parts: Mapping[str, str]) -> dict[str, Any]:
    from markupsafe import Markup

    return {name: Markup(part) for name, part in parts.items()}  # noqa: S704 (made by templates)


def style() -> str:
    """The report's style sheet, and what the guide adds."""
    return asset("report.css") + asset("guide.css")


def script() -> str:
    """The page's script."""
    return "".join(map(asset, SCRIPTS))


@dataclass
class Revisions:
    """Parts by id, each with the number of the revision that last changed it."""

    number: int = 0
    _parts: dict[str, tuple[int, str]] = field(default_factory=dict)

    def take(self, parts: Mapping[str, str]) -> None:
        """Make a new revision if any of `parts` has changed."""
        new = {
            name: part for name, part in parts.items() if self._parts.get(name, (0, ""))[1] != part
        }
        if new:
            self.number += 1
            self._parts |= {name: (self.number, part) for name, part in new.items()}

    def since(self, number: int) -> dict[str, tuple[int, str]]:
        """The parts that changed after the revision `number`."""
        return {name: each for name, each in self._parts.items() if each[0] > number}

    def all(self) -> dict[str, str]:
        """All parts as they are now."""
        return _only(self._parts.items())


def _only(parts: Iterable[tuple[str, tuple[int, str]]]) -> dict[str, str]:
    return {name: part for name, (_, part) in parts}
