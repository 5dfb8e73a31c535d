"""Amazon EC2's gateways, addresses, endpoints and flow logs of a VPC, and its routes."""

from __future__ import annotations

from msgspec.structs import replace

from local_aws.cloudformation.language.values import text
from local_aws.cloudformation.resources.failures import ResourceError
from local_aws.cloudformation.resources.resource_types import (
    ApiCall,
    Change,
    Made,
    ResourceType,
    Steps,
    call,
    one,
    read,
    without,
)
from local_aws.cloudformation.types.ec2.calls import create, created, retag

_GATEWAYS = {
    "InternetGatewayId": ("InternetGateway", "IGW"),
    "VpnGatewayId": ("VpnGateway", "VGW"),
}
"""By property, the gateway's name in operations, and its `AttachmentType`."""


def _attach(change: Change) -> Steps:
    given = [name for name in _GATEWAYS if name in change.properties]
    if len(given) != 1:
        raise ResourceError(
            f"AWS::EC2::VPCGatewayAttachment: wanted one of {' and '.join(_GATEWAYS)}, got "
            f"{' and '.join(given) or 'none'}"
        )
    yield from _reattach(change)


def _reattach(change: Change) -> Steps:
    vpc = {"VpcId": change.properties["VpcId"]}
    for name, gateway_id in change.changed(_GATEWAYS).items():
        kind, short = _GATEWAYS[name]
        if name in change.before:
            yield call("ec2", f"Detach{kind}", {**vpc, name: change.before[name]})
        if gateway_id:
            yield call("ec2", f"Attach{kind}", {**vpc, name: gateway_id})
            yield Made(f"{short}|{vpc['VpcId']}", {"AttachmentType": short})


def _detach(change: Change) -> Steps:
    for name, (kind, _) in _GATEWAYS.items():
        if name in change.properties:
            yield call("ec2", f"Detach{kind}", change.properties)


_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_TARGETS = (
    "CarrierGatewayId",
    "CoreNetworkArn",
    "EgressOnlyInternetGatewayId",
    "GatewayId",
    "InstanceId",
    "LocalGatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "TransitGatewayId",
    "VpcEndpointId",
    "VpcPeeringConnectionId",
)


def _create_route(change: Change) -> Steps:
    given = change.properties
    yield call("ec2", "CreateRoute", given)
    destination = next((given[name] for name in _DESTINATIONS if name in given), "")
    route = f"{given['RouteTableId']}|{destination}"
    yield Made(route, {"CidrBlock": destination})


_ADDRESS = ("Address", "NetworkBorderGroup")
_NAT_GATEWAY = (
    "AllocationId",
    "ConnectivityType",
    "PrivateIpAddress",
    "SubnetId",
)


def _allocate(change: Change) -> Steps:
    wanted = {"Domain": "vpc", **without(change.properties, "InstanceId")}
    answer = yield create("AllocateAddress", "elastic-ip", wanted, change)
    address = {name: answer[name] for name in ("AllocationId", "PublicIp")}
    yield Made(answer["PublicIp"], address)
    yield from _bind(change, answer["AllocationId"])


def _bind(change: Change, allocation_id: str) -> Steps:
    """Associate the address with its instance, or disassociate it from the last one."""
    for instance_id in change.changed(["InstanceId"]).values():
        if instance_id:
            wanted = {"AllocationId": allocation_id, "InstanceId": instance_id}
            yield call("ec2", "AssociateAddress", {**wanted, "AllowReassociation": True})
        else:
            yield call("ec2", "DisassociateAddress", {"PublicIp": change.physical_id})


def _allocation(change: Change) -> ApiCall:
    return read("ec2", "DescribeAddresses", {"PublicIps": [change.physical_id]})


def _update_address(change: Change) -> Steps:
    found = (yield _allocation(change))["Addresses"][0]["AllocationId"]
    yield from _bind(change, found)
    yield from retag(replace(change, physical_id=found))


def _release(change: Change) -> Steps:
    if change.properties.get("InstanceId"):
        yield call("ec2", "DisassociateAddress", {"PublicIp": change.physical_id})
    found = (yield _allocation(change))["Addresses"][0]["AllocationId"]
    yield call("ec2", "ReleaseAddress", {"AllocationId": found})


def _associate_address(change: Change) -> Steps:
    wanted = {**change.properties, "PublicIp": change.properties.get("EIP")}
    answer = yield call("ec2", "AssociateAddress", wanted)
    yield Made(answer["AssociationId"], {"Id": answer["AssociationId"]})


_ENDPOINT_LISTS = ("RouteTableIds", "SecurityGroupIds", "SubnetIds")
_ENDPOINT_SETTINGS = ("DnsOptions", "IpAddressType", "PrivateDnsEnabled")


def _create_endpoint(change: Change) -> Steps:
    document = change.properties.get("PolicyDocument")
    wanted = {"VpcEndpointType": "Gateway", **change.properties}
    policy = {"PolicyDocument": None if document is None else text(document)}
    answer = yield create("CreateVpcEndpoint", "vpc-endpoint", {**wanted, **policy}, change)
    made = answer["VpcEndpoint"]
    attributes = {
        "CreationTimestamp": made["CreationTimestamp"],
        "DnsEntries": [
            f"{each.get('HostedZoneId', '')}:{each['DnsName']}"
            for each in made.get("DnsEntries") or ()
        ],
        "Id": made["VpcEndpointId"],
        "NetworkInterfaceIds": list(made.get("NetworkInterfaceIds") or ()),
    }
    yield Made(made["VpcEndpointId"], attributes)


def _update_endpoint(change: Change) -> Steps:
    wanted: dict[str, object] = {}
    for name in _ENDPOINT_LISTS:
        wanted[f"Add{name}"] = change.new(name) or None
        wanted[f"Remove{name}"] = change.gone(name) or None
    for document in change.changed(["PolicyDocument"]).values():
        reset = {"ResetPolicy": True}
        wanted |= reset if document is None else {"PolicyDocument": text(document)}
    wanted |= change.changed(("DnsOptions", "IpAddressType"))
    if change.changed(["PrivateDnsEnabled"]):
        wanted["PrivateDnsEnabled"] = change.flag("PrivateDnsEnabled", default=False)
    if any(value is not None for value in wanted.values()):
        endpoint = {"VpcEndpointId": change.physical_id}
        yield call("ec2", "ModifyVpcEndpoint", {**wanted, **endpoint})
    yield from retag(change)


def _create_flow_log(change: Change) -> Steps:
    wanted = {**change.properties, "ResourceIds": [change.properties["ResourceId"]]}
    answer = yield create("CreateFlowLogs", "vpc-flow-log", wanted, change)
    failed = answer.get("Unsuccessful") or ()
    if failed:
        raise ResourceError(failed[0]["Error"]["Message"])
    made = answer["FlowLogIds"][0]
    yield Made(made, {"Id": made})


_FLOW_LOG = (
    "DeliverCrossAccountRole",
    "DeliverLogsPermissionArn",
    "DestinationOptions",
    "LogDestination",
    "LogDestinationType",
    "LogFormat",
    "LogGroupName",
    "MaxAggregationInterval",
    "ResourceId",
    "ResourceType",
    "TrafficType",
)

TYPES = (
    ResourceType(
        name="AWS::EC2::EIP",
        properties=(*_ADDRESS, "Domain", "InstanceId", "PublicIpv4Pool", "Tags"),
        create=_allocate,
        update=_update_address,
        delete=_release,
        replaced_by=("Domain", "PublicIpv4Pool"),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::EC2::EIPAssociation",
        properties=("AllocationId", "EIP", "InstanceId", "NetworkInterfaceId", "PrivateIpAddress"),
        create=_associate_address,
        delete=one("ec2", "DisassociateAddress", AssociationId="physical_id"),
    ),
    ResourceType(
        name="AWS::EC2::EgressOnlyInternetGateway",
        properties=("Tags", "VpcId"),
        create=created(
            "CreateEgressOnlyInternetGateway",
            "egress-only-internet-gateway",
            "EgressOnlyInternetGateway",
            "EgressOnlyInternetGatewayId",
        ),
        update=retag,
        delete=one(
            "ec2",
            "DeleteEgressOnlyInternetGateway",
            EgressOnlyInternetGatewayId="physical_id",
        ),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::EC2::FlowLog",
        properties=(*_FLOW_LOG, "Tags"),
        create=_create_flow_log,
        update=retag,
        delete=one("ec2", "DeleteFlowLogs", FlowLogIds="physical_id"),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::EC2::InternetGateway",
        properties=("Tags",),
        create=created(
            "CreateInternetGateway", "internet-gateway", "InternetGateway", "InternetGatewayId"
        ),
        update=retag,
        delete=one("ec2", "DeleteInternetGateway", InternetGatewayId="physical_id"),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::EC2::NatGateway",
        properties=(*_NAT_GATEWAY, "Tags"),
        create=created("CreateNatGateway", "natgateway", "NatGateway", "NatGatewayId"),
        update=retag,
        delete=one("ec2", "DeleteNatGateway", NatGatewayId="physical_id"),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::EC2::Route",
        properties=(*_DESTINATIONS, *_TARGETS, "RouteTableId"),
        create=_create_route,
        update=one("ec2", "ReplaceRoute"),
        delete=one("ec2", "DeleteRoute"),
    ),
    ResourceType(
        name="AWS::EC2::RouteTable",
        properties=("Tags", "VpcId"),
        create=created("CreateRouteTable", "route-table", "RouteTable", "RouteTableId"),
        update=retag,
        delete=one("ec2", "DeleteRouteTable", RouteTableId="physical_id"),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::EC2::SubnetRouteTableAssociation",
        properties=("RouteTableId", "SubnetId"),
        create=one(
            "ec2", "AssociateRouteTable", ref="AssociationId", attributes={"Id": "AssociationId"}
        ),
        delete=one("ec2", "DisassociateRouteTable", AssociationId="physical_id"),
    ),
    ResourceType(
        name="AWS::EC2::VPCEndpoint",
        properties=(
            *_ENDPOINT_LISTS,
            *_ENDPOINT_SETTINGS,
            "PolicyDocument",
            "ServiceName",
            "ServiceRegion",
            "Tags",
            "VpcEndpointType",
            "VpcId",
        ),
        create=_create_endpoint,
        update=_update_endpoint,
        delete=one("ec2", "DeleteVpcEndpoints", VpcEndpointIds="physical_id"),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::EC2::VPCGatewayAttachment",
        properties=(*_GATEWAYS, "VpcId"),
        create=_attach,
        update=_reattach,
        delete=_detach,
    ),
)
