"""A template's parameters: their types, constraints and values, and the template's rules.

Source: AWS CloudFormation User Guide, "Parameters"; the messages are CloudFormation's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import regex  # type: ignore[import-untyped]

from local_aws.cloudformation.exceptions import ValidationError
from local_aws.cloudformation.language.functions import Environment, evaluate
from local_aws.cloudformation.language.values import text
from local_aws.recording.java_patterns import matches

Slot = Mapping[str, Any]
"""A parameter's declaration."""

_PLAIN = ("CommaDelimitedList", "List<Number>", "List<String>", "Number", "String")
EXISTING = {
    "AWS::EC2::AvailabilityZone::Name": ("ec2", "DescribeAvailabilityZones", "ZoneNames"),
    "AWS::EC2::Instance::Id": ("ec2", "DescribeInstances", "InstanceIds"),
    "AWS::EC2::KeyPair::KeyName": ("ec2", "DescribeKeyPairs", "KeyNames"),
    "AWS::EC2::SecurityGroup::GroupName": ("ec2", "DescribeSecurityGroups", "GroupNames"),
    "AWS::EC2::SecurityGroup::Id": ("ec2", "DescribeSecurityGroups", "GroupIds"),
    "AWS::EC2::Subnet::Id": ("ec2", "DescribeSubnets", "SubnetIds"),
    "AWS::EC2::VPC::Id": ("ec2", "DescribeVpcs", "VpcIds"),
    "AWS::EC2::Volume::Id": ("ec2", "DescribeVolumes", "VolumeIds"),
    "AWS::Route53::HostedZone::Id": ("route53", "GetHostedZone", "Id"),
    "AWS::SSM::Parameter::Name": ("ssm", "GetParameters", "Names"),
}
"""Types whose value must name something that exists, and the read that finds it.

Images are left out: those of AWS do not exist here.
"""
_OF_AWS = ("AWS::EC2::Image::Id", *(name for name in EXISTING if "::SSM::" not in name))
_VALUES = (
    "String",
    "CommaDelimitedList",
    "List<String>",
    *_OF_AWS,
    *map("List<{}>".format, _OF_AWS),
)
STORED = "AWS::SSM::Parameter::Value<"
_TYPES = frozenset(
    {
        *_PLAIN,
        *_OF_AWS,
        *map("List<{}>".format, _OF_AWS),
        "AWS::SSM::Parameter::Name",
        *(f"{STORED}{inner}>" for inner in _VALUES),
    }
)
_KEYS = frozenset(
    {
        "AllowedPattern",
        "AllowedValues",
        "ConstraintDescription",
        "Default",
        "Description",
        "MaxLength",
        "MaxValue",
        "MinLength",
        "MinValue",
        "NoEcho",
        "Type",
    }
)


def is_list(kind: str) -> bool:
    """Whether a parameter of the type has a list of values."""
    return "List<" in kind or "CommaDelimitedList" in kind


def default(slot: Slot) -> str:
    """The default as text."""
    return text(slot.get("Default", ""))


def is_secret(slot: Slot) -> bool:
    """Whether the value is hidden in answers."""
    return text(slot.get("NoEcho", False)).lower() == "true"


def check_declarations(slots: Mapping[str, Slot]) -> None:
    """Raise ValidationError for a parameter that no template can have."""
    for name, slot in slots.items():
        if not isinstance(slot, Mapping) or "Type" not in slot:
            raise ValidationError(
                "Template format error: Every Parameters object must contain a Type member."
            )
        if not isinstance(slot["Type"], str) or slot["Type"] not in _TYPES:
            raise ValidationError(
                f"Template format error: Unrecognized parameter type: {slot['Type']}"
            )
        for key in slot:
            if key not in _KEYS:
                raise ValidationError(f"Invalid template parameter property '{key}'")
        for limit in _LIMITS:
            if limit in slot and not _is_number(text(slot[limit])):
                raise ValidationError(
                    f"Template format error: {limit} of parameter {name} must be a number."
                )
        _check_default(name, slot)


def _check_default(name: str, slot: Slot) -> None:
    if isinstance(slot.get("Default", ""), Mapping | list):
        raise ValidationError("Template format error: Every Default member must be a string.")
    if regex.search(r"\{\{resolve:ssm:[^:}]+\}\}", default(slot)):
        raise ValidationError(
            f"Template error: parameter {name} should not contain ssm versionless resolver"
        )


def check_parameters(slots: Mapping[str, Slot], values: Mapping[str, str]) -> None:
    """Raise ValidationError for parameter values that the template does not allow."""
    unknown = [name for name in values if name not in slots]
    if unknown:
        raise ValidationError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = [name for name, slot in slots.items() if name not in values and "Default" not in slot]
    if missing:
        raise ValidationError(f"Parameters: [{', '.join(missing)}] must have values")
    for name, slot in slots.items():
        _check_parameter(name, slot, values.get(name, default(slot)))


def _check_parameter(name: str, slot: Slot, value: str) -> None:
    given = _items(value) if is_list(slot["Type"]) else [value]
    broken = next(
        (
            message
            for holds, message in _constraints(name, slot)
            if not all(holds(item) for item in given)
        ),
        None,
    )
    if broken is None:
        return
    description = slot.get("ConstraintDescription")
    raise ValidationError(
        f"Parameter {name} failed to satisfy constraint: {description}" if description else broken
    )


def _constraints(name: str, slot: Slot) -> Iterator[tuple[Callable[[str], bool], str]]:
    """Tests of a value with their messages; for a list, of each item.

    Of SSM types the value is the name.
    """
    if slot["Type"] in {"Number", "List<Number>"}:
        yield _is_number, f"Parameter '{name}' must be a number"
    if "AllowedValues" in slot:
        allowed = {text(item) for item in slot["AllowedValues"]}
        yield (lambda value: value in allowed), f"Parameter '{name}' must be one of AllowedValues"
    if "AllowedPattern" in slot:
        pattern = text(slot["AllowedPattern"])
        yield (
            lambda value: _matches(name, pattern, value),
            f"Parameter '{name}' must match pattern {pattern}",
        )
    for limit, (measure, sign, message) in _LIMITS.items():
        if limit in slot:
            bound = text(slot[limit])
            holds = partial(_within, measure, sign, sign * float(bound))
            yield holds, f"Parameter '{name}' must {message.format(bound)}"


def _within(measure: Callable[[str], float], sign: int, bound: float, value: str) -> bool:
    return sign * measure(value) <= bound


_LIMITS: Mapping[str, tuple[Callable[[str], float], int, str]] = {
    "MinLength": (len, -1, "contain at least {} characters"),
    "MaxLength": (len, 1, "contain at most {} characters"),
    "MinValue": (float, -1, "be a number not less than {}"),
    "MaxValue": (float, 1, "be a number not greater than {}"),
}


def _is_number(value: str) -> bool:
    return regex.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", value.strip()) is not None


def _matches(name: str, pattern: str, value: str) -> bool:
    try:
        return matches(pattern, value)
    except regex.error as error:
        raise ValidationError(
            f"Template error: AllowedPattern of parameter '{name}' is not a valid pattern: {error}"
        ) from error


def _items(value: str) -> list[str]:
    return [item.strip() for item in value.split(",")]


def value_of(slot: Slot, value: str, stored: Callable[[str], tuple[str, str]]) -> str | list[str]:
    """What `Ref` gives for a parameter.

    `stored` gives type and value of a parameter of Parameter Store, and raises ValidationError if
    there is none. Messages and checks: measured (dynamic SSM parameter types).
    """
    kind = slot["Type"]
    if kind.startswith(STORED):
        name, (found, value) = value, stored(value)
        if found == "SecureString":
            raise ValidationError(
                f"Parameters [{name}] referenced by template have types not supported by "
                "CloudFormation."
            )
        if (found == "StringList") != is_list(kind):
            raise ValidationError(
                f"Types for SSM parameters [{name}] defined in CFN template and SSM are "
                "incompatible"
            )
    return _items(value) if is_list(kind) else value


def missing(
    slots: Mapping[str, Slot], values: Mapping[str, str], exists: Callable[[str, str], bool]
) -> str | None:
    """Why the values of parameters with AWS's own types are refused, None if they are not.

    `exists` tells whether something with a type and value exists.
    """
    for name, slot in slots.items():
        kind = slot["Type"].removeprefix("List<").removesuffix(">")
        if kind in EXISTING:
            for value in _items(values[name]) if is_list(slot["Type"]) else [values[name]]:
                if not exists(kind, value):
                    return (
                        f"Parameter validation failed: parameter value {value} for parameter name "
                        f"{name} does not exist"
                    )
    return None


def check_rules(rules: Mapping[str, Any], scope: Environment) -> None:
    """Raise ValidationError if an assertion of the template's rules does not hold."""
    for rule in rules.values():
        if not evaluate(rule.get("RuleCondition", True), scope):
            continue
        for assertion in rule.get("Assertions", ()):
            if not evaluate(assertion["Assert"], scope):
                raise ValidationError(
                    "Template validation error: "
                    + assertion.get("AssertDescription", "an assertion of its Rules is false")
                )
