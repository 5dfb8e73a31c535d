"""Every setting of the lab, its default, and its allowed values.

This module does not need `aws_cdk`, so code that only wants a name gets it without starting Node.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

TABLE_NAME = "Users"
"""The walkthrough's DynamoDB table."""

ORGANIZATION_TRAIL_NAME = "lab-account-managment-events"
"""The organization trail, spelled as in the walkthrough."""

BUDGET_STACK = "cloudtrail-lab-budget"
"""The optional stack of stacks/budget.py."""

GRADER_ROLE = "cloudtrail-lab-grader"
"""The read-only role in each student's account, which the trainer assumes to grade."""

LOG_DAYS = 30
"""How long log files are kept in buckets that go with their stack."""

ATHENA_STACK = "cloudtrail-lab-athena"
ATHENA_WORKGROUP = "cloudtrail-lab"
ATHENA_DATABASE = "cloudtrail_lab"
"""The optional stack of stacks/athena.py, and what it makes."""

INSIGHT_TYPES = ("ApiCallRateInsight", "ApiErrorRateInsight")
REMOVALS = ("destroy", "retain")
EXAMPLE_ACCOUNT = "123456789012"

BUCKET_NAME_LIMIT = 63
PREFIX_LIMIT = 200
SELECTOR_NAME_LIMIT = 1000
TRAIL_NAME_LIMIT = 128

# CloudTrail allows more in a trail's name than CloudFormation in that of its stack.
_TRAIL_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")
_BUCKET_PART = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PREFIX = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*)?")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
_BOUNDARY = re.compile(r"(arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[\w+=,.@/-]+)?")
_ACCOUNT = re.compile(r"[0-9]{12}")
_DOLLARS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,2})?")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

# Endings that S3 keeps for other kinds of names (S3 user guide, bucketnamingrules).
_RESERVED_ENDINGS = ("-s3alias", "-an")

# Context that is not ours: CDK's flags and look-ups hold `:` or `/`, the CLI's own are these.
_CLI_CONTEXT = frozenset({"acknowledged-issue-numbers", "cli-telemetry"})


def bucket_name(purpose: str, account: str, suffix: str) -> str:
    """The walkthrough's name: the console's own, with the purpose inserted."""
    return f"aws-cloudtrail-logs-{purpose}-{account}-{suffix}"


def athena_table(purpose: str) -> str:
    """The Athena table over the log files in the bucket for `purpose`."""
    return purpose.replace("-", "_")


class SettingsError(ValueError):
    """A setting is unknown or has a value that AWS, or the lab, does not accept.

    `problem` says what was wanted and what was found; the error's text also says how to set it for
    the CDK.
    """

    def __init__(self, problem: str, example: str = "") -> None:
        super().__init__(f"{problem}; set it with {example}" if example else problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class LabSettings:
    """The lab's settings, checked: a `LabSettings` that exists can be deployed.

    Each field is a CDK context key of the same name: `cdk deploy --all -c suffix=jo1`.

    `management_trail`, `data_trail`: names of the trails and of their stacks.
    `management_purpose`, `data_purpose`: what the walkthrough inserts into the bucket name.
    `suffix`: the end of both bucket names, which are unique in the world.
    `prefix`: log file prefix, "" for none.
    `region`: home Region of the trails.
    `account`: 12 digits, or None for the account of the credentials that deploy.
    `removal`: what becomes of the buckets and log files when the stacks are deleted,
    "destroy" or "retain".
    `selector_name`: name of the data trail's event selector.
    `insight_types`: Insights of the management trail; comma-separated in CDK context.
    `budget`: dollars a month of the whole account, "" for no budget; `budget_email` is told at
    80 % of it, and when all of it is forecast.
    `permissions_boundary`: ARN of the policy that bounds every role of the stacks, "" for none.

    Raises SettingsError, whose text says what was wanted, what was given, and how to set it.
    """

    management_trail: str = "student-management-events"
    data_trail: str = "student-data-events"
    management_purpose: str = "management-events"
    data_purpose: str = "data-events"
    suffix: str = "lab"
    prefix: str = ""
    region: str = "us-east-1"
    account: str | None = None
    removal: str = "destroy"
    selector_name: str = "Log all events of all DynamoDB tables"
    insight_types: tuple[str, ...] = INSIGHT_TYPES
    budget: str = ""
    budget_email: str = ""
    permissions_boundary: str = ""

    def __post_init__(self) -> None:
        self._check_names()
        self._check_buckets()
        self._check_place()
        self._check_budget()

    @classmethod
    def from_context(cls, context: Mapping[str, object]) -> Self:
        """The settings in a CDK app's context; keys that belong to the CDK itself are ignored."""
        ours = {key: value for key, value in context.items() if not _is_cdk_context(key)}
        known = {field.name for field in fields(cls)}
        for key, value in ours.items():
            if key not in known:
                raise SettingsError(
                    f"unknown setting {key!r}: wanted one of {', '.join(sorted(known))}, got "
                    f"{key}={value}. Check your -c options and the context in cdk.json and "
                    "~/.cdk.json"
                )
        return cls(**{key: _from_context(key, value) for key, value in ours.items()})

    @property
    def removes_logs(self) -> bool:
        """Whether buckets and log files go with their stacks."""
        return self.removal == "destroy"

    def bucket_name(self, purpose: str, account: str) -> str:
        """`aws-cloudtrail-logs-<purpose>-<account>-<suffix>`."""
        return bucket_name(purpose, account, self.suffix)

    def log_folder(self, account: str) -> str:
        """`[prefix/]AWSLogs/<account>/`: where CloudTrail puts an account's files in the bucket."""
        return f"{self.prefix}/AWSLogs/{account}/" if self.prefix else f"AWSLogs/{account}/"

    def _check_names(self) -> None:
        wanted = (
            f"3 to {TRAIL_NAME_LIMIT} letters, digits and single hyphens, starting with a letter"
        )
        for key in ("management_trail", "data_trail"):
            name = getattr(self, key)
            _check(
                key,
                wanted,
                name,
                _TRAIL_NAME.fullmatch(name) and 3 <= len(name) <= TRAIL_NAME_LIMIT,
            )
        other = f"a name different from management_trail's, {self.management_trail!r}"
        _check("data_trail", other, self.data_trail, self.data_trail != self.management_trail)
        wanted = f"1 to {SELECTOR_NAME_LIMIT} characters"
        fits = self.selector_name.strip() and len(self.selector_name) <= SELECTOR_NAME_LIMIT
        _check("selector_name", wanted, self.selector_name, fits)

    def _check_buckets(self) -> None:
        for key in ("management_purpose", "data_purpose", "suffix"):
            wanted = "lower-case letters, digits and single hyphens between them"
            _check(key, wanted, getattr(self, key), _BUCKET_PART.fullmatch(getattr(self, key)))
        other = f"a purpose different from management_purpose's, {self.management_purpose!r}"
        differs = self.data_purpose != self.management_purpose
        _check("data_purpose", other, self.data_purpose, differs)
        for key in ("management_purpose", "data_purpose"):
            self._check_bucket_name(key)

    def _check_bucket_name(self, purpose_key: str) -> None:
        purpose = getattr(self, purpose_key)
        bucket = self.bucket_name(purpose, self.account or EXAMPLE_ACCOUNT)
        too_many = len(bucket) - BUCKET_NAME_LIMIT
        # Whichever part can be shortened enough by itself is the one to name.
        key = "suffix" if len(self.suffix) > too_many else purpose_key
        part = getattr(self, key)
        wanted = (
            f"at most {len(part) - too_many} characters, as {bucket} has {len(bucket)} and S3 "
            f"takes {BUCKET_NAME_LIMIT}"
        )
        _check(key, wanted, part, too_many <= 0)
        wanted = f"no bucket name that ends in {' or '.join(_RESERVED_ENDINGS)}, as S3 keeps those"
        _check("suffix", wanted, self.suffix, not bucket.endswith(_RESERVED_ENDINGS))

    def _check_place(self) -> None:
        wanted = (
            f"at most {PREFIX_LIMIT} letters, digits and . _ - in folders separated by /, "
            "without / at either end"
        )
        short = len(self.prefix) <= PREFIX_LIMIT
        _check("prefix", wanted, self.prefix, short and _PREFIX.fullmatch(self.prefix))
        _check("region", "a Region such as us-east-1", self.region, _REGION.fullmatch(self.region))
        fits = self.account is None or _ACCOUNT.fullmatch(self.account)
        _check("account", "12 digits", self.account, fits)
        _check("removal", " or ".join(REMOVALS), self.removal, self.removal in REMOVALS)
        wanted = "the ARN of an IAM managed policy"
        boundary = self.permissions_boundary
        _check("permissions_boundary", wanted, boundary, _BOUNDARY.fullmatch(boundary))
        wanted = f"any of {', '.join(INSIGHT_TYPES)}, each once"
        known = set(self.insight_types) <= set(INSIGHT_TYPES)
        once = len(set(self.insight_types)) == len(self.insight_types)
        _check("insight_types", wanted, ",".join(self.insight_types), known and once)

    def _check_budget(self) -> None:
        if not (self.budget or self.budget_email):
            return
        dollars = _DOLLARS.fullmatch(self.budget) and float(self.budget) > 0
        _check("budget", "dollars a month, such as 5 or 2.50", self.budget, dollars)
        fits = len(self.budget_email) <= 50 and _ADDRESS.fullmatch(self.budget_email)
        _check(
            "budget_email",
            "an email address of at most 50 characters",
            self.budget_email,
            fits,
        )


_EXAMPLES = {field.name: field.default for field in fields(LabSettings)} | {
    "account": EXAMPLE_ACCOUNT,
    "insight_types": ",".join(INSIGHT_TYPES),
    "permissions_boundary": f"arn:aws:iam::{EXAMPLE_ACCOUNT}:policy/boundary",
    "prefix": "class-7/jo",
    "budget": "5",
    "budget_email": "trainer@example.com",
}


def _is_cdk_context(key: str) -> bool:
    return ":" in key or "/" in key or key in _CLI_CONTEXT


def _from_context(key: str, value: object) -> Any:
    if not isinstance(value, str):
        raise _error(key, "a string", value)
    if key != "insight_types":
        return value
    return tuple(part.strip() for part in value.split(",")) if value else ()


def _check(key: str, wanted: str, got: object, fits: object) -> None:
    if not fits:
        raise _error(key, wanted, got)


def _error(key: str, wanted: str, got: object) -> SettingsError:
    example = f'-c {key}="{_EXAMPLES[key]}"'
    return SettingsError(f"{key}: wanted {wanted}, got {got!r}", example)
