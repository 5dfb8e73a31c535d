"""A class's accounts, provisioned by AWS's own engine: stack sets, or a stage for each student.

A stack set puts the grader's role, and on request the lab, into every account: of organizational
units, with the organization's trust, or of a list, with the user's own roles. A stage has the same
stacks in the app itself, for accounts that the CDK reaches with credentials of their own. Source:
CloudFormation User Guide, "StackSets".
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aws_cdk import App, Aws, CfnOutput, DefaultStackSynthesizer, Environment, Stack, Stage
from aws_cdk import CfnStackSet as StackSet
from constructs import Construct

from stacks.class_list import CLASS_STACK
from stacks.class_settings import ClassSettings
from stacks.consent import ConsentStack
from stacks.grader import GraderStack
from stacks.lab_stacks import add_lab, lab_trails
from stacks.review import reviewed_app
from stacks.settings import GRADER_ROLE, LabSettings
from stacks.tag import PROJECT_TAG

_GRADER = "grader"
_CONSENT = "consent"

# Failed accounts are looked at afterwards; the others must not wait, nor lose what they have.
_PREFERENCES = {
    "failureTolerancePercentage": 100,
    "maxConcurrentPercentage": 100,
    "regionConcurrencyType": "PARALLEL",
}


def add_class(app: Construct, settings: LabSettings, chosen: ClassSettings) -> None:
    """Add what provisions a class to an app: one stack of stack sets, or the students' stages."""
    if not chosen.stages:
        ClassStack(app, settings, chosen)
        return
    accounts = [student.account for student in chosen.students]
    for student in chosen.students:
        several = accounts.count(student.account) > 1
        name = f"student-{student.account}" + (f"-{student.region}" if several else "")
        where = Environment(account=student.account, region=student.region)
        stage = Stage(app, name, env=where)
        external_id = chosen.external_id_of(student)
        if accounts.index(student.account) == chosen.students.index(student):  # IAM has no Regions
            GraderStack(
                stage,
                _GRADER,
                settings,
                policies=chosen.documents,
                trainer=chosen.trainer,
                external_id=external_id,
            )
        if chosen.consent:
            ConsentStack(stage, _CONSENT, chosen.consent)
        if chosen.lab:
            add_lab(stage, replace(settings, account=student.account, region=student.region))


class ClassStack(Stack):
    """Stack sets over the accounts of a class, named CLASS_STACK and what they hold."""

    def __init__(self, scope: Construct, settings: LabSettings, chosen: ClassSettings) -> None:
        super().__init__(
            scope,
            CLASS_STACK,
            description="CloudTrail lab: what every account of a class gets",
            env=Environment(account=settings.account, region=settings.region),
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            analytics_reporting=False,
            tags=dict([PROJECT_TAG]),
        )
        self._chosen, self._region = chosen, settings.region
        for name, template in _templates(settings, chosen).items():
            self._stack_set(name, template)
        CfnOutput(
            self, "GraderRole", description="The grader's role in each account", value=GRADER_ROLE
        )

    def _stack_set(self, name: str, template: str) -> None:
        chosen = self._chosen
        parameters = None
        if name == _GRADER:
            values = {"Trainer": chosen.trainer or Aws.ACCOUNT_ID}
            values |= {"ExternalId": chosen.external_id} if chosen.external_id else {}
            parameters = [_parameter(key, value) for key, value in values.items()]
        by_organization = bool(chosen.units)
        follows = {"enabled": True, "retainStacksOnAccountRemoval": False}
        StackSet(
            self,
            "".join(part.capitalize() for part in name.split("-")),
            stack_set_name=f"{CLASS_STACK}-{name}",
            description=f"CloudTrail lab, every account of a class: {name}",
            call_as="DELEGATED_ADMIN" if chosen.delegated else None,
            permission_model="SERVICE_MANAGED" if by_organization else "SELF_MANAGED",
            auto_deployment=(follows if chosen.follows else {"enabled": False})
            if by_organization
            else None,
            capabilities=["CAPABILITY_NAMED_IAM"],
            operation_preferences=_PREFERENCES,
            parameters=parameters,
            stack_instances_group=self._groups(overrides=name == _GRADER),
            template_body=template,
        )

    def _groups(self, *, overrides: bool) -> list[dict[str, Any]]:
        """The targets, grouped by Region and external ID."""
        chosen = self._chosen
        if not chosen.students:
            targets = (
                {"organizationalUnitIds": chosen.units}
                if chosen.units
                else {"accounts": chosen.accounts}
            )
            return [{"deploymentTargets": _lists(targets), "regions": [self._region]}]
        together: dict[tuple[str, str], list[str]] = defaultdict(list)
        seen: set[str] = set()
        for student in chosen.students:
            if overrides and student.account in seen:
                continue  # IAM has no Regions: one role for an account of several
            seen.add(student.account)
            external_id = chosen.external_id_of(student) if overrides else ""
            together[student.region, external_id].append(student.account)
        return [
            {
                "deploymentTargets": self._named(accounts),
                "regions": [region],
                "parameterOverrides": [_parameter("ExternalId", external_id)]
                if external_id
                else None,
            }
            for (region, external_id), accounts in together.items()
        ]

    def _named(self, accounts: list[str]) -> dict[str, Any]:
        if not self._chosen.units:
            return {"accounts": accounts}
        units = list(self._chosen.units)
        within = {"organizationalUnitIds": units, "accountFilterType": "INTERSECTION"}
        return {"accounts": accounts, **within}


def _templates(settings: LabSettings, chosen: ClassSettings) -> dict[str, str]:
    """Templates, reviewed as the lab's own, by what they hold."""
    anywhere = replace(settings, account=None)
    with TemporaryDirectory() as folder:
        app: App = reviewed_app(Path(folder))
        GraderStack(app, _GRADER, anywhere, policies=chosen.documents)
        names = [_GRADER]
        if chosen.consent:
            ConsentStack(app, _CONSENT, chosen.consent)
            names.append(_CONSENT)
        if chosen.lab:
            add_lab(app, anywhere)
            names += [trail.name for trail in lab_trails(anywhere)]
        assembly = app.synth()
        return {
            name: json.dumps(assembly.get_stack_by_name(name).template, separators=(",", ":"))
            for name in names
        }


def _parameter(name: str, value: str) -> dict[str, str]:
    return {"parameterKey": name, "parameterValue": value}


def _lists(values: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {key: list(value) for key, value in values.items()}
