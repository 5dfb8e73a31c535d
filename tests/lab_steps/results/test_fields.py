"""docs/result.md says what the types say."""

from __future__ import annotations

from pathlib import Path

from lab_steps.results.fields import STRUCTS, document

DOCUMENT = Path(__file__).parents[3] / "docs" / "result.md"


def test_the_reference_is_that_of_the_types() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "renew it with: make schema"


def test_every_type_that_is_linked_has_a_section() -> None:
    text = document()
    for struct in STRUCTS[1:]:
        assert f"(#{struct.__name__.lower()})" in text
        assert f"\n## {struct.__name__}\n" in text
