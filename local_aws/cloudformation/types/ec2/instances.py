"""Amazon EC2's instances, volumes and key pairs."""

from __future__ import annotations

from typing import Any

from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
    Naming,
    Properties,
    ResourceType,
    Steps,
    call,
    one,
    read,
    without,
)
from local_aws.cloudformation.types.ec2.calls import create, retag, valued

_PLACEMENT = {
    "Affinity": "Affinity",
    "AvailabilityZone": "AvailabilityZone",
    "HostId": "HostId",
    "HostResourceGroupArn": "HostResourceGroupArn",
    "PlacementGroupName": "GroupName",
    "Tenancy": "Tenancy",
}
_AT_START = (
    "BlockDeviceMappings",
    "CpuOptions",
    "EnclaveOptions",
    "HibernationOptions",
    "ImageId",
    "Ipv6AddressCount",
    "Ipv6Addresses",
    "KernelId",
    "KeyName",
    "LaunchTemplate",
    "LicenseSpecifications",
    "NetworkInterfaces",
    "PrivateDnsNameOptions",
    "PrivateIpAddress",
    "RamdiskId",
    "SecurityGroups",
    "SubnetId",
)
"""Properties that only RunInstances has, so a change needs another instance."""

_STOPPED = {"EbsOptimized": False, "InstanceType": "m1.small", "UserData": ""}
"""Attributes that EC2 changes while an instance is stopped, and their defaults."""

_RUNNING: Properties = {
    "DisableApiTermination": False,
    "InstanceInitiatedShutdownBehavior": "stop",
    "SourceDestCheck": True,
}


def _interface(given: Properties) -> dict[str, Any]:
    """A network interface. The API has another name for its groups."""
    named = {"Groups": given.get("GroupSet"), "DeviceIndex": given["DeviceIndex"]}
    return {**without(given, "GroupSet"), **named}


def _run(change: Change) -> Steps:
    given = change.properties
    placement = {api: given[name] for name, api in _PLACEMENT.items() if name in given}
    profile = given.get("IamInstanceProfile")
    monitoring = {"Enabled": change.flag("Monitoring", default=False)}
    interfaces = [_interface(each) for each in change.items("NetworkInterfaces")]
    wanted = {
        **without(given, "IamInstanceProfile", "Monitoring", "Volumes"),
        "IamInstanceProfile": {"Name": profile} if profile else None,
        "MaxCount": 1,
        "MinCount": 1,
        "Monitoring": monitoring if "Monitoring" in given else None,
        "NetworkInterfaces": interfaces or None,
        "Placement": placement or None,
    }
    instance = (yield create("RunInstances", "instance", wanted, change))["Instances"][0]
    instance_id = instance["InstanceId"]
    yield Made(instance_id, _attributes(instance))
    if "SourceDestCheck" in given:
        checked = valued(change.flag("SourceDestCheck"))
        yield _modify(instance_id, "SourceDestCheck", checked)
    yield from _attach_volumes(change, instance_id)
    described = yield read("ec2", "DescribeInstances", {"InstanceIds": [instance_id]})
    yield Made(instance_id, _attributes(described["Reservations"][0]["Instances"][0]))


def _attributes(instance: Properties) -> dict[str, Any]:
    found = {
        "AvailabilityZone": instance["Placement"]["AvailabilityZone"],
        "InstanceId": instance["InstanceId"],
        "PrivateDnsName": instance.get("PrivateDnsName"),
        "PrivateIp": instance.get("PrivateIpAddress"),
        "PublicDnsName": instance.get("PublicDnsName", ""),
        "PublicIp": instance.get("PublicIpAddress", ""),
        "State.Code": str(instance["State"]["Code"]),
        "State.Name": instance["State"]["Name"],
        "VpcId": instance.get("VpcId"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _modify(instance_id: str, attribute: str, value: Any) -> Any:
    return call("ec2", "ModifyInstanceAttribute", {"InstanceId": instance_id, attribute: value})


def _attach_volumes(change: Change, instance_id: str) -> Steps:
    for volume in change.gone("Volumes"):
        yield call("ec2", "DetachVolume", {**volume, "InstanceId": instance_id})
    for volume in change.new("Volumes"):
        yield call("ec2", "AttachVolume", {**volume, "InstanceId": instance_id})


def _update(change: Change) -> Steps:
    instance_id = change.physical_id
    yield from _modify_stopped(change)
    for name, value in change.changed(_RUNNING, _RUNNING).items():
        yield _modify(instance_id, name, valued(value))
    for groups in change.changed(["SecurityGroupIds"]).values():
        yield _modify(instance_id, "Groups", groups or [])
    for watched in change.changed(["Monitoring"]).values():
        verb = "Monitor" if watched else "Unmonitor"
        yield call("ec2", f"{verb}Instances", {"InstanceIds": [instance_id]})
    for credit in change.changed(["CreditSpecification"]).values():
        wanted = {"InstanceId": instance_id, **(credit or {"CPUCredits": "standard"})}
        specifications = {"InstanceCreditSpecifications": [wanted]}
        yield call("ec2", "ModifyInstanceCreditSpecification", specifications)
    for options in change.changed(["MetadataOptions"]).values():
        wanted = {"InstanceId": instance_id, **(options or _METADATA)}
        yield call("ec2", "ModifyInstanceMetadataOptions", wanted)
    yield from _change_profile(change)
    yield from _attach_volumes(change, instance_id)
    yield from retag(change)


_METADATA = {"HttpTokens": "optional", "HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled"}


def _modify_stopped(change: Change) -> Steps:
    """Stop the instance, change what only a stopped one can change, and start it again."""
    changed = change.changed(_STOPPED, _STOPPED)
    if not changed:
        return
    instances = {"InstanceIds": [change.physical_id]}
    yield call("ec2", "StopInstances", instances)
    for name, value in changed.items():
        yield _modify(change.physical_id, name, valued(value))
    yield call("ec2", "StartInstances", instances)


def _change_profile(change: Change) -> Steps:
    for profile in change.changed(["IamInstanceProfile"]).values():
        of_instance = [{"Name": "instance-id", "Values": [change.physical_id]}]
        found = yield read(
            "ec2", "DescribeIamInstanceProfileAssociations", {"Filters": of_instance}
        )
        for association in found.get("IamInstanceProfileAssociations") or ():
            bound = {"AssociationId": association["AssociationId"]}
            yield call("ec2", "DisassociateIamInstanceProfile", bound)
        if profile:
            wanted = {"IamInstanceProfile": {"Name": profile}, "InstanceId": change.physical_id}
            yield call("ec2", "AssociateIamInstanceProfile", wanted)


_INTERFACE = (
    "InterfaceType",
    "PrivateIpAddress",
    "PrivateIpAddresses",
    "SubnetId",
)
_INTERFACE_DEFAULTS = {"Description": "", "SourceDestCheck": True}


def _create_interface(change: Change) -> Steps:
    groups = {"Groups": change.properties.get("GroupSet")}
    wanted = {**change.properties, **groups}
    answer = yield create("CreateNetworkInterface", "network-interface", wanted, change)
    made = answer["NetworkInterface"]
    interface_id = made["NetworkInterfaceId"]
    attributes = {
        "Id": interface_id,
        "PrimaryPrivateIpAddress": made.get("PrivateIpAddress"),
        "SecondaryPrivateIpAddresses": [
            each["PrivateIpAddress"]
            for each in made.get("PrivateIpAddresses") or ()
            if not each.get("Primary")
        ],
        "VpcId": made.get("VpcId"),
    }
    yield Made(interface_id, attributes)
    if "SourceDestCheck" in change.properties:
        yield _modify_interface(interface_id, "SourceDestCheck", change.flag("SourceDestCheck"))


def _modify_interface(interface_id: str, attribute: str, value: Any) -> Any:
    wanted = {"NetworkInterfaceId": interface_id, attribute: valued(value)}
    return call("ec2", "ModifyNetworkInterfaceAttribute", wanted)


def _update_interface(change: Change) -> Steps:
    for name, value in change.changed(_INTERFACE_DEFAULTS, _INTERFACE_DEFAULTS).items():
        yield _modify_interface(change.physical_id, name, value)
    for groups in change.changed(["GroupSet"]).values():
        interface = {"NetworkInterfaceId": change.physical_id}
        yield call("ec2", "ModifyNetworkInterfaceAttribute", {**interface, "Groups": groups or []})
    yield from retag(change)


_VOLUME = (
    "AvailabilityZone",
    "Encrypted",
    "KmsKeyId",
    "OutpostArn",
    "SnapshotId",
)
_MODIFIED = ("Iops", "MultiAttachEnabled", "Size", "Throughput", "VolumeType")


def _create_volume(change: Change) -> Steps:
    volume_id = (yield create("CreateVolume", "volume", change.properties, change))["VolumeId"]
    yield Made(volume_id, {"VolumeId": volume_id})
    yield from _enable(change, volume_id)


def _enable(change: Change, volume_id: str) -> Steps:
    for enabled in change.changed(["AutoEnableIO"]).values():
        wanted = {"VolumeId": volume_id, "AutoEnableIO": valued(bool(enabled))}
        yield call("ec2", "ModifyVolumeAttribute", wanted)


def _update_volume(change: Change) -> Steps:
    changed = change.changed(_MODIFIED)
    if changed:
        yield call("ec2", "ModifyVolume", {**changed, "VolumeId": change.physical_id})
    yield from _enable(change, change.physical_id)
    yield from retag(change)


def _attach(change: Change) -> Steps:
    yield call("ec2", "AttachVolume", change.properties)
    yield Made(f"{change.properties['VolumeId']}|{change.properties['InstanceId']}")


def _create_key(change: Change) -> Steps:
    wanted = {**change.properties, "KeyName": change.name}
    verb = "Import" if "PublicKeyMaterial" in change.properties else "Create"
    answer = yield create(f"{verb}KeyPair", "key-pair", wanted, change)
    attributes = {name: answer[name] for name in ("KeyFingerprint", "KeyPairId")}
    yield Made(change.name, attributes)


TYPES = (
    ResourceType(
        name="AWS::EC2::Instance",
        properties=(
            *_AT_START,
            *_PLACEMENT,
            *_RUNNING,
            *_STOPPED,
            "CreditSpecification",
            "IamInstanceProfile",
            "MetadataOptions",
            "Monitoring",
            "SecurityGroupIds",
            "Tags",
            "Volumes",
        ),
        create=_run,
        update=_update,
        delete=one("ec2", "TerminateInstances", InstanceIds="physical_id"),
        replaced_by=(
            "BlockDeviceMappings",
            "KernelId",
            "PrivateDnsNameOptions",
            "RamdiskId",
            "Affinity",
            "HostId",
            "Tenancy",
        ),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::EC2::KeyPair",
        properties=("KeyFormat", "KeyName", "KeyType", "PublicKeyMaterial", "Tags"),
        create=_create_key,
        delete=one("ec2", "DeleteKeyPair", KeyName="name"),
        naming=Naming("KeyName"),
    ),
    ResourceType(
        name="AWS::EC2::NetworkInterface",
        properties=(*_INTERFACE, *_INTERFACE_DEFAULTS, "GroupSet", "Tags"),
        create=_create_interface,
        update=_update_interface,
        delete=one("ec2", "DeleteNetworkInterface", NetworkInterfaceId="physical_id"),
        replaced_by=("PrivateIpAddresses",),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::EC2::Volume",
        properties=(*_VOLUME, *_MODIFIED, "AutoEnableIO", "Tags"),
        create=_create_volume,
        update=_update_volume,
        delete=one("ec2", "DeleteVolume", VolumeId="physical_id"),
        fixed=_VOLUME,
        system_tags=True,
    ),
    ResourceType(
        name="AWS::EC2::VolumeAttachment",
        properties=("Device", "InstanceId", "VolumeId"),
        create=_attach,
        delete=one("ec2", "DetachVolume"),
    ),
)
