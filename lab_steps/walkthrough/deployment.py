"""The walkthrough's stacks: both trails with their buckets, as the CDK app declares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import stacks
from cloudtrail import bucket_names, partitions
from lab_steps.errors import UsageError
from lab_steps.place.inventory import Names, StackNames
from lab_steps.place.synth import CdkApp, Template
from lab_steps.walkthrough.expected_records import ANY, EXPECTED_TRAIL, NONE
from stacks.settings import (
    ATHENA_STACK,
    BUDGET_STACK,
    TABLE_NAME,
    LabSettings,
    SettingsError,
)

INSTALLED = Path(__file__).with_name("cdk_app")
"""Where the wheel has what is at the top of a clone (see pyproject.toml)."""

APP = CdkApp(
    INSTALLED if INSTALLED.is_dir() else Path(__file__).resolve().parents[2],
    "app.py",
    (Path(stacks.__file__).parent, Path(partitions.__file__), Path(bucket_names.__file__)),
)
NO_ACCOUNT_YET = "<account>"
BUDGET_EMAIL = "budget-email"


@dataclass(frozen=True, slots=True)
class TwoTrails:
    """The stacks with their settings, and the organization trail that a step expects."""

    settings: LabSettings
    organization_trail: str = ANY

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters by the names of their options; a budget only if there is one."""
        budget = {"budget": self.settings.budget, BUDGET_EMAIL: self.settings.budget_email}
        return {
            "permissions-boundary": self.settings.permissions_boundary,
            "prefix": self.settings.prefix,
            "removal": self.settings.removal,
            "suffix": self.settings.suffix,
            EXPECTED_TRAIL: self.organization_trail,
            **(budget if self.settings.budget else {}),
        }

    @property
    def names(self) -> Names:
        """What the stacks are called, and what each of them contains."""
        settings = self.settings
        management, data = (
            settings.bucket_name(each, settings.account or NO_ACCOUNT_YET)
            for each in (settings.management_purpose, settings.data_purpose)
        )
        return Names(
            stacks=(
                _of_a_trail(settings.management_trail, management),
                _of_a_trail(settings.data_trail, data),
                StackNames(ATHENA_STACK),
                StackNames(BUDGET_STACK),
            ),
            tables=(TABLE_NAME,),
            like_buckets=tuple(each.removesuffix(settings.suffix) for each in (management, data)),
            keeps_buckets=not settings.removes_logs,
        )

    def templates(self, *, athena: bool = False) -> tuple[tuple[Template, ...], bool]:
        """The templates of both trails' stacks and, with `athena`, of Athena's; True if they come
        from the cache.

        They are the same for every account: names contain `${AWS::AccountId}`.
        """
        settings = self.settings
        stacks = [settings.management_trail, settings.data_trail]
        stacks += [ATHENA_STACK] if athena else []
        stacks += [BUDGET_STACK] if settings.budget else []
        return APP.synthesize(context(replace(settings, account=None), athena=athena), stacks)


def _of_a_trail(trail: str, bucket: str) -> StackNames:
    """A trail's stack has the same name as the trail."""
    return StackNames(trail, buckets=(bucket,), trails=(trail,))


def deployed(region: str, account: str | None, parameters: Mapping[str, str]) -> TwoTrails:
    """The stacks with checked settings. Raises UsageError that says what was wanted."""
    named: dict[str, Any] = {name.replace("-", "_"): each for name, each in parameters.items()}
    organization_trail = named.pop(EXPECTED_TRAIL.replace("-", "_"), ANY)
    if not organization_trail:
        raise UsageError(
            f"--{EXPECTED_TRAIL}: wanted a trail's name, {ANY} or {NONE}, got an empty text."
        )
    try:
        settings = LabSettings(region=region, account=account)
        return TwoTrails(replace(settings, **named), organization_trail)
    except SettingsError as error:
        raise UsageError(f"A setting cannot be used: {error.problem}") from error


def context(settings: LabSettings, *, athena: bool = False) -> dict[str, str]:
    """The CDK context that gives the app `settings`, and asks it for the Athena stack."""
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}
    given = {
        name: ",".join(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value is not None
    }
    return given | ({"athena:tables": "true"} if athena else {})
