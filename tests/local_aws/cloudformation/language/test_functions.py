"""Intrinsic functions give CloudFormation's values, and refuse in its words."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.cloudformation.exceptions import ValidationError
from local_aws.cloudformation.language.functions import NotYetKnown, check, evaluate


class Names:
    """A scope with a few names; `Later` is a resource that does not exist yet."""

    def ref(self, name: str) -> Any:
        if name == "Later":
            raise NotYetKnown(name)
        values = {"AWS::NoValue": None, "AWS::Region": "us-east-1", "One": "1", "List": ["a", "b"]}
        return values[name]

    def attribute(self, logical_id: str, name: str) -> Any:
        if logical_id == "Later":
            raise NotYetKnown(logical_id)
        return f"{logical_id}/{name}"

    def condition(self, name: str) -> bool:
        return {"Yes": True, "No": False}[name]

    def mapped(self, name: str, top: str, second: str) -> Any:
        try:
            return {"Map": {"1": {"k": ["x", "y"]}}}[name][top][second]
        except KeyError:
            raise ValidationError(f"Unable to get mapping for {name}::{top}::{second}") from None

    def exported(self, name: str) -> str:
        return f"exported {name}"

    def zones(self, region: str) -> list[str]:
        return [f"{region}a", f"{region}b"]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"Ref": "One"}, "1"),
        ([1, {"Ref": "AWS::NoValue"}, {"a": {"Ref": "AWS::NoValue"}}], [1, {}]),
        ({"Fn::GetAtt": ["R", "A.B"]}, "R/A.B"),
        ({"Fn::GetAtt": ["R", {"Fn::Sub": "Outputs.${One}"}]}, "R/Outputs.1"),
        ({"Fn::FindInMap": ["Map", {"Ref": "One"}, "k"]}, ["x", "y"]),
        ({"Fn::If": ["No", 1, {"Ref": "One"}]}, "1"),
        ({"Fn::Join": ["-", ["a", 1, True, {"Ref": "One"}]]}, "a-1-true-1"),
        ({"Fn::Join": [",", {"Ref": "List"}]}, "a,b"),
        ({"Fn::Select": ["1", {"Fn::Split": ["|", "a|b"]}]}, "b"),
        ({"Fn::Select": [{"Ref": "One"}, {"Ref": "List"}]}, "b"),
        ({"Fn::Sub": "${One} ${R.Arn} ${!Literal} $One ${AWS::Region}"}, None),
        ({"Fn::Sub": ["${V}${V}", {"V": {"Ref": "One"}}]}, "11"),
        ({"Fn::Sub": ["${V}", {"V": "${One}"}]}, "${One}"),
        ({"Fn::ImportValue": {"Fn::Sub": "${One}-x"}}, "exported 1-x"),
        ({"Fn::GetAZs": ""}, ["us-east-1a", "us-east-1b"]),
        ({"Fn::GetAZs": {"Ref": "AWS::Region"}}, ["us-east-1a", "us-east-1b"]),
        ({"Fn::Base64": "a"}, "YQ=="),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, "8"]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::Equals": [{"Ref": "One"}, 1]}, True),
        ({"Fn::Equals": [True, "true"]}, True),
        ({"Fn::And": [{"Condition": "Yes"}, {"Fn::Not": [{"Condition": "No"}]}]}, True),
        ({"Fn::Or": [{"Condition": "No"}, {"Fn::Equals": ["a", "b"]}]}, False),
        ({"Fn::Contains": [["1", "2"], {"Ref": "One"}]}, True),
        ({"Fn::EachMemberIn": [{"Ref": "List"}, ["a"]]}, False),
        ({"Statement": [{"Condition": {"Bool": {"a": "b"}}}]}, None),
    ],
)
def test_a_function_gives_its_value(value: Any, found: Any) -> None:
    if found is None:
        found = value if "Statement" in value else "1 R/Arn ${Literal} $One us-east-1"
    assert evaluate(value, Names()) == found


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"Fn::Select": [2, ["a"]]}, "Fn::Select cannot select nonexistent value at index 2"),
        ({"Fn::Select": [-1, ["a"]]}, "Fn::Select cannot select nonexistent value at index -1"),
        ({"Fn::FindInMap": ["Map", "2", "k"]}, "Unable to get mapping for Map::2::k"),
        ({"Fn::Length": [1]}, "Encountered unsupported function: Fn::Length"),
        ({"Fn::Join": ["a"]}, "every Fn::Join object requires a list of 2 parameters"),
        ({"Fn::Join": ["", "text"]}, "Fn::Join requires a list, got text"),
        ({"Fn::Sub": [1, 2]}, "One or more Fn::Sub intrinsic functions don't specify expected"),
        ({"Ref": ["a"]}, "All Ref references must be of type string"),
        ({"Fn::Or": [True]}, "at least 2 and at most 10"),
        ({"Fn::Cidr": ["10.0.0.0/24", 2, "8"]}, "Fn::Cidr cannot allocate 2 subnets"),
    ],
)
def test_what_a_function_cannot_give_is_refused(value: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        evaluate(value, Names())
    assert message in str(caught.value.message)


def test_what_needs_no_resource_is_checked_before_there_is_one() -> None:
    later = {"Fn::GetAtt": ["Later", "Arn"]}
    check({"a": later, "b": {"Fn::If": ["Yes", later, {"Fn::Select": [9, []]}]}}, Names())
    with pytest.raises(ValidationError, match="index 9"):
        check({"a": {"Fn::Join": ["", [later, {"Fn::Select": [9, ["a"]]}]]}}, Names())
