"""A short run of the campaign `results`; the long one is `python -m tests.fuzz`."""

from __future__ import annotations

from tests.fuzz import results


def test_every_changed_document_is_shown_or_refused() -> None:
    figures = results.run(count=300, seed=9)
    assert figures.tried == 300
    assert figures.is_clean, figures
