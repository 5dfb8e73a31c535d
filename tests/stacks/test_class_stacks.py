"""What provisions a class: stack sets over accounts, or a stage for each student."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab_steps.targets.consent import GROUP, TAG, Consent
from stacks.class_list import CLASS_STACK
from stacks.class_settings import ClassSettings
from stacks.settings import GRADER_ROLE, LabSettings, SettingsError
from tests.stacks.class_apps import FIRST, LIST, SECOND
from tests.stacks.conftest import Synthesize, Template, templates_in

POLICIES = Path(__file__).parents[2] / "lab_steps" / "walkthrough" / "policies"
UNIT = "ou-ab12-11111111"


@pytest.fixture(scope="module")
def class_list(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("class") / "class.csv"
    path.write_text(LIST)
    return path


def chosen(**context: str) -> ClassSettings:
    settings = {f"class:{key}": value for key, value in context.items()}
    found = ClassSettings.from_context(settings, "us-east-1")
    assert found is not None
    return found


def synthesized(outdir: Path, **context: str) -> dict[str, Template]:
    """Templates by file, of an app whose synth fails when cdk-nag finds something."""
    from stacks.class_stacks import add_class
    from stacks.review import reviewed_app

    app = reviewed_app(outdir)
    add_class(app, LabSettings(), chosen(**context))
    app.synth()
    return templates_in(outdir)


def stack_sets(templates: dict[str, Template]) -> dict[str, dict[str, Any]]:
    found = templates[CLASS_STACK]["Resources"].values()
    sets = [each["Properties"] for each in found if each["Type"].endswith("::StackSet")]
    return {each["StackSetName"]: each for each in sets}


@pytest.fixture(scope="module")
def of_a_list(tmp_path_factory: pytest.TempPathFactory, class_list: Path) -> dict[str, Any]:
    """The stack sets of a list's accounts, with the lab in them."""
    asked = {"list": str(class_list), "external_id": "everyones", "lab": "true", "consent": "named"}
    return stack_sets(synthesized(tmp_path_factory.mktemp("cdk.out"), **asked))


def test_the_role_has_the_check_policy_and_trusts_who_grades(of_a_list: dict[str, Any]) -> None:
    grader = of_a_list[f"{CLASS_STACK}-grader"]
    role = json.loads(grader["TemplateBody"])["Resources"]["Grader"]["Properties"]
    assert role["RoleName"] == GRADER_ROLE
    [policy] = role["Policies"]
    assert policy["PolicyDocument"] == json.loads((POLICIES / "check.json").read_text())
    [statement] = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"AWS": {"Ref": "Trainer"}}
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}}
    values = {each["ParameterKey"]: each["ParameterValue"] for each in grader["Parameters"]}
    assert values == {"Trainer": {"Ref": "AWS::AccountId"}, "ExternalId": "everyones"}


def test_students_of_a_list_have_their_own_external_ids_and_regions(
    of_a_list: dict[str, Any],
) -> None:
    grader = of_a_list[f"{CLASS_STACK}-grader"]
    assert grader["PermissionModel"] == "SELF_MANAGED"
    groups = grader["StackInstancesGroup"]
    told = [
        (
            each["DeploymentTargets"]["Accounts"],
            each["Regions"],
            each["ParameterOverrides"][0]["ParameterValue"],
        )
        for each in groups
    ]
    assert told == [([FIRST], ["eu-west-1"], "spring"), ([SECOND], ["us-east-1"], "everyones")]


def test_the_lab_is_deployed_by_its_own_templates(
    of_a_list: dict[str, Any], synthesize: Synthesize
) -> None:
    lab = synthesize()
    assert of_a_list.keys() == {f"{CLASS_STACK}-{name}" for name in ("grader", "consent", *lab)}
    for name, template in lab.items():
        of_set = of_a_list[f"{CLASS_STACK}-{name}"]
        assert json.loads(of_set["TemplateBody"])["Resources"] == template["Resources"]
        assert "ParameterOverrides" not in of_set["StackInstancesGroup"][0]


def test_each_account_is_marked_in_the_region_of_its_lab(of_a_list: dict[str, Any]) -> None:
    consent = of_a_list[f"{CLASS_STACK}-consent"]
    [mark] = json.loads(consent["TemplateBody"])["Resources"].values()
    assert mark["Properties"]["LogGroupName"] == GROUP
    tags = {each["Key"]: each["Value"] for each in mark["Properties"]["Tags"]}
    assert tags == {TAG: Consent.NAMED, "Project": "cloudtrail-lab"}
    told = [
        (each["DeploymentTargets"]["Accounts"], each["Regions"], each.get("ParameterOverrides"))
        for each in consent["StackInstancesGroup"]
    ]
    assert told == [([FIRST], ["eu-west-1"], None), ([SECOND], ["us-east-1"], None)]


def test_units_are_followed_by_stacks_and_left_without_any(tmp_path: Path) -> None:
    templates = synthesized(
        tmp_path,
        units=UNIT,
        external_id="spring",
        trainer=SECOND,
        policies="check,up,down",
        delegated="true",
    )
    [found] = stack_sets(templates).values()
    assert found["CallAs"] == "DELEGATED_ADMIN"
    assert found["PermissionModel"] == "SERVICE_MANAGED"
    assert found["AutoDeployment"] == {"Enabled": True, "RetainStacksOnAccountRemoval": False}
    [group] = found["StackInstancesGroup"]
    assert group["DeploymentTargets"] == {"OrganizationalUnitIds": [UNIT]}
    values = {each["ParameterKey"]: each["ParameterValue"] for each in found["Parameters"]}
    assert values == {"Trainer": SECOND, "ExternalId": "spring"}
    role = json.loads(found["TemplateBody"])["Resources"]["Grader"]["Properties"]
    assert [each["PolicyName"] for each in role["Policies"]] == ["check", "up", "down"]
    # A stack with a body beyond this needs a bucket, and so a bootstrapped account.
    assert len(json.dumps(templates[CLASS_STACK])) < 51_200


def test_each_student_has_a_stage(tmp_path: Path, class_list: Path) -> None:
    asked = {"external_id": "everyones", "trainer": FIRST, "stages": "true", "lab": "true"}
    asked["consent"] = "unasked"
    templates = synthesized(tmp_path, list=str(class_list), **asked)
    ours = {name.replace("assembly-", "") for name in templates}
    assert len(ours) == 8
    graders = [each for each in templates.values() if "Grader" in each["Resources"]]
    defaults = [each["Parameters"]["ExternalId"]["Default"] for each in graders]
    assert sorted(defaults) == ["everyones", "spring"]


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({}, "class:accounts: wanted none beside class:units and class:list, and else some"),
        ({"units": UNIT, "accounts": FIRST}, "class:accounts: wanted none beside class:units"),
        ({"accounts": "12"}, "class:accounts: wanted 12 digits each, got '12'"),
        ({"units": "ou-1"}, "class:units: wanted ids such as ou-ab12-11111111"),
        ({"accounts": FIRST, "external_id": ""}, "class:external_id: wanted 2 to 1224 letters"),
        ({"accounts": FIRST, "trainer": "me"}, "class:trainer: wanted 12 digits or the ARN"),
        ({"accounts": FIRST, "lab": "yes"}, "class:lab: wanted true or false, got 'yes'"),
        ({"accounts": FIRST, "stages": "true"}, "class:stages: wanted class:list=class.csv"),
        ({"list": "none.csv"}, "class:list: [Errno 2] No such file"),
        ({"accounts": FIRST, "policies": "all"}, "class:policies: wanted some of check, check-ath"),
        (
            {"accounts": FIRST, "policies": "check,down,run,up-athena,down-by-hand"},
            "class:policies: wanted 10,240 characters or fewer in all, as IAM does, got ",
        ),
        ({"accounts": FIRST, "delegated": "true"}, "class:delegated: wanted class:units"),
        (
            {"accounts": FIRST, "consent": "yes"},
            "class:consent: wanted named or unasked, got 'yes'",
        ),
        (
            {"acounts": FIRST},
            "class:acounts: wanted one of accounts, consent, delegated, external_id",
        ),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(context: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        chosen(**{"external_id": "spring", **context})
    assert str(refused.value).startswith(message)


def test_students_enter_by_the_role_that_is_made(tmp_path: Path) -> None:
    path = tmp_path / "class.csv"
    path.write_text(LIST.replace(f"role/{GRADER_ROLE}", "role/own"))
    with pytest.raises(
        SettingsError, match=f"class:list, line 2: wanted the role_arn of {GRADER_ROLE}"
    ):
        chosen(list=str(path), external_id="spring")


def test_there_is_no_class_unless_it_is_asked_for() -> None:
    assert ClassSettings.from_context({"suffix": "jo1"}, "us-east-1") is None
