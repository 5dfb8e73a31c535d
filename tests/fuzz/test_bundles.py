"""A short run of the campaign `bundles`; the long one is `python -m tests.fuzz`."""

from __future__ import annotations

from local_aws import LocalAws
from tests.fuzz import bundles
from tests.lab_steps.conftest import aws

__all__ = ["aws"]


def test_every_changed_bundle_gets_a_verdict_or_a_sentence(aws: LocalAws) -> None:
    figures = bundles.campaign(bundles.whole_bundle(aws), count=40, seed=9)
    assert figures.tried == 40
    assert figures.is_clean, figures
