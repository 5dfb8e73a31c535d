"""Amazon EC2's security groups and their rules."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from local_aws.cloudformation.resources.resource_types import (
    ApiCall,
    Change,
    Made,
    Naming,
    Properties,
    ResourceType,
    Steps,
    call,
    one,
)
from local_aws.cloudformation.types.ec2.calls import create, retag

_RULES = {"SecurityGroupEgress": "Egress", "SecurityGroupIngress": "Ingress"}
"""The properties with a group's own rules, and the name of their direction in operations."""

_EVERYWHERE = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}
"""EC2's rule for outgoing traffic of every new group."""


def _permission(rule: Properties) -> dict[str, Any]:
    """A rule in the operations' form: one permission for one source or destination."""
    note = {"Description": rule.get("Description")}
    group = {
        "GroupId": rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId"),
        "GroupName": rule.get("SourceSecurityGroupName"),
        "UserId": rule.get("SourceSecurityGroupOwnerId"),
    }
    prefixes = rule.get("SourcePrefixListId") or rule.get("DestinationPrefixListId")
    ranges = {
        "IpRanges": [{"CidrIp": rule["CidrIp"], **note}] if "CidrIp" in rule else None,
        "Ipv6Ranges": [{"CidrIpv6": rule["CidrIpv6"], **note}] if "CidrIpv6" in rule else None,
        "PrefixListIds": [{"PrefixListId": prefixes, **note}] if prefixes else None,
        "UserIdGroupPairs": [{**group, **note}] if any(group.values()) else None,
    }
    ports = {name: rule.get(name) for name in ("FromPort", "ToPort")}
    return {"IpProtocol": str(rule["IpProtocol"]), **ports, **ranges}


def _permit(verb: str, direction: str, group_id: str, rules: Iterable[Properties]) -> ApiCall:
    permissions = [_permission(rule) for rule in rules]
    wanted = {"GroupId": group_id, "IpPermissions": permissions}
    return call("ec2", f"{verb}SecurityGroup{direction}", wanted)


def _create(change: Change) -> Steps:
    described = {"Description": change.properties["GroupDescription"], "GroupName": change.name}
    wanted = {**change.properties, **described}
    group_id = (yield create("CreateSecurityGroup", "security-group", wanted, change))["GroupId"]
    yield Made(group_id, {"GroupId": group_id, "Id": group_id})
    yield from _rules(change, group_id)


def _own(change: Change, properties: Properties, name: str) -> list[Any]:
    """The rules that a group has by its properties; without egress rules, EC2's default."""
    rules = list(properties.get(name) or ())
    default = [_EVERYWHERE] if name == "SecurityGroupEgress" and change.properties else []
    return rules or default


def _rules(change: Change, group_id: str) -> Steps:
    for name, direction in _RULES.items():
        before, now = (_own(change, given, name) for given in (change.before, change.properties))
        gone = [rule for rule in before if rule not in now]
        new = [rule for rule in now if rule not in before]
        if gone:
            yield _permit("Revoke", direction, group_id, gone)
        if new:
            yield _permit("Authorize", direction, group_id, new)


def _update(change: Change) -> Steps:
    yield from _rules(change, change.physical_id)
    yield from retag(change)


def _group(change: Change) -> Properties:
    """The group of a rule that is a resource of its own, by id or name."""
    given = change.properties
    return {name: given[name] for name in ("GroupId", "GroupName") if name in given}


def _one_rule(verb: str, direction: str, change: Change) -> ApiCall:
    wanted = {**_group(change), "IpPermissions": [_permission(change.properties)]}
    return call("ec2", f"{verb}{direction}", wanted)


def _authorize(direction: str, change: Change) -> Steps:
    answer = yield _one_rule("AuthorizeSecurityGroup", direction, change)
    rule_id = answer["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    yield Made(rule_id, {"Id": rule_id})


def _describe(direction: str, change: Change) -> Steps:
    yield _one_rule("UpdateSecurityGroupRuleDescriptions", direction, change)


def _revoke(direction: str, change: Change) -> Steps:
    yield _one_rule("RevokeSecurityGroup", direction, change)


_RULE = ("CidrIp", "CidrIpv6", "Description", "FromPort", "GroupId", "IpProtocol", "ToPort")


def _rule_type(direction: str, *others: str) -> ResourceType:
    return ResourceType(
        name=f"AWS::EC2::SecurityGroup{direction}",
        properties=(*_RULE, *others),
        create=partial(_authorize, direction),
        update=partial(_describe, direction),
        delete=partial(_revoke, direction),
    )


TYPES = (
    ResourceType(
        name="AWS::EC2::SecurityGroup",
        properties=(*_RULES, "GroupDescription", "GroupName", "Tags", "VpcId"),
        create=_create,
        update=_update,
        delete=one("ec2", "DeleteSecurityGroup", GroupId="physical_id"),
        naming=Naming("GroupName"),
        system_tags=True,
    ),
    _rule_type("Egress", "DestinationPrefixListId", "DestinationSecurityGroupId"),
    _rule_type(
        "Ingress",
        "GroupName",
        "SourcePrefixListId",
        "SourceSecurityGroupId",
        "SourceSecurityGroupName",
        "SourceSecurityGroupOwnerId",
    ),
)
