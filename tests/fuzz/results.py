"""Saved results and state files: whatever is in one, it is shown or refused, in every form."""

from __future__ import annotations

import copy
import html.parser
import json
import random
import re
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec

from lab_steps.checking.first_seen import Seen, SeenFile
from lab_steps.documents import DocumentError
from lab_steps.errors import CannotLookError, UsageError
from lab_steps.place.state import Action, LabState, Phase, StateFile
from lab_steps.results import reporting
from lab_steps.results.result import Result, decoded
from lab_steps.session import remembered
from lab_steps.verbs.hint import HintBook, HintsGiven
from lab_steps.walkthrough.deployment import deployed
from lab_steps.walkthrough.lab import WALKTHROUGH
from tests.fuzz.figures import Figures
from tests.lab_steps.documents import STARTED, made, observed

Trial = Callable[[], str]
"""Tries something; what it gives says what is wrong, if anything is."""

SECONDS = 2.0
HOSTILE: tuple[str, ...] = (
    "",
    "\x1b[2J\x1b]0;title\x07",
    "\u202etxt.exe",
    "\x85\x9b31m",
    "\u2028</script><script>alert(1)</script>",
    "]]><x>&\"'",
    "\ufffe\uffff",
    "a/" * 600,
    "x" * 20_000,
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    "{{ 7 * 7 }}",
    "[/red]",
)
VALUES: tuple[Any, ...] = (
    *HOSTILE, None, True, 0, -1, 99, 2**63, 10**30, 1e308, -0.0, [], {}, [[]], {"": {}}, [None],
)  # fmt: skip
_RAW = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


def run(count: int, seed: int) -> Figures:
    """Try `count` changed documents: half of them results, half what commands note."""
    source = random.Random(seed)
    figures = Figures("results")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            trial = _result(source) if number % 2 else _note(Path(folder), source)
            figures = timed(figures, trial, SECONDS)
    return figures


def timed(figures: Figures, trial: Trial, seconds: float) -> Figures:
    """`figures` with one more tried: what `trial` says is wrong, raises, or needs too long for."""
    begun = time.process_time()
    try:
        wrong = trial()
    except Exception:  # noqa: BLE001 (counted, and told)
        wrong = traceback.format_exc(limit=-3)
    if time.process_time() - begun > seconds:
        return figures.plus(f"over {seconds} s {wrong}", tried=1, hung=1)
    return figures.plus(wrong, tried=1, crashed=bool(wrong))


def rendered_wrong(result: Result) -> str:
    """What is wrong with the forms of a result; empty when nothing is."""
    forms = {name: form(result) for name, form in reporting.FORMS.items()}
    ET.fromstring(forms["junit"])
    if decoded(forms["json"].encode()) != result:
        return "the JSON is another result"
    html.parser.HTMLParser().feed(forms["html"])
    if forms["html"].count("<script") != 1:
        return "a script of others is in the page"
    found = {name: _RAW.search(text) for name, text in forms.items()}
    return ", ".join(f"{name} holds {raw[0]!r}" for name, raw in found.items() if raw)


def changed_json(data: bytes, source: random.Random) -> bytes:
    """A document with one thing changed: a value, a name, or its bytes."""
    kind = source.randrange(8)
    if kind == 0:
        at = source.randrange(len(data))
        return data[:at] + bytes([source.randrange(256)]) + data[at + source.randrange(3) :]
    if kind == 1:
        at = source.randrange(len(data))
        return data[:at] + source.choice((b"[" * 5000, b'{"a":' * 200, b"\xff", b"\\ud800", b""))
    document = json.loads(data)
    for _ in range(source.randint(1, 3)):
        _change(document, source)
    return json.dumps(document, ensure_ascii=bool(source.randrange(2))).encode("utf-8", "replace")


def _change(document: Any, source: random.Random) -> None:
    """Change one value or name somewhere in `document`."""
    here = document
    while True:
        keys = list(here) if isinstance(here, dict) else range(len(here))
        if not keys:
            return
        key = source.choice(keys)
        inner = here[key]
        if not isinstance(inner, dict | list) or not inner or source.randrange(6) == 0:
            break
        here = inner
    if isinstance(here, dict) and source.randrange(4) == 0:
        here[source.choice(HOSTILE)] = here.pop(key)
    elif source.randrange(10) == 0:
        here.pop(key)
    else:
        kin = [each for each in VALUES if type(each) is type(inner)]
        here[key] = copy.deepcopy(source.choice(kin if source.randrange(4) and kin else VALUES))


def _result(source: random.Random) -> Trial:
    data = changed_json(RESULT, source)

    def shown() -> str:
        try:
            return rendered_wrong(decoded(data))
        except DocumentError as error:
            return "" if str(error) else "no reason"

    return shown


def _note(folder: Path, source: random.Random) -> Trial:
    """A state, what was seen, or given hints."""
    path = folder / "note.json"
    use, document = source.choice(NOTES)
    path.write_bytes(changed_json(document, source))

    def refused() -> str:
        try:
            use(path)
        except (CannotLookError, UsageError) as error:
            return "" if error.advice or isinstance(error, UsageError) else f"what now? {error}"
        return ""

    return refused


def _use_state(path: Path) -> None:
    state = StateFile(path)
    state.load().last_time  # noqa: B018 (compares the times)
    deployed("us-east-1", None, remembered(WALKTHROUGH, state))


def _use_seen(path: Path) -> None:
    SeenFile(path).first_seen("d", STARTED)


def _use_hints(path: Path) -> None:
    HintBook(path).next(WALKTHROUGH.step(7))


STATE = LabState(
    parameters={"suffix": "lab", "prefix": "p"},
    actions={"deploy": Action(phase=Phase.DONE, started=STARTED, done=STARTED)},
)
RESULT = msgspec.json.encode(made(seen=observed()))
NOTES: tuple[tuple[Callable[[Path], None], bytes], ...] = (
    (_use_state, msgspec.json.encode(STATE)),
    (_use_seen, msgspec.json.encode(Seen(digest="d", since=STARTED))),
    (_use_hints, msgspec.json.encode(HintsGiven(hints={7: 2, 9: 1}))),
)
