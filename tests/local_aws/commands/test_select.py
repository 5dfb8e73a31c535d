"""`python -m local_aws select`: log files put before event selectors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local_aws import LocalAws
from local_aws.__main__ import main
from tests.local_aws.delivered import client
from tests.trail_logs.log_samples import ACCOUNT, file_of, key_of, record, write

BUCKET_ARN = "arn:aws:s3:::logs/AWSLogs/file.json.gz"
OWN_DELIVERY = {
    "eventSource": "s3.amazonaws.com",
    "userIdentity": {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"},
    "resources": [{"type": "AWS::S3::Object", "ARN": BUCKET_ARN}],
}
MANAGEMENT = {"eventCategory": "Management", "managementEvent": True, "resources": None}


def advanced(name: str, **equals: str) -> dict[str, Any]:
    fields = [{"Field": field, "Equals": [value]} for field, value in equals.items()]
    return {"Name": name, "FieldSelectors": fields}


ALL_TABLES = advanced(
    "tables", **{"eventCategory": "Data", "resources.type": "AWS::DynamoDB::Table"}
)
ALL_OBJECTS = advanced("objects", **{"eventCategory": "Data", "resources.type": "AWS::S3::Object"})
WRITES = advanced("writes", eventCategory="Management", readOnly="false")


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Two days with a write and a read of tables, two management events and a delivery."""
    folder = tmp_path / "logs"
    repeated = record("DeleteTable", **MANAGEMENT, eventTime="2026-03-16T12:00:00Z")
    write(
        folder,
        key_of(),
        file_of(
            record("PutItem"),
            record("GetItem", readOnly=True),
            record("ListTables", **MANAGEMENT, readOnly=True),
            record("PutObject", **OWN_DELIVERY),
            repeated,
        ),
    )
    write(folder, key_of(), file_of(repeated))
    return folder


def file(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def selected(capsys: pytest.CaptureFixture[str], logs: Path) -> Any:
    def select(*options: object) -> Any:
        code = main(["select", "--logs", str(logs), "--format", "json", *map(str, options)])
        assert code == 0
        return json.loads(capsys.readouterr().out)

    return select


def kept(choice: Any) -> dict[str, int]:
    return {each["eventName"]: each["kept"] for each in choice["events"] if each["kept"]}


def test_what_selectors_keep_is_counted_once_with_the_reason(selected: Any, tmp_path: Path) -> None:
    told = selected("--selectors", file(tmp_path, "s.json", [WRITES, ALL_TABLES]))
    [choice] = told["selectors"]
    assert (told["records"], told["files"]) == (5, 2)
    assert kept(choice) == {"DeleteTable": 1, "PutItem": 1, "GetItem": 1}
    assert (choice["kept"], choice["dropped"]) == (3, 2)
    reasons = {each["eventName"]: each["reasons"] for each in choice["events"]}
    [why] = reasons["ListTables"]
    assert why.endswith('"writes" wants readOnly false, and ListTables is a read-only event')


def test_a_month_costs_what_two_days_cost_fifteen_times(selected: Any, tmp_path: Path) -> None:
    insights = [
        {"InsightType": "ApiCallRateInsight"},
        {"InsightType": "ApiErrorRateInsight", "EventCategories": ["Management", "Data"]},
    ]
    basic = [
        {
            "DataResources": [
                {"Type": "AWS::DynamoDB::Table", "Values": ["arn:aws:dynamodb"]},
            ]
        }
    ]
    given = {"EventSelectors": basic, "InsightSelectors": insights}
    told = selected("--selectors", file(tmp_path, "s.json", given))
    assert told["days"] == 2
    assert [
        (each["what"], each["events"], each["dollarsPer100000"])
        for each in told["selectors"][0]["costs"]
    ] == [
        ("management events, the first copy in their Region", 2, 0),
        ("management events, an additional copy", 2, 2.0),
        ("data events", 2, 0.1),
        ("ApiCallRateInsight, management events analyzed", 1, 0.35),
        ("ApiErrorRateInsight, management events analyzed", 2, 0.35),
        ("ApiErrorRateInsight, data events analyzed", 2, 0.03),
    ]
    of_a_second = selected("--selectors", tmp_path / "s.json", "--days", 0.0001)
    assert of_a_second["selectors"][0]["costs"][1]["dollarsAMonth"] is None
    by_hand = selected("--selectors", tmp_path / "s.json", "--days", 0.05)
    assert by_hand["selectors"][0]["costs"][1]["dollarsAMonth"] == 0.024  # 2 / .05 * 30 * $2e-5


def test_the_difference_between_two_sets_is_told_with_the_reason(
    selected: Any, tmp_path: Path
) -> None:
    first = file(tmp_path, "first.json", [WRITES, ALL_TABLES])
    second = file(tmp_path, "second.json", [{"ReadWriteType": "All"}])
    told = selected("--selectors", first, "--against", second)
    assert {
        each["eventName"]: (each["onlyFirst"], each["onlySecond"]) for each in told["difference"]
    } == {"PutItem": (1, 0), "GetItem": (1, 0), "ListTables": (0, 1)}
    [why] = [each["reasons"] for each in told["difference"] if each["eventName"] == "ListTables"]
    assert "readOnly false" in why[0]
    assert selected("--selectors", first, "--against", first)["difference"] == []


def test_a_trail_that_records_its_own_deliveries_is_warned_of(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = {"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::logs/"]}
    without = {
        **ALL_OBJECTS,
        "FieldSelectors": [*ALL_OBJECTS["FieldSelectors"], elsewhere],
    }

    def told(selector: object, *options: str) -> str:
        path = str(file(tmp_path, "s.json", [selector]))
        assert main(["select", "--logs", str(logs), "--selectors", path, *options]) == 0
        return capsys.readouterr().out

    assert "WARNING: the trail records its own" in told(ALL_OBJECTS, "--bucket", "logs")
    assert "WARNING: 1 kept events are CloudTrail's own" in told(ALL_OBJECTS)
    assert "WARNING" not in told(without, "--bucket", "logs")
    assert "WARNING" not in told(ALL_TABLES)


def template(**properties: object) -> dict[str, Any]:
    trail = {"S3BucketName": {"Ref": "Logs"}, "IsLogging": True, **properties}
    return {
        "Resources": {
            "Logs": {"Type": "AWS::S3::Bucket"},
            "Users": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "Users"}},
            "Trail": {"Type": "AWS::CloudTrail::Trail", "Properties": trail},
        }
    }


OF_ITS_TABLE = {
    "ReadWriteType": "WriteOnly",
    "DataResources": [
        {"Type": "AWS::DynamoDB::Table", "Values": [{"Fn::GetAtt": ["Users", "Arn"]}]}
    ],
}


def test_a_trail_of_a_template_has_its_resources_and_its_region(
    selected: Any, tmp_path: Path
) -> None:
    path = file(tmp_path, "t.json", template(EventSelectors=[OF_ITS_TABLE]))
    here = ("--template", path, "--account", ACCOUNT, "--region")
    assert kept(selected(*here, "us-east-1")["selectors"][0]) == {"DeleteTable": 1, "PutItem": 1}
    assert kept(selected(*here, "eu-west-1")["selectors"][0]) == {}
    everywhere = file(
        tmp_path,
        "m.json",
        template(IsMultiRegionTrail="true", AdvancedEventSelectors=[ALL_OBJECTS]),
    )
    told = selected("--template", everywhere, "--parameter", "Logs=logs")
    assert told["selectors"][0]["recordsItself"] is True
    assert selected("--template", everywhere)["selectors"][0]["recordsItself"] is None


@pytest.mark.parametrize(
    ("properties", "more", "wanted"),
    [
        ({"EventSelectors": [OF_ITS_TABLE]}, [], "give --region NAME"),
        ({"EventSelectors": [OF_ITS_TABLE]}, ["--region", "us-east-1"], "give --account ID"),
        (
            {
                "IsMultiRegionTrail": True,
                "EventSelectors": [{"ReadWriteType": {"Ref": "Which"}}],
            },
            [],
            "give --parameter Which=VALUE",
        ),
        ({"IsMultiRegionTrail": True, "EventSelectors": [{"ReadWriteType": "No"}]}, [], "No"),
        ({}, ["--trail", "Other"], "wanted one trail, the template has Trail: got 'Other'"),
    ],
)
def test_what_a_template_leaves_open_is_asked_for(
    properties: dict[str, Any],
    more: list[str],
    wanted: str,
    logs: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = str(file(tmp_path, "t.json", template(**properties)))
    assert main(["select", "--logs", str(logs), "--template", path, *more]) == 2
    assert wanted in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("{", "is not JSON"),
        ("7", "wanted a list of event selectors"),
        ("{}", "wanted a list of event selectors"),
        ("[]", "valid number of selectors"),
        ('[{"Field": "eventCategory"}]', 'Unknown parameter in EventSelectors[0]: "Field"'),
        ('[{"ReadWriteType": 7}]', "Invalid type for parameter EventSelectors[0].ReadWriteType"),
        (
            '[{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["None"]}]}]',
            "eventCategory is required",
        ),
    ],
)
def test_what_is_no_selector_is_refused(
    content: str, wanted: str, logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "s.json"
    path.write_text(content)
    assert main(["select", "--logs", str(logs), "--selectors", str(path)]) == 2
    assert wanted in capsys.readouterr().err


def test_what_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(file(tmp_path, "s.json", [WRITES]))
    assert main(["select", "--logs", str(tmp_path / "none"), "--selectors", path]) == 3
    assert "neither a folder nor a file" in capsys.readouterr().err
    odd = record(userIdentity="me")
    write(tmp_path / "logs", key_of(), file_of(odd, record("DeleteTable", **MANAGEMENT)))
    assert main(["select", "--logs", str(tmp_path / "logs"), "--selectors", path]) == 3
    out, err = capsys.readouterr()
    assert "1 kept, 0 dropped" in out
    assert "Expected `object | null`, got `str`" in err


def test_a_local_run_is_put_before_selectors_without_any_trail(
    aws: LocalAws, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client(aws, "s3").create_bucket(Bucket="here")
    client(aws, "s3").put_object(Bucket="here", Key="a", Body=b"")
    client(aws, "s3").list_buckets()
    path = str(file(tmp_path, "s.json", [WRITES, ALL_OBJECTS]))
    options = ["select", "--selectors", path, "--format", "json", "--logs"]
    assert main([*options, aws.endpoint_url]) == 0
    told = json.loads(capsys.readouterr().out)
    assert kept(told["selectors"][0]) == {"CreateBucket": 1, "PutObject": 1}
    assert told["records"] == 3
    assert main([*options, "http://127.0.0.1:1"]) == 3
    assert "No local AWS answers at http://127.0.0.1:1" in capsys.readouterr().err
