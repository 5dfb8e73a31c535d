"""The guide in a browser, while a lab is worked on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local_aws import LocalAws
from tests.browser import in_browser
from tests.lab_steps.by_hand import ByHand
from tests.lab_steps.guide.conftest import Guide
from tests.lab_steps.step_numbers import ALL

SCRIPT = Path(__file__).with_name("guide.mjs")


def test_a_page_changes_by_itself_and_what_a_person_has_before_the_eyes_stays(
    guide: Guide, aws: LocalAws, by_hand: ByHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers: list[int] = []
    count = guide.looks._count_readers

    def counted(more: int) -> None:
        count(more)
        readers.append(guide.looks._readers)

    monkeypatch.setattr(guide.looks, "_count_readers", counted)
    by_hand.management_trail()
    by_hand.data_trail()
    by_hand.cloudtrail.list_trails()
    guide.until(lambda: guide.outcome(16) == "PASS")
    seen: dict[str, Any] = in_browser(SCRIPT, guide.url, aws.endpoint_url)
    assert (seen["problems"], seen["elsewhere"]) == ([], [])
    assert seen["cost"] < 500
    assert seen["opened"] == ["step-17"]
    assert seen["moved"] <= 1
    assert seen["focused"]
    assert seen["hints"] == 1
    assert "Step 19, Create the table Users: PASS." in seen["told"]
    assert f"of {ALL} steps passed - " in seen["title"]
    assert seen["next"] == [seen["nextIs"]]
    assert seen["faults"] == [], "\n".join(seen["faults"])
    assert seen["wide"] == []
    assert max(readers) == 1  # ten pages of one browser
