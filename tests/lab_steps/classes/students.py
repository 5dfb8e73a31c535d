"""Students' labs in accounts of their own, made of the same values as the lab and its mutants."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from lab_steps.walkthrough.expected_records import ANY
from tests.lab_steps.mutants.catalogue import MUTANTS
from tests.lab_steps.mutants.reference_lab import REFERENCE, Call, Lab, build
from tests.local_aws.delivered import ACCOUNT, client

GRADER = "cloudtrail-lab-grader"
ALL = json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
TRUST = '{"Version": "2012-10-17", "Statement": []}'


class Served(Protocol):
    """A local AWS somewhere."""

    @property
    def endpoint_url(self) -> str:
        """Where."""


@dataclass(frozen=True, slots=True)
class InAccount:
    """A local AWS as the root user of another account sees it; what is delivered, all have."""

    aws: Served
    account_id: str

    @property
    def endpoint_url(self) -> str:
        """Where."""
        return self.aws.endpoint_url

    def deliver_now(self) -> None:
        """Whoever makes many labs has it all delivered at once."""


def work(aws: Served, account: str, lab: Lab) -> None:
    """The student's lab in `account`, whose records are to be delivered."""
    build(InAccount(aws, account), of_account(lab, account))  # type: ignore[arg-type]


def grader(aws: Served, account: str) -> str:
    """The role by which the student is graded, and the lab deployed and taken away."""
    iam = client(InAccount(aws, account), "iam")  # type: ignore[arg-type]
    made = iam.create_role(RoleName=GRADER, AssumeRolePolicyDocument=TRUST)
    iam.put_role_policy(RoleName=GRADER, PolicyName="all", PolicyDocument=ALL)
    return str(made["Role"]["Arn"])


def of_account(value: Any, account: str) -> Any:
    """The same, with `account` wherever the lab's own stood."""
    if isinstance(value, str):
        return value.replace(ACCOUNT, account)
    if isinstance(value, dict):
        return {key: of_account(each, account) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(of_account(each, account) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {
            each.name: of_account(getattr(value, each.name), account) for each in fields(value)
        }
        return replace(value, **parts)
    return value


def class_csv(path: Path, accounts: Iterable[str], external_id: str = "") -> None:
    """A class of students with a grader's role in each account."""
    lines = ["student,account,role_arn,external_id"]
    lines += [
        f"Student {number:04},{each},arn:aws:iam::{each}:role/{GRADER},{external_id}"
        for number, each in enumerate(accounts, 1)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def labs() -> tuple[Lab, ...]:
    """Right ones, and of each three a wrong one: mutants that are calls and nothing else."""
    wrong = [each.lab for each in MUTANTS if is_calls(each.lab)]
    return tuple(lab for each in wrong for lab in (REFERENCE, REFERENCE, each))


def is_calls(lab: Lab) -> bool:
    """Whether the lab is calls, and nothing that another account or time would have to do."""
    told = (lab.after, lab.table_status, lab.expected_account, lab.organization_trail != ANY)
    return not any(told) and all(type(each) is Call for each in (*lab.before, *lab.between))
