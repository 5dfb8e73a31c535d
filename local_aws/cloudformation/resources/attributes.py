"""Attributes that the calls of creation do not return: they are looked up when needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from local_aws.cloudformation.resources.calls import OnBehalf
from local_aws.cloudformation.resources.failures import ResourceError
from local_aws.cloudformation.resources.resource_types import Answer, read
from local_aws.cloudformation.stacks import Resource


class _Look(Struct, frozen=True):
    """A reading call: its parameters from the physical id, and the attributes from its answer."""

    service: str
    operation: str
    parameters: Callable[[str], Mapping[str, Any]]
    found: Callable[[Answer], Mapping[str, Any]]


def _blocks(vpc: Mapping[str, Any]) -> Mapping[str, Any]:
    """CIDR blocks of a VPC, which other resources of the stack may have added."""
    return {
        "CidrBlockAssociations": [each["AssociationId"] for each in vpc["CidrBlockAssociationSet"]],
        "Ipv6CidrBlocks": [
            each["Ipv6CidrBlock"] for each in vpc.get("Ipv6CidrBlockAssociationSet") or ()
        ],
    }


_LOOKS: Mapping[str, _Look] = {
    "AWS::Athena::WorkGroup": _Look(
        "athena",
        "GetWorkGroup",
        lambda name: {"WorkGroup": name},
        lambda answer: answer["WorkGroup"],
    ),
    "AWS::EC2::VPC": _Look(
        "ec2",
        "DescribeVpcs",
        lambda vpc: {"VpcIds": [vpc]},
        lambda answer: _blocks(answer["Vpcs"][0]),
    ),
    "AWS::EFS::FileSystem": _Look(
        "efs",
        "DescribeFileSystems",
        lambda name: {"FileSystemId": name},
        lambda answer: {"Arn": answer["FileSystems"][0]["FileSystemArn"]},
    ),
    "AWS::IAM::ManagedPolicy": _Look(
        "iam", "GetPolicy", lambda arn: {"PolicyArn": arn}, lambda answer: answer["Policy"]
    ),
    "AWS::Route53::HostedZone": _Look(
        "route53",
        "GetHostedZone",
        lambda name: {"Id": name},
        lambda answer: {"NameServers": answer["DelegationSet"]["NameServers"]},
    ),
    "AWS::SNS::Topic": _Look(
        "sns",
        "GetTopicAttributes",
        lambda arn: {"TopicArn": arn},
        lambda answer: answer["Attributes"],
    ),
    "AWS::SQS::Queue": _Look(
        "sqs",
        "GetQueueAttributes",
        lambda url: {"QueueUrl": url, "AttributeNames": ["All"]},
        lambda answer: answer["Attributes"],
    ),
    "AWS::SSM::Parameter": _Look(
        "ssm",
        "GetParameter",
        lambda name: {"Name": name},
        lambda answer: {"Tier": "Standard", **answer["Parameter"]},
    ),
}


def attribute_of(resource: Resource, name: str, on_behalf: OnBehalf) -> Any:
    """The value that `Fn::GetAtt` gives. Raises ResourceError if the local AWS has none."""
    try:
        return _shown(resource.attribute(name))
    except KeyError:
        found = _looked_up(resource, on_behalf).get(name.casefold())
    if found is None:
        raise ResourceError(
            f"The local AWS has no value for the attribute {name} of {resource.logical_id} "
            f"({resource.type})"
        )
    return found


def _looked_up(resource: Resource, on_behalf: OnBehalf) -> Mapping[str, Any]:
    look = _LOOKS.get(resource.type)
    if look is None:
        return {}
    asked = read(look.service, look.operation, look.parameters(resource.physical_id))
    found = look.found(on_behalf.send(asked))
    return {member.casefold(): _shown(value) for member, value in found.items()}


def _shown(value: Any) -> Any:
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else value
