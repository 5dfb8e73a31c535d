"""EC2's records use names of its first XML API, not those of the API's members.

Operations of the first API write lists as `{"items": [...]}` under names that end in `Set`, an
empty set as `{}`, and answers with `requestId` and `_return`. Later operations are XML converted to
JSON: everything is in `<Operation>Request` and `<Operation>Response`, a list of one item is just
that item, nothing is `""`, and text that looks like a number or boolean is one.
Source: 1,573 real records, and the EC2 API reference's "Logging" page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from botocore.model import ListShape, OperationModel, Shape, StructureShape

from cloudtrail.records.calls import Call
from cloudtrail.records.dates import iso_zulu
from cloudtrail.records.naming import Convert, Converter, first_lower
from cloudtrail.records.service_models import operations_of_version

NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"

FIRST_API = "2014-10-01"
"""The last version of the first API. Records of later operations are wrapped (85 of 85)."""

REQUEST_SETS = {
    "AllocationIds": ("allocationIdsSet", "allocationId"),
    "AttributeNames": ("accountAttributeNameSet", "attributeName"),
    "BlockDeviceMappings": ("blockDeviceMapping", None),
    "BundleIds": ("bundlesSet", "bundleId"),
    "CustomerGatewayIds": ("customerGatewaySet", "customerGatewayId"),
    "DhcpOptionsIds": ("dhcpOptionsSet", "dhcpOptionsId"),
    "ExecutableUsers": ("executableBySet", "user"),
    "Filters": ("filterSet", None),
    "GroupIds": ("securityGroupIdSet", "groupId"),
    "GroupNames": ("securityGroupSet", "groupName"),
    "Groups": ("groupSet", "groupId"),
    "ImageIds": ("imagesSet", "imageId"),
    "InstanceIds": ("instancesSet", "instanceId"),
    "IpPermissions": ("ipPermissions", None),
    "KeyNames": ("keySet", "keyName"),
    "NetworkInterfaces": ("networkInterfaceSet", None),
    "OwnerIds": ("ownersSet", "owner"),
    "Owners": ("ownersSet", "owner"),
    "PrivateIpAddresses": ("privateIpAddressesSet", None),
    "PublicIps": ("publicIpsSet", "publicIp"),
    "RegionNames": ("regionSet", "regionName"),
    "ReservedInstancesIds": ("reservedInstancesSet", "reservedInstancesId"),
    "Resources": ("resourcesSet", "resourceId"),
    "RestorableByUserIds": ("sharedUsersSet", "user"),
    "SecurityGroupIds": ("groupSet", "groupId"),
    "SecurityGroups": ("groupSet", "groupName"),
    "SnapshotIds": ("snapshotSet", "snapshotId"),
    "SubnetIds": ("subnetSet", "subnetId"),
    "UserIdGroupPairs": ("groups", None),
    "Values": ("valueSet", "value"),
    "VolumeIds": ("volumeSet", "volumeId"),
    "VpcIds": ("vpcSet", "vpcId"),
    "VpnConnectionIds": ("vpnConnectionSet", "vpnConnectionId"),
    "VpnGatewayIds": ("vpnGatewaySet", "vpnGatewayId"),
    "ZoneIds": ("availabilityZoneIdSet", "zoneId"),
    "ZoneNames": ("availabilityZoneSet", "zoneName"),
}
"""For a request's list: the name of its set, and of the member with a plain item.

Other lists follow a rule: `RouteTableIds` is `routeTableIdSet` with `routeTableId`.
"""

OWN_SETS = {
    "DescribePlacementGroups": {
        "GroupNames": ("placementGroupSet", "groupName"),
        "GroupIds": ("placementGroupIdSet", "groupId"),
    },
}
"""Names of sets that only one operation uses."""

OWN_KEYS = {
    "CreateNetworkAclEntry": {"Protocol": "aclProtocol", "IcmpTypeCode": "icmpTypeCode"},
    "ReplaceNetworkAclEntry": {"Protocol": "aclProtocol", "IcmpTypeCode": "icmpTypeCode"},
    "CreateVolume": {"AvailabilityZone": "zone"},
    "ModifyImageAttribute": {"Attribute": "attributeType"},
    "ModifySnapshotAttribute": {"Attribute": "attributeType"},
}
"""Names of other members that only one operation uses."""

AS_TEXT = {"CreateVolume": ("size",)}
"""Numbers that requests and answers show as text."""

WITHOUT_FILTERS = frozenset({"DescribeAvailabilityZones", "DescribeRegions"})
"""Reads that show no empty `filterSet` (4 of 4); all others do."""

EMPTY_SETS = {
    "AuthorizeSecurityGroupEgress": ("IpPermissions",),
    "AuthorizeSecurityGroupIngress": ("IpPermissions",),
    "CreateNetworkAclEntry": ("IcmpTypeCode",),
    "CreateNetworkInterface": ("Groups", "PrivateIpAddresses"),
    "ReplaceNetworkAclEntry": ("IcmpTypeCode",),
    "RevokeSecurityGroupEgress": ("IpPermissions",),
    "RevokeSecurityGroupIngress": ("IpPermissions",),
    "RunInstances": ("BlockDeviceMappings",),
    "IpPermission": ("UserIdGroupPairs", "IpRanges", "Ipv6Ranges", "PrefixListIds"),
}
"""By write, or shape within one: the members that are `{}` if they were not sent.

A read shows all its sets (64 of 64 pairs of operation and set).
"""

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "DeleteSnapshot": {"force": False},
    "DeleteVolume": {"reportVolumeFailure": False},
    "RunInstances": {
        "monitoring": {"enabled": False},
        "disableApiTermination": False,
        "disableApiStop": False,
    },
}
"""Parameters that records show although the client left them out (all real records of these)."""

PERMISSION_TYPES = {
    "launchPermission": "launchPermission",
    "createVolumePermission": "CREATE_VOLUME_PERMISSION",
}
"""The value of `attributeType` if the request only names the attribute by its structure."""

LAUNCHED = ("imageId", "minCount", "maxCount", "keyName")
"""Parameters of RunInstances that are recorded under `instancesSet`.

Those of the placement have no object of their own.
"""

WRAPPERS = {"DeleteTransitGatewayVpcAttachment": "DelTGwVpcAttachReq"}
"""Names of requests that are not `<Operation>Request`."""

ANSWERED_SETS = {
    "Instance": ("productCodes", "blockDeviceMapping"),
    "InstanceNetworkInterface": ("ipv6AddressesSet", "tagSet"),
    "InternetGateway": ("attachmentSet", "association"),
    "NetworkInterface": ("ipv6AddressesSet", "tagSet"),
    "Reservation": ("groupSet",),
    "RouteTable": ("associationSet", "propagatingVgwSet"),
    "Subnet": ("ipv6CidrBlockAssociationSet",),
    "Vpc": ("ipv6CidrBlockAssociationSet",),
}
"""By shape of answers: the sets that are `{}` if they are empty (all real records)."""

RETURNING = frozenset({"CreateSecurityGroup", "DisassociateRouteTable"})
"""Operations whose answer also has `_return`, which the API's model lacks."""

ALSO_ANSWERED: Mapping[str, Mapping[str, Any]] = {
    "DisassociateRouteTable": {"associationState": {"state": "disassociating"}},
}
"""What answers have and the API's model lacks."""

_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,9})")


@cache
def is_of_first_api(operation: str) -> bool:
    """Whether an operation is of the first API, whose records are not wrapped."""
    return operation in operations_of_version("ec2", FIRST_API)


def request_builder(model: OperationModel) -> Callable[[Call], dict[str, Any]]:
    """The function that makes an operation's requestParameters."""
    name = model.name
    if not is_of_first_api(name):
        convert = _LaterRequest("ec2").compile(model.input_shape) if model.input_shape else None
        wrapper = WRAPPERS.get(name, f"{name}Request")
        return lambda call: {wrapper: (convert and convert(call.parameters)) or ""}
    if model.input_shape is None:
        return lambda _call: {}
    first = _FirstRequest(name).request(model.input_shape)
    if not any(name in table for table in (DEFAULTS, OWN_KEYS, AS_TEXT)):
        return lambda call: first(call.parameters)
    return lambda call: _completed(name, first(call.parameters))


def response_builder(model: OperationModel) -> Callable[[Call], dict[str, Any]]:
    """The function that makes an operation's responseElements."""
    name, shape = model.name, model.output_shape
    if not is_of_first_api(name):
        later = _LaterResponse("ec2").compile(shape) if shape else lambda _output: {"return": True}
        first = {"xmlns": NAMESPACE}
        return lambda call: {f"{name}Response": _answer(call, later, first, {})}
    convert = _Response(name).compile(shape) if shape else lambda _output: {"_return": True}
    rest = dict(ALSO_ANSWERED.get(name, {})) | ({"_return": True} if name in RETURNING else {})
    return lambda call: _as_text(name, _answer(call, convert, {}, rest))


def _answer(
    call: Call, convert: Convert | None, first: Mapping[str, Any], rest: Mapping[str, Any]
) -> dict[str, Any]:
    elements = convert(call.output) if convert is not None else {}
    return {**first, "requestId": call.request_id, **elements, **rest}


def _completed(operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters in the operation's own form, with its defaults."""
    if operation == "RunInstances":
        launched = {name: parameters.pop(name) for name in LAUNCHED if name in parameters}
        placement = parameters.pop("placement", {})
        parameters = {"instancesSet": {"items": [launched]}} | parameters | placement
    if "attributeType" in OWN_KEYS.get(operation, {}).values():
        for member in PERMISSION_TYPES.keys() & parameters.keys():
            parameters["attributeType"] = PERMISSION_TYPES[member]
    return _as_text(operation, parameters | _left_out(operation, parameters))


def _left_out(operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    defaults = DEFAULTS.get(operation, {})
    return {name: value for name, value in defaults.items() if name not in parameters}


def _as_text(operation: str, elements: dict[str, Any]) -> dict[str, Any]:
    for name in AS_TEXT.get(operation, ()):
        if name in elements:
            elements[name] = str(elements[name])
    return elements


class _FirstRequest(Converter):
    """Requests of the first API."""

    def __init__(self, operation: str) -> None:
        super().__init__("ec2")
        self._operation = operation
        self._sets = REQUEST_SETS | OWN_SETS.get(operation, {})

    def request(self, shape: StructureShape) -> Convert:
        """The function that converts all parameters, absent sets included."""
        found = [self._set(name, inner) for name, inner in shape.members.items()]
        members = [member for member in found if member is not None]
        return partial(_with_empty_sets, members, self._shown_empty(shape))

    def member(self, name: str, shape: Shape) -> tuple[str, str, Convert | None] | None:
        found = super().member(name, shape)
        if found is None or not isinstance(shape, ListShape):
            return found
        known, item = self._sets.get(name, (first_lower(name), None))
        return name, known, partial(_items, item, "items", self.compile(shape.member))

    def compile(self, shape: Shape) -> Convert | None:
        if shape.name == "TagSpecification":
            return Converter("ec2").compile(shape)
        if shape.name in EMPTY_SETS and isinstance(shape, StructureShape):
            members = [self.member(name, inner) for name, inner in shape.members.items()]
            return partial(_with_empty_sets, list(filter(None, members)), EMPTY_SETS[shape.name])
        return super().compile(shape)

    def key(self, name: str, shape: Shape) -> str:
        own = OWN_KEYS.get(self._operation, {}).get(name)
        if own is not None or isinstance(shape, ListShape):
            return own or first_lower(name)
        return first_lower(str(shape.serialization.get("name", name)))

    def _set(self, name: str, shape: Shape) -> tuple[str, str, Convert | None] | None:
        """A parameter. A list without an entry in the tables has the usual name."""
        found = self.member(name, shape)
        if found is None or not isinstance(shape, ListShape) or name in self._sets:
            return found
        item = first_lower(name.removesuffix("s"))
        plain = None if isinstance(shape.member, StructureShape) else item
        return name, f"{item}Set", partial(_items, plain, "items", self.compile(shape.member))

    def _shown_empty(self, shape: StructureShape) -> tuple[str, ...]:
        if not self._operation.startswith("Describe"):
            return EMPTY_SETS.get(self._operation, ())
        unshown = "Filters" if self._operation in WITHOUT_FILTERS else None
        lists = (name for name, each in shape.members.items() if isinstance(each, ListShape))
        return tuple(name for name in lists if name != unshown)


class _LaterRequest(Converter):
    """Requests of the later API: names on the wire, and lists whose items have a number."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.date = iso_zulu

    def compile(self, shape: Shape) -> Convert | None:
        if isinstance(shape, ListShape):
            return partial(_tagged, self.compile(shape.member))
        return _typed if shape.type_name == "string" else super().compile(shape)

    def key(self, name: str, shape: Shape) -> str:
        wire = str(shape.serialization.get("queryName", shape.serialization.get("name", name)))
        return wire[:1].upper() + wire[1:]


class _Response(Converter):
    """Answers of the first API: names on the wire; lists under `items`."""

    def __init__(self, operation: str) -> None:
        super().__init__("ec2")
        self._own = OWN_KEYS.get(operation, {})

    def compile(self, shape: Shape) -> Convert | None:
        if isinstance(shape, ListShape):
            # 8 of 8 sets of private addresses, and no others.
            under = "item" if "PrivateIpAddress" in shape.name else "items"
            return partial(_items, None, under, self.compile(shape.member))
        convert = super().compile(shape)
        if shape.name in ANSWERED_SETS and convert is not None:
            return partial(_with_sets, ANSWERED_SETS[shape.name], convert)
        return convert

    def key(self, name: str, shape: Shape) -> str:
        wire = self._own.get(name) or _wire(name, shape)
        return "_return" if wire == "return" else wire


class _LaterResponse(Converter):
    """Answers of the later API: names on the wire, in the form of XML converted to JSON."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.date = iso_zulu

    def compile(self, shape: Shape) -> Convert | None:
        if isinstance(shape, ListShape):
            return partial(_xml_list, self.compile(shape.member))
        return _typed if shape.type_name == "string" else super().compile(shape)

    def key(self, name: str, shape: Shape) -> str:
        return _wire(name, shape)


def _wire(name: str, shape: Shape) -> str:
    return str(shape.serialization.get("name", first_lower(name)))


def _with_empty_sets(
    members: list[tuple[str, str, Convert | None]], shown: tuple[str, ...], value: Any
) -> dict[str, Any]:
    """A structure's record object, with `{}` for those members that it always shows."""
    given = value if isinstance(value, Mapping) else {}
    found = {}
    for name, key, convert in members:
        inner = given.get(name)
        if inner is not None:
            found[key] = inner if convert is None else convert(inner)
        elif name in shown:
            found.setdefault(key, {})
    return found


def _with_sets(sets: tuple[str, ...], convert: Convert, value: Any) -> dict[str, Any]:
    found: dict[str, Any] = convert(value)
    return found | {name: {} for name in sets if name not in found}


def _items(item: str | None, under: str, convert: Convert | None, values: Any) -> dict[str, Any]:
    """`{"items": [...]}`, or `{}` for an empty list."""
    if not isinstance(values, list) or not values:
        return {}
    converted = [value if convert is None else convert(value) for value in values]
    return {under: converted if item is None else [{item: value} for value in converted]}


def _tagged(convert: Convert | None, values: Any) -> Any:
    """Numbered items: one as an object, several as a list."""
    converted = [_numbered(number, convert, value) for number, value in enumerate(_list(values), 1)]
    return converted[0] if len(converted) == 1 else converted


def _numbered(number: int, convert: Convert | None, value: Any) -> dict[str, Any]:
    converted = value if convert is None else convert(value)
    return {"tag": number} | (converted if isinstance(converted, dict) else {"content": converted})


def _xml_list(convert: Convert | None, values: Any) -> Any:
    """A list as XML converted to JSON: one item alone, several as a list, none as `""`."""
    items = [value if convert is None else convert(value) for value in _list(values)]
    return {"item": items[0] if len(items) == 1 else items} if items else ""


def _list(values: Any) -> list[Any]:
    return values if isinstance(values, list) else []


def _typed(text: Any) -> Any:
    """Text as a converter from XML reads it: numbers and booleans lose their quotes."""
    if text in ("true", "false"):
        return text == "true"
    is_number = isinstance(text, str) and _NUMBER.fullmatch(text)
    return int(text) if is_number else text
