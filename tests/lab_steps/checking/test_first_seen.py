"""What checks remember of what they saw: since when, over looks, and without a file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lab_steps.checking.first_seen import Seen, SeenFile, Told
from lab_steps.errors import CannotLookError
from lab_steps.place.state import StateFile

NOON = datetime(2026, 5, 6, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def memory(tmp_path: Path) -> SeenFile:
    return SeenFile(tmp_path / "lab" / "state.seen.json")


def test_what_is_seen_again_was_seen_since_the_first_look(memory: SeenFile) -> None:
    first = memory.first_seen("items", NOON)
    assert first == Seen(digest="items", since=NOON, changed=False)
    assert SeenFile(memory.path).first_seen("items", NOON + MINUTE) == first


def test_what_is_seen_in_place_of_something_else_has_changed(memory: SeenFile) -> None:
    memory.first_seen("items", NOON)
    now = memory.first_seen("other items", NOON + MINUTE)
    assert now == Seen(digest="other items", since=NOON + MINUTE, changed=True)
    assert memory.latest() == now


def test_writing_leaves_one_file_that_can_be_forgotten_with_the_lab(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "lab" / "state.json")
    state.seen.first_seen("items", NOON)
    assert [path.name for path in state.path.parent.iterdir()] == ["state.seen.json"]
    state.forget()
    assert state.seen.latest() is None


def test_a_file_that_cannot_be_read_is_named(memory: SeenFile) -> None:
    memory.first_seen("items", NOON)
    memory.path.write_text("{")
    with pytest.raises(CannotLookError, match=r"state\.seen\.json.* cannot be read"):
        memory.first_seen("items", NOON)


def test_what_a_bundle_tells_is_not_added_to() -> None:
    seen = Seen(digest="items", since=NOON)
    assert Told(seen).first_seen("items", NOON + MINUTE) == seen
    assert Told(seen).first_seen("others", NOON + MINUTE).since == NOON + MINUTE
    assert Told(None).first_seen("items", NOON).since == NOON
    assert Told(seen).latest() == seen


def test_a_file_of_a_later_version_is_left_to_its_program(memory: SeenFile) -> None:
    memory.path.parent.mkdir(exist_ok=True)
    memory.path.write_bytes(b'{"format": 99}')
    with pytest.raises(
        CannotLookError, match="a newer version of this program wrote it"
    ) as refused:
        memory.latest()
    assert refused.value.advice == "Use that version."
