"""Glue databases and tables, and Athena workgroups, made by CloudFormation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.delivered import client

RESULTS = {"OutputLocation": "s3://results/"}


def resources(**changes: Any) -> dict[str, Any]:
    """A database, a table in it and a workgroup; `changes` are properties of the workgroup."""
    workgroup = {
        "Name": "graders",
        "WorkGroupConfiguration": {
            "BytesScannedCutoffPerQuery": "10000000",
            "EnforceWorkGroupConfiguration": "true",
            "ResultConfiguration": RESULTS,
        },
    }
    return {
        "Database": {
            "Type": "AWS::Glue::Database",
            "Properties": {"CatalogId": "123456789012", "DatabaseInput": {"Name": "logs"}},
        },
        "Table": {
            "Type": "AWS::Glue::Table",
            "Properties": {
                "CatalogId": "123456789012",
                "DatabaseName": {"Ref": "Database"},
                "TableInput": {
                    "Name": "trail",
                    "PartitionKeys": [{"Name": "timestamp", "Type": "string"}],
                    "Parameters": {"projection.enabled": "true"},
                    "StorageDescriptor": {"Columns": [{"Name": "eventname", "Type": "string"}]},
                },
            },
        },
        "WorkGroup": {"Type": "AWS::Athena::WorkGroup", "Properties": workgroup | changes},
    }


class Stack:
    """A stack of these resources."""

    def __init__(self, aws: LocalAws) -> None:
        self._cloudformation = client(aws, "cloudformation")
        self.glue, self.athena = client(aws, "glue"), client(aws, "athena")

    def create(self, made: dict[str, Any]) -> None:
        outputs = {name: {"Value": {"Ref": name}} for name in ("Database", "Table", "WorkGroup")}
        body = json.dumps({"Resources": made, "Outputs": outputs})
        self._cloudformation.create_stack(StackName="lab", TemplateBody=body)

    def update(self, made: dict[str, Any]) -> None:
        body = json.dumps({"Resources": made})
        self._cloudformation.update_stack(StackName="lab", TemplateBody=body)

    def delete(self) -> None:
        self._cloudformation.delete_stack(StackName="lab")

    def described(self) -> dict[str, Any]:
        return dict(self._cloudformation.describe_stacks(StackName="lab")["Stacks"][0])

    def reasons(self) -> str:
        events = self._cloudformation.describe_stack_events(StackName="lab")["StackEvents"]
        return " ".join(each.get("ResourceStatusReason", "") for each in events)


@pytest.fixture
def stack(aws: LocalAws) -> Stack:
    return Stack(aws)


def test_what_is_made_is_what_the_apis_show_and_ref_gives_names(stack: Stack) -> None:
    stack.create(resources())
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.described()["Outputs"]}
    assert outputs == {"Database": "logs", "Table": "trail", "WorkGroup": "graders"}
    table = stack.glue.get_table(DatabaseName="logs", Name="trail")["Table"]
    assert table["Parameters"] == {"projection.enabled": "true"}
    assert table["StorageDescriptor"]["Columns"] == [{"Name": "eventname", "Type": "string"}]
    group = stack.athena.get_work_group(WorkGroup="graders")["WorkGroup"]["Configuration"]
    assert group["BytesScannedCutoffPerQuery"] == 10_000_000
    assert group["EnforceWorkGroupConfiguration"] is True
    assert group["ResultConfiguration"] == RESULTS


def test_an_update_changes_them_in_place(stack: Stack) -> None:
    stack.create(resources())
    changed = resources(WorkGroupConfiguration={"BytesScannedCutoffPerQuery": 20_000_000})
    changed["Table"]["Properties"]["TableInput"]["Parameters"] = {"projection.enabled": "false"}
    stack.update(changed)
    assert stack.described()["StackStatus"] == "UPDATE_COMPLETE"
    table = stack.glue.get_table(DatabaseName="logs", Name="trail")["Table"]
    assert table["Parameters"] == {"projection.enabled": "false"}
    group = stack.athena.get_work_group(WorkGroup="graders")["WorkGroup"]["Configuration"]
    assert group["BytesScannedCutoffPerQuery"] == 20_000_000


def test_another_name_is_another_table(stack: Stack) -> None:
    stack.create(resources())
    changed = resources()
    changed["Table"]["Properties"]["TableInput"]["Name"] = "other"
    stack.update(changed)
    tables = stack.glue.get_tables(DatabaseName="logs")["TableList"]
    assert [each["Name"] for each in tables] == ["other"]


@pytest.mark.parametrize("taken", ["WorkGroup", "Database"])
def test_a_name_that_is_taken_fails_the_stack(stack: Stack, taken: str) -> None:
    if taken == "WorkGroup":
        stack.athena.create_work_group(Name="graders", Description="")
    else:
        stack.glue.create_database(DatabaseInput={"Name": "logs"})
    stack.create(resources())
    assert stack.described()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "AlreadyExists" in stack.reasons()


@pytest.mark.parametrize(("recursive", "left"), [("true", []), ("false", ["graders"])])
def test_a_workgroup_with_queries_is_deleted_where_the_template_says_so(
    stack: Stack, recursive: str, left: list[str]
) -> None:
    stack.create(resources(RecursiveDeleteOption=recursive))
    stack.athena.start_query_execution(QueryString="SELECT 1", WorkGroup="graders")
    stack.delete()
    groups = [each["Name"] for each in stack.athena.list_work_groups()["WorkGroups"]]
    assert groups == ["primary", *left]
    if left:
        assert stack.described()["StackStatus"] == "DELETE_FAILED"
        assert "WorkGroup graders is not empty" in stack.reasons()


def test_nothing_is_left_of_the_catalog(stack: Stack) -> None:
    stack.create(resources())
    stack.delete()
    assert stack.glue.get_databases()["DatabaseList"] == []
