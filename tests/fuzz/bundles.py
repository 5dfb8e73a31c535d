"""Bundles from other people: whatever is in one, it gets a verdict or a sentence, and soon.

A whole bundle is changed in its ZIP structure, in its members' names and sizes, and in the JSON
and log files inside. Each changed one is graded and rendered in every form.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import random
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from lab_steps.bundles import regrading, saving
from lab_steps.checking.patience import Patience
from lab_steps.errors import UsageError
from lab_steps.place.state import StateFile
from lab_steps.session import open_session
from lab_steps.targets.target import Target
from lab_steps.terminal.progress import Progress
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from tests.fuzz.figures import Figures
from tests.fuzz.results import HOSTILE, changed_json, rendered_wrong, timed
from tests.lab_steps.by_hand import ByHand
from tests.lab_steps.standing import ORGANIZATION
from trail_logs.sources.bundle import MANIFEST, RECORDING, RESULT

Members = dict[str, bytes]
AT_ONCE = Patience(timedelta(), 0.05)
SECONDS = 10.0
"""No verdict on a bundle of these takes so long."""


def run(count: int, seed: int) -> Figures:
    """Try `count` changed bundles of a lab on a local AWS of its own."""
    with LocalAws(delivery_delay=0.2, organization=ORGANIZATION) as aws:
        whole = whole_bundle(aws)
    return campaign(whole, count, seed)


def campaign(whole: bytes, count: int, seed: int) -> Figures:
    """Try `count` changes of `whole`."""
    source = random.Random(seed)
    figures = Figures("bundles")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lab.zip"
        for _ in range(count):
            path.write_bytes(changed(whole, source))
            figures = tried(figures, path, rendered=source.randrange(4) == 0)
            if [each.name for each in path.parent.iterdir()] != [path.name]:
                figures = figures.plus(f"wrote beside {path}", crashed=1)
    return figures


def whole_bundle(aws: LocalAws) -> bytes:
    """The bundle of a lab that passes."""
    ByHand(aws).lab()
    aws.deliver_now()
    target = Target("endpoint", "us-east-1", AT_ONCE, endpoint_url=aws.endpoint_url)
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(target):
        state = StateFile(Path(folder) / "state.json")
        lab = open_session(WALKTHROUGH, target, Progress(), state=state)
        path = Path(folder) / "lab.zip"
        saving.save(path, lab)
        return path.read_bytes()


def tried(figures: Figures, path: Path, *, rendered: bool) -> Figures:
    """`figures` with the bundle at `path` counted; most of the time goes into its forms."""

    def graded() -> str:
        try:
            found = regrading.regrade(WALKTHROUGH, path)
            regrading.differing(found, regrading.saved_result(path))
        except UsageError as error:
            return "" if str(error).startswith(str(path)) else f"a sentence without name: {error}"
        return rendered_wrong(found) if rendered else ""

    return timed(figures, graded, SECONDS)


def changed(whole: bytes, source: random.Random) -> bytes:
    """`whole` with one thing about it changed."""
    return source.choice(CHANGES)(whole, source)


def _bytes(whole: bytes, source: random.Random) -> bytes:
    """Some bytes anywhere: mostly in compressed data and in headers."""
    data = bytearray(whole)
    for _ in range(source.randint(1, 4)):
        data[source.randrange(len(data))] = source.randrange(256)
    return bytes(data)


def _header(whole: bytes, source: random.Random) -> bytes:
    """A field of a local header, of the central directory or of its end."""
    data = bytearray(whole)
    magic, size = source.choice(((b"PK\3\4", 30), (b"PK\1\2", 46), (b"PK\5\6", 22)))
    places = [at for at in range(len(data)) if data.startswith(magic, at)]
    at = source.choice(places) + source.randrange(4, size)
    data[at] = source.choice((0, 1, 0x7F, 0xFF, source.randrange(256)))
    return bytes(data)


def _cut(whole: bytes, source: random.Random) -> bytes:
    """Less, or more, at the beginning or at the end."""
    at = source.randrange(len(whole))
    return source.choice((whole[:at], whole[at:], whole + whole[at:], whole[at:] + whole))


def _document(whole: bytes, source: random.Random) -> bytes:
    """The JSON of a document."""
    members = _members(whole)
    name = source.choice((MANIFEST, RECORDING, RESULT))
    members[name] = changed_json(members[name], source)
    return _packed(members)


def _log_file(whole: bytes, source: random.Random) -> bytes:
    """A log file: its records' JSON, or what it is made of."""
    members = _members(whole)
    name = source.choice([each for each in members if "/" in each])
    content = gzip.decompress(members[name])
    kind = source.randrange(4)
    if kind == 0:
        members[name] = gzip.compress(changed_json(content, source))
    elif kind == 1:
        members[name] = changed_json(content, source)
    elif kind == 2:
        members[name] = _bytes(members[name], source)
    else:
        members[name] = gzip.compress(bytes(source.randrange(1_000_000))) * source.randrange(1, 30)
    return _packed(members)


def _names(whole: bytes, source: random.Random) -> bytes:
    """A member gone, once more, or under another name."""
    members = _members(whole)
    name = source.choice(list(members))
    data = members[name] if source.randrange(2) else members.pop(name)
    other = source.choice((*HOSTILE[1:], "../" + name, name + "/", name.upper(), "logs/" + name))
    return _packed(members, (other, data), (name, data))


CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _bytes,
    _header,
    _cut,
    _document,
    _document,
    _log_file,
    _names,
)


def _members(whole: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed(members: Members, *more: tuple[str, Any]) -> bytes:
    packed = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(packed, "w") as archive:
        warnings.simplefilter("ignore")  # of two members of a name
        for name, data in (*members.items(), *more[: 1 + len(members) % 2]):
            archive.writestr(name.encode("utf-8", "replace").decode(), data)
    return packed.getvalue()
