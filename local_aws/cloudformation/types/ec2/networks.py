"""Amazon EC2's VPCs, subnets and network ACLs."""

from __future__ import annotations

from typing import Any

from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
    ResourceType,
    Steps,
    call,
    one,
    read,
    without,
)
from local_aws.cloudformation.types.ec2.calls import create, created, retag, valued


def _create_vpc(change: Change) -> Steps:
    vpc = (yield create("CreateVpc", "vpc", change.properties, change))["Vpc"]
    yield Made(vpc["VpcId"], {"VpcId": vpc["VpcId"]})
    yield from _modify_vpc(change, vpc["VpcId"])
    of_vpc = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    default = {"Filters": [*of_vpc, {"Name": "default", "Values": ["true"]}]}
    acls = yield read("ec2", "DescribeNetworkAcls", default)
    named = {"Filters": [*of_vpc, {"Name": "group-name", "Values": ["default"]}]}
    groups = yield read("ec2", "DescribeSecurityGroups", named)
    attributes = {
        "CidrBlock": vpc["CidrBlock"],
        "DefaultNetworkAcl": acls["NetworkAcls"][0]["NetworkAclId"],
        "DefaultSecurityGroup": groups["SecurityGroups"][0]["GroupId"],
        "VpcId": vpc["VpcId"],
    }
    yield Made(vpc["VpcId"], attributes)


_VPC_SWITCHES = {"EnableDnsSupport": True, "EnableDnsHostnames": False}
"""Attributes that are set by an operation of their own, one in each call, with their defaults."""


def _modify_vpc(change: Change, vpc_id: str) -> Steps:
    for name, value in change.changed(_VPC_SWITCHES, _VPC_SWITCHES).items():
        yield call("ec2", "ModifyVpcAttribute", {"VpcId": vpc_id, name: valued(value)})


def _update_vpc(change: Change) -> Steps:
    yield from _modify_vpc(change, change.physical_id)
    for tenancy in change.changed(["InstanceTenancy"]).values():
        wanted = {"VpcId": change.physical_id, "InstanceTenancy": tenancy or "default"}
        yield call("ec2", "ModifyVpcTenancy", wanted)
    yield from retag(change)


_SUBNET_SWITCHES = (
    "AssignIpv6AddressOnCreation",
    "EnableDns64",
    "MapPublicIpOnLaunch",
)


def _create_subnet(change: Change) -> Steps:
    subnet = (yield create("CreateSubnet", "subnet", change.properties, change))["Subnet"]
    subnet_id = subnet["SubnetId"]
    yield Made(subnet_id)
    yield from _modify_subnet(change, subnet_id)
    attributes = {
        **{name: subnet.get(name) for name in ("AvailabilityZone", "AvailabilityZoneId")},
        **{name: subnet.get(name) for name in ("CidrBlock", "SubnetId", "VpcId")},
        "Ipv6CidrBlocks": [
            each["Ipv6CidrBlock"] for each in subnet.get("Ipv6CidrBlockAssociationSet") or ()
        ],
        "NetworkAclAssociationId": (yield from _association_of(subnet_id)),
    }
    known = {name: value for name, value in attributes.items() if value is not None}
    yield Made(subnet_id, known)


def _modify_subnet(change: Change, subnet_id: str) -> Steps:
    subnet = {"SubnetId": subnet_id}
    for name, value in change.changed(_SUBNET_SWITCHES).items():
        yield call("ec2", "ModifySubnetAttribute", {**subnet, name: valued(bool(value))})
    for options in change.changed(["PrivateDnsNameOptionsOnLaunch"]).values():
        for name, value in {**_DNS_NAMES, **(options or {})}.items():
            parameter, wanted = f"{name}OnLaunch", valued(value)
            if name == "HostnameType":
                parameter, wanted = "PrivateDnsHostnameTypeOnLaunch", value
            yield call("ec2", "ModifySubnetAttribute", {**subnet, parameter: wanted})


_DNS_NAMES = {
    "EnableResourceNameDnsAAAARecord": False,
    "EnableResourceNameDnsARecord": False,
    "HostnameType": "ip-name",
}
"""EC2's defaults for the names of a subnet's instances."""


def _update_subnet(change: Change) -> Steps:
    yield from _modify_subnet(change, change.physical_id)
    yield from retag(change)


def _entry(operation: str) -> Any:
    def plan(change: Change) -> Steps:
        given = change.properties
        wanted = {
            **without(given, "Icmp", "Protocol"),
            "Egress": change.flag("Egress", default=False),
            "IcmpTypeCode": given.get("Icmp"),
            "Protocol": str(given["Protocol"]),
        }
        yield call("ec2", operation, wanted)
        if not change.before:
            yield Made(change.name)

    return plan


def _delete_entry(change: Change) -> Steps:
    egress = {"Egress": change.flag("Egress", default=False)}
    yield call("ec2", "DeleteNetworkAclEntry", {**change.properties, **egress})


def _associate_acl(change: Change) -> Steps:
    """Replace the subnet's ACL with this one."""
    subnet_id = change.properties["SubnetId"]
    association = yield from _association_of(subnet_id)
    wanted = {"AssociationId": association, "NetworkAclId": change.properties["NetworkAclId"]}
    answer = yield call("ec2", "ReplaceNetworkAclAssociation", wanted)
    made = answer["NewAssociationId"]
    yield Made(made, {"AssociationId": made})


def _association_of(subnet_id: str) -> Any:
    of_subnet = {"Filters": [{"Name": "association.subnet-id", "Values": [subnet_id]}]}
    acls = (yield read("ec2", "DescribeNetworkAcls", of_subnet))["NetworkAcls"]
    associations = [each for acl in acls for each in acl["Associations"]]
    found = [each for each in associations if each["SubnetId"] == subnet_id]
    return found[0]["NetworkAclAssociationId"] if found else None


def _dissociate_acl(change: Change) -> Steps:
    """Give the subnet the default ACL of its VPC again."""
    subnet_id = change.properties["SubnetId"]
    subnets = yield read("ec2", "DescribeSubnets", {"SubnetIds": [subnet_id]})
    default = [
        {"Name": "vpc-id", "Values": [subnets["Subnets"][0]["VpcId"]]},
        {"Name": "default", "Values": ["true"]},
    ]
    acls = yield read("ec2", "DescribeNetworkAcls", {"Filters": default})
    association = yield from _association_of(subnet_id)
    wanted = {"AssociationId": association, "NetworkAclId": acls["NetworkAcls"][0]["NetworkAclId"]}
    yield call("ec2", "ReplaceNetworkAclAssociation", wanted)


_DHCP = {
    "DomainName": "domain-name",
    "DomainNameServers": "domain-name-servers",
    "Ipv6AddressPreferredLeaseTime": "ipv6-address-preferred-lease-time",
    "NetbiosNameServers": "netbios-name-servers",
    "NetbiosNodeType": "netbios-node-type",
    "NtpServers": "ntp-servers",
}
"""DHCP's names of the options."""


def _create_options(change: Change) -> Steps:
    given = change.properties
    options = [
        {"Key": key, "Values": given[name] if isinstance(given[name], list) else [str(given[name])]}
        for name, key in _DHCP.items()
        if name in given
    ]
    wanted = {"DhcpConfigurations": options}
    answer = yield create("CreateDhcpOptions", "dhcp-options", wanted, change)
    made = answer["DhcpOptions"]["DhcpOptionsId"]
    yield Made(made, {"DhcpOptionsId": made})


def _associate_options(change: Change) -> Steps:
    yield call("ec2", "AssociateDhcpOptions", change.properties)
    yield Made(f"{change.properties['DhcpOptionsId']}|{change.properties['VpcId']}")


def _dissociate_options(change: Change) -> Steps:
    default = {"DhcpOptionsId": "default", "VpcId": change.properties["VpcId"]}
    yield call("ec2", "AssociateDhcpOptions", default)


_CIDR = (
    "AmazonProvidedIpv6CidrBlock",
    "CidrBlock",
    "Ipv4IpamPoolId",
    "Ipv4NetmaskLength",
    "Ipv6CidrBlock",
    "Ipv6CidrBlockNetworkBorderGroup",
    "Ipv6IpamPoolId",
    "Ipv6NetmaskLength",
    "Ipv6Pool",
)


def _associate_block(change: Change) -> Steps:
    answer = yield call("ec2", "AssociateVpcCidrBlock", change.properties)
    made = answer.get("CidrBlockAssociation") or answer["Ipv6CidrBlockAssociation"]
    yield Made(made["AssociationId"], {"Id": made["AssociationId"]})


TYPES = (
    ResourceType(
        name="AWS::EC2::VPCCidrBlock",
        properties=(*_CIDR, "VpcId"),
        create=_associate_block,
        delete=one("ec2", "DisassociateVpcCidrBlock", AssociationId="physical_id"),
    ),
    ResourceType(
        name="AWS::EC2::DHCPOptions",
        properties=(*_DHCP, "Tags"),
        create=_create_options,
        update=retag,
        delete=one("ec2", "DeleteDhcpOptions", DhcpOptionsId="physical_id"),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::EC2::VPCDHCPOptionsAssociation",
        properties=("DhcpOptionsId", "VpcId"),
        create=_associate_options,
        delete=_dissociate_options,
    ),
    ResourceType(
        name="AWS::EC2::NetworkAcl",
        properties=("Tags", "VpcId"),
        create=created("CreateNetworkAcl", "network-acl", "NetworkAcl", "NetworkAclId"),
        update=retag,
        delete=one("ec2", "DeleteNetworkAcl", NetworkAclId="physical_id"),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::EC2::NetworkAclEntry",
        properties=(
            "CidrBlock",
            "Egress",
            "Icmp",
            "Ipv6CidrBlock",
            "NetworkAclId",
            "PortRange",
            "Protocol",
            "RuleAction",
            "RuleNumber",
        ),
        create=_entry("CreateNetworkAclEntry"),
        update=_entry("ReplaceNetworkAclEntry"),
        delete=_delete_entry,
    ),
    ResourceType(
        name="AWS::EC2::Subnet",
        properties=(
            *_SUBNET_SWITCHES,
            "AvailabilityZone",
            "AvailabilityZoneId",
            "CidrBlock",
            "Ipv6CidrBlock",
            "Ipv6Native",
            "OutpostArn",
            "PrivateDnsNameOptionsOnLaunch",
            "Tags",
            "VpcId",
        ),
        create=_create_subnet,
        update=_update_subnet,
        delete=one("ec2", "DeleteSubnet", SubnetId="physical_id"),
        replaced_by=("Ipv6CidrBlock",),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::EC2::SubnetNetworkAclAssociation",
        properties=("NetworkAclId", "SubnetId"),
        create=_associate_acl,
        delete=_dissociate_acl,
    ),
    ResourceType(
        name="AWS::EC2::VPC",
        properties=(
            *_VPC_SWITCHES,
            "CidrBlock",
            "InstanceTenancy",
            "Ipv4IpamPoolId",
            "Ipv4NetmaskLength",
            "Tags",
        ),
        create=_create_vpc,
        update=_update_vpc,
        delete=one("ec2", "DeleteVpc", VpcId="physical_id"),
        system_tags=True,
    ),
)
