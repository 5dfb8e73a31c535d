"""What a class is given, and who is in it: the settings of stacks/class_stacks.py, checked.

This module needs no `aws_cdk`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stacks.class_list import ClassListError, Student, read
from stacks.settings import GRADER_ROLE, SettingsError
from stacks.tag import CONSENTS

POLICIES = Path(__file__).parents[1] / "lab_steps" / "walkthrough" / "policies"
"""A file for each verb: what `python -m lab_steps policy VERB` prints."""

TRAINER = r"\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:[\w+=,.@/-]+"
EXTERNAL_ID = r"[\w+=,.@:/-]{2,1224}"
"""What IAM accepts (API/AssumeRole, ExternalId)."""

_ROLE_POLICIES = 10_240
"""IAM User Guide, "IAM and AWS STS quotas": all inline policies of a role, white space aside."""

_ACCOUNT = re.compile(r"\d{12}")
_UNIT = re.compile(r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32}")


@dataclass(frozen=True, slots=True)
class ClassSettings:
    """Which accounts get what. CDK context keys: `class:units` and so on, comma-separated.

    `units`: organizational units, or the root, of the organization that the deploying account
    manages. `accounts`: account ids, instead of units. `students`: those of `class:list`, a
    class.csv; with units, only these of the units' accounts. `external_id`: the trainer's, for
    students without one of their own. `trainer`: the account, or the ARN of the user or role, that
    grades; None for the deploying account. `lab`: whether the accounts get the lab, too. `stages`:
    a stage for each student instead of stack sets. `policies`: what the role may do, by the verbs
    of `python -m lab_steps policy VERB`. `consent`: the mark that says that the accounts are meant
    for labs, `named` or `unasked`; empty for none. `delegated`: the deploying account manages no
    organization, and is a delegated administrator of its stack sets. Raises SettingsError.
    """

    units: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    students: tuple[Student, ...] = ()
    external_id: str = ""
    trainer: str | None = None
    lab: bool = False
    stages: bool = False
    policies: tuple[str, ...] = ("check",)
    consent: str = ""
    delegated: bool = False

    def __post_init__(self) -> None:
        self._check_accounts()
        self._check_stages()
        known = sorted(path.stem for path in POLICIES.glob("*.json"))
        for name in self.policies or ("",):
            _check("policies", f"some of {', '.join(known)}", name, name in known)
        self._check_size()
        by_units = bool(self.units) or not self.delegated
        _check("delegated", "class:units, which an organization has", "none", by_units)
        consent = self.consent
        _check("consent", " or ".join(CONSENTS), consent, not consent or consent in CONSENTS)
        trainer = self.trainer
        fits = trainer is None or re.fullmatch(TRAINER, trainer)
        _check("trainer", "12 digits or the ARN of a user or role", trainer, fits)
        wanted = "2 to 1224 letters, digits and +=,.@:/-_, which the trainer says"
        agreed = [self.external_id_of(each) for each in self.students] or [self.external_id]
        for external_id in agreed:
            fits = re.fullmatch(EXTERNAL_ID, external_id)
            _check("external_id", wanted, external_id, fits)

    def _check_size(self) -> None:
        size = sum(len(json.dumps(each, separators=(",", ":"))) for each in self.documents.values())
        wanted = f"{_ROLE_POLICIES:,} characters or fewer in all, as IAM does"
        _check("policies", wanted, size, size <= _ROLE_POLICIES)

    def _check_accounts(self) -> None:
        for unit in self.units:
            _check("units", "ids such as ou-ab12-11111111 or r-ab12", unit, _UNIT.fullmatch(unit))
        for account in self.accounts:
            _check("accounts", "12 digits each", account, _ACCOUNT.fullmatch(account))
        others = bool(self.units) or bool(self.students)
        _check("accounts", "none beside class:units and class:list, and else some",
               ",".join(self.accounts), bool(self.accounts) is not others)  # fmt: skip
        for student in self.students:
            role = student.role_arn
            fits = not role or role.endswith(f":role/{GRADER_ROLE}")
            _check(f"list, line {student.line}", f"the role_arn of {GRADER_ROLE}", role, fits)

    def _check_stages(self) -> None:
        if self.stages:
            listed = bool(self.students) and not self.units
            _check("stages", "class:list=class.csv, and no units", "other accounts", listed)
            _check("trainer", "who grades, as stages go to other accounts", "", self.trainer)

    @property
    def documents(self) -> dict[str, Any]:
        """The role's policies by name."""
        return {
            name: json.loads((POLICIES / f"{name}.json").read_text(encoding="utf-8"))
            for name in self.policies
        }

    @property
    def follows(self) -> bool:
        """Whether accounts that join or leave a unit get and lose what the others have."""
        return bool(self.units) and not self.students

    @classmethod
    def from_context(cls, context: Mapping[str, object], region: str) -> ClassSettings | None:
        """The settings in a CDK app's context, None if it has none of them.

        `region` is for students without one of their own.
        """
        given = {
            key.removeprefix("class:"): str(value)
            for key, value in context.items()
            if key.startswith("class:")
        }
        if not given:
            return None
        for key in sorted(given.keys() - _KEYS):
            _check(key, f"one of {', '.join(sorted(_KEYS))}", given[key], False)
        for key in ("lab", "stages", "delegated"):
            _check(key, "true or false", given.get(key), given.get(key, "false") in _FLAGS)
        return cls(
            units=_listed(given.get("units", "")),
            accounts=_listed(given.get("accounts", "")),
            students=_students(given["list"], region) if "list" in given else (),
            external_id=given.get("external_id", ""),
            trainer=given.get("trainer"),
            lab=given.get("lab") == "true",
            stages=given.get("stages") == "true",
            policies=_listed(given.get("policies", "check")),
            consent=given.get("consent", ""),
            delegated=given.get("delegated") == "true",
        )

    def external_id_of(self, student: Student) -> str:
        """The external ID with which the trainer enters the student's account."""
        return student.external_id or self.external_id


_KEYS = {
    *("units", "accounts", "list", "external_id", "trainer", "lab", "stages", "policies"),
    *("consent", "delegated"),
}
_FLAGS = ("true", "false")


def _students(path: str, region: str) -> tuple[Student, ...]:
    try:
        return read(Path(path), region)
    except (OSError, ClassListError) as error:
        raise SettingsError(f"class:list: {error}") from error


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _check(key: str, wanted: str, got: object, fits: object) -> None:
    if not fits:
        raise SettingsError(f"class:{key}: wanted {wanted}, got {got!r}")
