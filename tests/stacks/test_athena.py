from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp

from stacks.settings import EXAMPLE_ACCOUNT, LabSettings, SettingsError
from tests.stacks.conftest import Template, templates_in
from tests.trail_logs.log_samples import NOON
from trail_logs.athena.statement import LogTable, statement
from trail_logs.expectations import Expectation

ORGANIZATION = "o-exampleorgid"
MEMBERS = ("111122223333", "444455556666")


def synthesized(outdir: Path, prefix: str, **settings: Any) -> Template:
    from stacks.athena import AthenaSettings, add_athena
    from stacks.review import reviewed_app

    app = reviewed_app(outdir)
    add_athena(app, LabSettings(account=EXAMPLE_ACCOUNT, prefix=prefix), AthenaSettings(**settings))
    app.synth()
    return templates_in(outdir)["cloudtrail-lab-athena"]


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return synthesized(tmp_path_factory.mktemp("single"), "")


@pytest.fixture(scope="module")
def organization(tmp_path_factory: pytest.TempPathFactory) -> Template:
    outdir = tmp_path_factory.mktemp("organization")
    return synthesized(outdir, "team", organization=ORGANIZATION, accounts=MEMBERS)


def properties(template: Template, kind: str) -> list[dict[str, Any]]:
    found = template["Resources"].values()
    return [each["Properties"] for each in found if each["Type"] == kind]


def table(template: Template, name: str) -> dict[str, Any]:
    inputs = [each["TableInput"] for each in properties(template, "AWS::Glue::Table")]
    (found,) = [each for each in inputs if each["Name"] == name]
    return dict(found)


def test_each_trail_has_a_table_over_its_bucket(single: Template) -> None:
    for name, purpose in (
        ("management_events", "management-events"),
        ("data_events", "data-events"),
    ):
        template = table(single, name)["Parameters"]["storage.location.template"]
        bucket = f"aws-cloudtrail-logs-{purpose}-{EXAMPLE_ACCOUNT}-lab"
        assert template == {
            "Fn::Sub": f"s3://{bucket}/AWSLogs/${{!account}}/${{!folder}}/${{!region}}/${{!timestamp}}"
        }


def test_buckets_that_somebody_made_by_hand_can_be_named(tmp_path: Path) -> None:
    made = synthesized(tmp_path, "", data_bucket="logs-of-mine")
    template = table(made, "data_events")["Parameters"]["storage.location.template"]["Fn::Sub"]
    assert template.startswith("s3://logs-of-mine/AWSLogs/${!account}/")
    assert "management-events" in str(table(made, "management_events")["Parameters"])


def test_results_go_with_the_stack_where_log_buckets_do(single: Template, tmp_path: Path) -> None:
    from stacks.athena import AthenaSettings, add_athena
    from stacks.review import reviewed_app

    emptied = single["Resources"]["EmptyBucket"]["Properties"]["BucketName"]
    assert emptied == {"Ref": "Results"}
    assert single["Resources"]["Results"]["DeletionPolicy"] == "Delete"
    app = reviewed_app(tmp_path)
    add_athena(app, LabSettings(removal="retain"), AthenaSettings())
    app.synth()
    kept = templates_in(tmp_path)["cloudtrail-lab-athena"]["Resources"]
    assert kept["Results"]["DeletionPolicy"] == "Retain"
    assert "EmptyBucket" not in kept


def test_an_organizations_files_lie_below_its_id(organization: Template) -> None:
    parameters = table(organization, "data_events")["Parameters"]
    location = parameters["storage.location.template"]["Fn::Sub"]
    assert f"/team/AWSLogs/{ORGANIZATION}/${{!account}}/" in location
    assert parameters["projection.account.values"] == ",".join(MEMBERS)


def test_every_partition_key_is_projected(single: Template) -> None:
    found = table(single, "data_events")
    keys = [key["Name"] for key in found["PartitionKeys"]]
    assert keys == ["account", "folder", "region", "timestamp"]
    assert all(f"projection.{key}.type" in found["Parameters"] for key in keys)
    assert found["Parameters"]["projection.timestamp.format"] == "yyyy/MM/dd"


def test_the_table_has_every_column_that_the_statement_reads(single: Template) -> None:
    found = table(single, "data_events")
    columns = {each["Name"] for each in found["StorageDescriptor"]["Columns"]}
    columns |= {each["Name"] for each in found["PartitionKeys"]}
    asked = Expectation(
        "everything",
        event_names=("PutItem",),
        event_source="dynamodb.amazonaws.com",
        category="Data",
        since=NOON,
        parameters=(("tableName", "Users"),),
        identity="alice",
        succeeded=True,
        read_only=False,
        account=MEMBERS[0],
        region="us-east-1",
    )
    insight = Expectation("insight", category="Insight", event_names=("PutItem",))
    lab = LogTable("cloudtrail_lab", "data_events", by_account=True, by_folder=True)
    rows = statement([asked, insight], {"": lab}, NOON, NOON).find(exp.Subquery)
    assert rows is not None
    read = {column.parts[0].name for column in rows.find_all(exp.Column)}
    elements = {each.name for one in rows.find_all(exp.Lambda) for each in one.expressions}
    assert read - {"$path"} - elements <= columns


def test_queries_are_cut_off_and_results_encrypted(single: Template) -> None:
    (workgroup,) = properties(single, "AWS::Athena::WorkGroup")
    configuration = workgroup["WorkGroupConfiguration"]
    assert configuration["EnforceWorkGroupConfiguration"] is True
    assert configuration["BytesScannedCutoffPerQuery"] == 10 * 1024**3
    encryption = configuration["ResultConfiguration"]["EncryptionConfiguration"]
    assert encryption == {"EncryptionOption": "SSE_S3"}


def test_results_are_private_and_expire(single: Template) -> None:
    (bucket,) = properties(single, "AWS::S3::Bucket")
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 7
    (policy,) = properties(single, "AWS::S3::BucketPolicy")
    assert "aws:SecureTransport" in json.dumps(policy)


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({"accounts": "123"}, "athena:accounts: wanted 12 digits"),
        ({"organization": "acme"}, "athena:organization: wanted o-"),
        ({"organization": ORGANIZATION}, "athena:accounts: wanted an organization's"),
        ({"first_day": "2026-03-14"}, "athena:first_day: wanted YYYY/MM/DD"),
        ({"cut_off_bytes": "lots"}, "a number of bytes"),
        ({"cut_off_bytes": "1"}, "at least 10000000"),
        ({"regions": ","}, "at least one Region"),
        ({"data_bucket": "s3://mine"}, "athena:data_bucket: wanted a bucket's name"),
        ({"tables": "yes"}, "athena:tables: wanted true or false, got 'yes'"),
        ({"region": "us-east-1"}, "athena:region: wanted one of athena:accounts"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(context: dict[str, str], message: str) -> None:
    from stacks.athena import AthenaSettings

    told = {"athena:tables": "true"} | {f"athena:{key}": value for key, value in context.items()}
    with pytest.raises(SettingsError, match=re.escape(message)):
        AthenaSettings.from_context(told)


def test_there_is_no_stack_unless_it_is_asked_for() -> None:
    from stacks.athena import AthenaSettings

    assert AthenaSettings.from_context({"athena:accounts": MEMBERS[0]}) is None
    asked = AthenaSettings.from_context({"athena:tables": "true", "athena:regions": "us-east-1"})
    assert asked == AthenaSettings(regions=("us-east-1",))


def test_the_accounts_may_be_those_of_a_class(tmp_path: Path) -> None:
    from stacks.athena import AthenaSettings

    students = tmp_path / "class.csv"
    students.write_text("student,account\n" + "".join(f"S{each},{each}\n" for each in MEMBERS))
    asked = {"athena:tables": "true", "athena:class": str(students)}
    settings = AthenaSettings.from_context(asked)
    assert settings
    assert settings.accounts == MEMBERS
    with pytest.raises(SettingsError, match="wanted no athena:accounts beside it"):
        AthenaSettings.from_context({**asked, "athena:accounts": MEMBERS[0]})
    students.write_text("student,account\nS,12\n")
    with pytest.raises(SettingsError, match="line 2: account: wanted 12 digits"):
        AthenaSettings.from_context(asked)
    with pytest.raises(SettingsError, match=r"athena:class: .*No such file"):
        AthenaSettings.from_context({**asked, "athena:class": str(tmp_path / "none.csv")})
