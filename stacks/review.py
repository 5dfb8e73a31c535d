"""The review that every synth passes: cdk-nag's rules, and what is acknowledged to break one."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Acknowledgment, App, Validations
from cdk_nag import AwsSolutionsChecks
from constructs import Construct


def reviewed_app(outdir: Path | None = None) -> App:
    """An app with a synth that fails if cdk-nag's AwsSolutions rules find something not
    acknowledged.

    Without `outdir` it writes where the CDK CLI asks for (`CDK_OUTDIR`).
    """
    app = App(
        outdir=None if outdir is None else str(outdir),
        analytics_reporting=False,
        tree_metadata=False,
    )
    checks = AwsSolutionsChecks(app, write_suppressions_to_cloud_formation=True)
    Validations.of(app).add_plugins(checks)
    return app


def acknowledge(construct: Construct, rule: str, reason: str) -> None:
    """Let a cdk-nag rule pass on `construct`, for a reason that cites the lab's step."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))
