"""A class whose accounts are members of an organization, and the trainer, who manages it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from lab_steps.results import reporting
from lab_steps.results.result import Result
from tests.lab_steps.classes.conftest import Class
from tests.lab_steps.classes.students import InAccount, grader, work
from tests.lab_steps.mutants.reference_lab import ALL_MANAGEMENT, ALL_TABLES, Lab
from tests.lab_steps.standing import ORGANIZATION
from tests.local_aws.delivered import client

TRAINER = ORGANIZATION.management_account
BUCKET = f"aws-cloudtrail-logs-organization-{TRAINER}"
EXAMPLE_ORGANIZATION, EXAMPLE_ACCOUNT = "o-exampleorgid", "111122223333"


@dataclass
class Organization:
    """The trainer at work."""

    class_: Class

    def client(self, service: str, account: str = TRAINER) -> Any:
        """The trainer's, or a student's."""
        return client(InAccount(self.class_.aws, account), service)  # type: ignore[arg-type]

    def join(self, *students: Lab | None) -> list[str]:
        """New members, with a student at work in each, for None with none; all that is due."""
        accounts = [self._account() for _ in students]
        for account, lab in zip(accounts, students, strict=True):
            if lab:
                grader(self.class_.aws, account)
                work(self.class_.aws, account, lab)
        self.class_.aws.deliver_now()
        self.class_.aws.advance(timedelta(hours=1))
        self.class_.written(**{f"student{n}": each for n, each in enumerate(accounts)})
        return accounts

    def _account(self) -> str:
        organizations = self.client("organizations")
        made = organizations.create_account(Email="a@example.com", AccountName="a")
        asked = {"CreateAccountRequestId": made["CreateAccountStatus"]["Id"]}
        while True:
            status = organizations.describe_create_account_status(**asked)["CreateAccountStatus"]
            if status["State"] != "IN_PROGRESS":
                return str(status["AccountId"])

    def records_items(self) -> None:
        """The organization's trail records data events of DynamoDB, too."""
        self.client("cloudtrail").put_event_selectors(
            TrailName=ORGANIZATION.name, AdvancedEventSelectors=[ALL_MANAGEMENT, ALL_TABLES]
        )

    def check(self, *options: str, results: str = "class-results") -> int:
        """`class check` by the organization's log files."""
        folder = ("--results", str(self.class_.folder / results))
        return self.class_.run("check", "--organization-logs", f"s3://{BUCKET}", *folder, *options)

    def found(self, results: str = "class-results") -> dict[str, Result]:
        """Each student's result, by account."""
        files = (self.class_.folder / results / "students").glob("*.json")
        loaded = [reporting.load(str(each)) for each in files]
        return {each.place.account: each for each in loaded}

    def deploy_tables(self, template: dict[str, Any], accounts: list[str]) -> None:
        """The Athena stack, whose template is for the example's organization and account."""
        told = self.client("organizations").describe_organization()["Organization"]["Id"]
        body = json.dumps(template).replace(EXAMPLE_ORGANIZATION, told)
        body = body.replace(f'"{EXAMPLE_ACCOUNT}"', json.dumps(",".join(accounts)))
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(
            StackName="cloudtrail-lab-athena",
            TemplateBody=body,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        )
        waiter = cloudformation.get_waiter("stack_create_complete")
        waiter.wait(StackName="cloudtrail-lab-athena", WaiterConfig={"Delay": 1})


def athena_template(outdir: Path) -> dict[str, Any]:
    """The stack of the tables over the organization's bucket, of the list of a class."""
    from stacks.athena import AthenaSettings, add_athena
    from stacks.review import reviewed_app
    from stacks.settings import LabSettings

    students = outdir / "class.csv"
    students.write_text(f"student,account\nAda,{EXAMPLE_ACCOUNT}\n")
    app = reviewed_app(outdir)
    settings = AthenaSettings.from_context(
        {
            "athena:tables": "true",
            "athena:organization": EXAMPLE_ORGANIZATION,
            "athena:class": str(students),
            "athena:management_bucket": BUCKET,
        }
    )
    assert settings
    add_athena(app, LabSettings(), settings)
    app.synth()
    found: dict[str, Any] = json.loads((outdir / "cloudtrail-lab-athena.template.json").read_text())
    return found
