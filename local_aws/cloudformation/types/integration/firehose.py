"""Amazon Data Firehose's delivery streams to S3 and to HTTP endpoints."""

from __future__ import annotations

from local_aws.cloudformation.resources.failures import NotUpdatable
from local_aws.cloudformation.resources.resource_types import (
    Change,
    Naming,
    ResourceType,
    Steps,
    call,
    one,
    read,
    retag,
)

_DESTINATIONS = (
    "ExtendedS3DestinationConfiguration",
    "HttpEndpointDestinationConfiguration",
    "S3DestinationConfiguration",
)
_SOURCES = ("DeliveryStreamType", "KinesisStreamSourceConfiguration")


def _update(change: Change) -> Steps:
    stream = {"DeliveryStreamName": change.name}
    for name, wanted in change.changed(_DESTINATIONS).items():
        if not wanted:
            raise NotUpdatable(f"{name} of a delivery stream cannot be removed.")
        found = yield read("firehose", "DescribeDeliveryStream", stream)
        described = found["DeliveryStreamDescription"]
        update = {
            "CurrentDeliveryStreamVersionId": described["VersionId"],
            "DestinationId": described["Destinations"][0]["DestinationId"],
            name.replace("Configuration", "Update"): wanted,
        }
        yield call("firehose", "UpdateDestination", {**stream, **update})
    yield from retag("firehose", stream, change, "TagDeliveryStream", "UntagDeliveryStream")


TYPES = (
    ResourceType(
        name="AWS::KinesisFirehose::DeliveryStream",
        properties=(*_DESTINATIONS, *_SOURCES, "DeliveryStreamName", "Tags"),
        create=one(
            "firehose",
            "CreateDeliveryStream",
            attributes={"Arn": "DeliveryStreamARN"},
            DeliveryStreamName="name",
        ),
        update=_update,
        delete=one("firehose", "DeleteDeliveryStream", DeliveryStreamName="name"),
        naming=Naming("DeliveryStreamName", longest=64),
    ),
)
