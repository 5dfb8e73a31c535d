"""What goes wrong with digests and Insights costs no other Region, trail or account anything."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from cloudtrail.insights.detection import InsightsState
from local_aws import LocalAws
from tests.local_aws.cloudtrail.undelivered import aws, faults
from tests.local_aws.delivered import (
    ACCOUNT,
    client,
    keys,
    names,
    records,
    table,
    trail,
)
from tests.waiting import until

__all__ = ["aws"]


def test_a_region_whose_digest_cannot_be_signed_holds_up_no_other(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(region: str, *when: Any) -> Any:
        if region == "eu-west-1":
            raise RuntimeError("no key")
        return valid(region, *when)

    valid = aws.cloudtrail.keys.valid

    def regions(hour: int) -> list[str]:
        aws.advance(timedelta(hours=hour))
        found = [key.split("/")[3] for key in keys(aws, "audit-logs") if "-Digest/" in key]
        return sorted(found)

    trail(aws, "audit", IsMultiRegionTrail=True, EnableLogFileValidation=True)
    with monkeypatch.context() as patch:
        patch.setattr(aws.cloudtrail.keys, "valid", broken)
        others = regions(1)
    assert "us-east-1" in others
    assert "eu-west-1" not in others
    assert sorted({*others, "eu-west-1"}) == sorted(set(regions(1)))


def test_a_final_digest_that_cannot_be_signed_is_made_later(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("no key")

    trail(aws, "audit", EnableLogFileValidation=True)
    aws.deliver_now()  # the chain of digests has begun
    client(aws, "cloudtrail").stop_logging(Name="audit")
    with monkeypatch.context() as patch:
        patch.setattr(aws.cloudtrail.keys, "valid", broken)
        aws.deliver_now()
    assert not [key for key in keys(aws, "audit-logs") if "-Digest/" in key]
    aws.deliver_now()
    assert len([key for key in keys(aws, "audit-logs") if "-Digest/" in key]) == 1


# Insights


def test_one_accounts_insights_that_cannot_be_told_cost_another_none(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail(aws, "audit", IsMultiRegionTrail=True)
    client(aws, "cloudtrail").put_insight_selectors(
        TrailName="audit", InsightSelectors=[{"InsightType": "ApiCallRateInsight"}]
    )
    for region in ("eu-west-1", "us-east-1"):
        table(aws, region=region)
    aws.deliver_now()
    broken, advanced = _insights_in(aws, "eu-west-1"), []

    def advance(state: InsightsState, _now: Any) -> list[Any]:
        if state is broken:
            raise RuntimeError("a defect")
        advanced.append(state)
        return []

    monkeypatch.setattr(InsightsState, "advance", advance)
    table(aws, "Second")
    assert names(records(aws, "audit-logs")).count("CreateTable") == 3
    assert _insights_in(aws, "us-east-1") in advanced
    assert {each["where"] for each in faults(aws)} == {f"Insights of {ACCOUNT} in eu-west-1"}


def _insights_in(aws: LocalAws, region: str) -> InsightsState:
    [state] = [
        state
        for scope, state in aws.cloudtrail.delivery._insights._states.items()
        if scope.region == region
    ]
    return state


def test_a_trail_that_starts_during_a_delivery_has_its_digest_chain_at_once(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail(aws, "audit", EnableLogFileValidation=True)
    cloudtrail, digests = client(aws, "cloudtrail"), aws.cloudtrail.delivery._digests
    cloudtrail.stop_logging(Name="audit")
    aws.deliver_now()
    assert digests.next_due() is None
    deliver_due, hits = digests.deliver_due, iter([True])

    def start_logging(now: datetime) -> None:
        deliver_due(now)
        if next(hits, False):
            cloudtrail.start_logging(Name="audit")

    monkeypatch.setattr(digests, "deliver_due", start_logging)
    aws.cloudtrail.delivery.wake()
    until(lambda: digests.next_due() is not None)


def test_a_trail_that_stops_before_delivery_looks_has_its_digest(aws: LocalAws) -> None:
    with aws.cloudtrail.delivery._working:
        trail(aws, "audit", EnableLogFileValidation=True)
        client(aws, "cloudtrail").stop_logging(Name="audit")
    aws.deliver_now()
    assert len([key for key in keys(aws, "audit-logs") if "-Digest/" in key]) == 1
