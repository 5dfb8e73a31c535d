"""EC2's records, which speak the names of its first XML API rather than its members'.

Lists are `{"items": [...]}`, names end in `Set`, responses carry `requestId` and `_return`;
operations that came later wrap all in `<Operation>Request` and `<Operation>Response`.
Sources: real records as summed up for EC2, and the EC2 API reference's "Logging" page. Of
the several hundred operations only the commonest forms are known; the others follow them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from botocore.model import ListShape, OperationModel, Shape, StructureShape

from cloudtrail.records.calls import Call
from cloudtrail.records.dates import iso
from cloudtrail.records.naming import Convert, Converter, first_lower

NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"

REQUEST_SETS = {
    "AllocationIds": ("allocationIdsSet", "allocationId"),
    "BlockDeviceMappings": ("blockDeviceMapping", None),
    "DhcpOptionsIds": ("dhcpOptionsSet", "dhcpOptionsId"),
    "ExecutableUsers": ("executableBySet", "user"),
    "Filters": ("filterSet", None),
    "GroupIds": ("securityGroupIdSet", "groupId"),
    "GroupNames": ("securityGroupSet", "groupName"),
    "ImageIds": ("imagesSet", "imageId"),
    "InstanceIds": ("instancesSet", "instanceId"),
    "KeyNames": ("keySet", "keyName"),
    "NetworkInterfaces": ("networkInterfaceSet", None),
    "Owners": ("ownersSet", "owner"),
    "PublicIps": ("publicIpsSet", "publicIp"),
    "RegionNames": ("regionSet", "regionName"),
    "Resources": ("resourcesSet", "resourceId"),
    "SecurityGroupIds": ("groupSet", "groupId"),
    "SecurityGroups": ("groupSet", "groupName"),
    "SnapshotIds": ("snapshotSet", "snapshotId"),
    "SubnetIds": ("subnetSet", "subnetId"),
    "TagSpecifications": ("tagSpecificationSet", None),
    "Tags": ("tagSet", None),
    "Values": ("valueSet", "value"),
    "VolumeIds": ("volumeSet", "volumeId"),
    "VpcIds": ("vpcSet", "vpcId"),
    "ZoneIds": ("availabilityZoneIdSet", "zoneId"),
    "ZoneNames": ("availabilityZoneSet", "zoneName"),
}
"""Of a request's list: the name of its set, and of the member that holds a plain item."""

LAUNCHED = ("imageId", "minCount", "maxCount", "keyName")
"""What RunInstances says of the instances themselves, recorded under `instancesSet`."""

WRAPPED = re.compile(
    r"CapacityReservation|CarrierGateway|ClientVpn|CreditSpec|EgressOnly|ElasticGpu|EventWindow"
    r"|Fleet|FlowLog|Fpga|HostReservation|IamInstanceProfile|InstanceConnectEndpoint|Ipam"
    r"|LaunchTemplate|LocalGateway|ManagedPrefixList|MetadataOptions|MetadataDefaults"
    r"|NatGateway|NetworkInsights|PrefixList|ScheduledInstance|SecurityGroupRule"
    r"|SerialConsole|StaleSecurityGroup|TrafficMirror|TransitGateway|VerifiedAccess"
    r"|VpcEndpoint|InstanceTypes|InstanceTypeOfferings|EncryptionByDefault"
)
"""Operations of EC2's later API, by what their names contain."""


def request_builder(model: OperationModel) -> Callable[[Call], dict[str, Any]]:
    """Return the function that makes requestParameters of an operation."""
    name = model.name
    if model.input_shape is None:
        return lambda _call: {}
    if WRAPPED.search(name):
        later = _LaterRequest("ec2").compile(model.input_shape) or _nothing
        return lambda call: {f"{name}Request": later(call.parameters)}
    first = _FirstRequest("ec2").compile(model.input_shape) or _nothing
    if name == "RunInstances":
        return lambda call: _launch(first(call.parameters))
    return lambda call: dict(first(call.parameters))


def response_builder(model: OperationModel) -> Callable[[Call], dict[str, Any]]:
    """Return the function that makes responseElements of an operation."""
    name = model.name
    convert = _Response("ec2").compile(model.output_shape) if model.output_shape else None
    if WRAPPED.search(name):
        return lambda call: {f"{name}Response": _answer(call, convert, {"xmlns": NAMESPACE})}
    return lambda call: _answer(call, convert, {})


def _answer(call: Call, convert: Convert | None, first: dict[str, str]) -> dict[str, Any]:
    elements = convert(call.output) if convert is not None else {"_return": True}
    return first | {"requestId": call.request_id} | elements


def _launch(parameters: dict[str, Any]) -> dict[str, Any]:
    launched = {name: parameters.pop(name) for name in LAUNCHED if name in parameters}
    return {"instancesSet": {"items": [launched]}} | parameters


def _nothing(_value: Any) -> dict[str, Any]:
    return {}


class _FirstRequest(Converter):
    """Requests of the first API."""

    def member(self, name: str, shape: Shape) -> tuple[str, str, Convert | None] | None:
        found = super().member(name, shape)
        if found is None or not isinstance(shape, ListShape):
            return found
        known, item = REQUEST_SETS.get(name, (_request_key(name, shape), None))
        return name, known, partial(_items, item, self.compile(shape.member))

    def compile(self, shape: Shape) -> Convert | None:
        if shape.name == "TagSpecification":
            return Converter("ec2").compile(shape)
        return super().compile(shape)

    def key(self, name: str, shape: Shape) -> str:
        return _request_key(name, shape)


class _LaterRequest(Converter):
    """Requests of the later API: names on the wire, and lists whose items carry a number."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.date = iso

    def compile(self, shape: Shape) -> Convert | None:
        if isinstance(shape, ListShape):
            return partial(_tagged, self.compile(shape.member))
        return super().compile(shape)

    def key(self, name: str, shape: Shape) -> str:
        wire = str(shape.serialization.get("queryName", shape.serialization.get("name", name)))
        return wire[:1].upper() + wire[1:]


class _Response(Converter):
    """Responses: names on the wire; lists under `items`."""

    def compile(self, shape: Shape) -> Convert | None:
        if isinstance(shape, ListShape):
            return partial(_items, None, self.compile(shape.member))
        return super().compile(shape)

    def key(self, name: str, shape: Shape) -> str:
        wire = str(shape.serialization.get("name", first_lower(name)))
        return "_return" if wire == "return" else wire


def _request_key(name: str, shape: Shape) -> str:
    if isinstance(shape, ListShape | StructureShape):
        return first_lower(name)
    return first_lower(str(shape.serialization.get("name", name)))


def _items(item: str | None, convert: Convert | None, values: Any) -> dict[str, Any]:
    """Return `{"items": [...]}`, or `{}` of an empty list."""
    if not isinstance(values, list) or not values:
        return {}
    converted = [value if convert is None else convert(value) for value in values]
    return {"items": converted if item is None else [{item: value} for value in converted]}


def _tagged(convert: Convert | None, values: Any) -> Any:
    """Return numbered items: one as an object, several as a list."""
    converted = [
        {"tag": number} | (convert(value) if convert is not None else {"content": value})
        for number, value in enumerate(values if isinstance(values, list) else [], 1)
    ]
    return converted[0] if len(converted) == 1 else converted
