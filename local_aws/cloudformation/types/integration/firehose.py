"""Amazon Data Firehose's delivery streams to S3 and to HTTP endpoints."""

from __future__ import annotations

from local_aws.cloudformation.resources.failures import NotUpdatable
from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
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


def _create(change: Change) -> Steps:
    wanted = {**change.properties, "DeliveryStreamName": change.name}
    answer = yield call("firehose", "CreateDeliveryStream", wanted)
    yield Made(change.name, {"Arn": answer["DeliveryStreamARN"]})


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
    yield from retag("firehose", "TagDeliveryStream", "UntagDeliveryStream", stream, change)


TYPES = (
    ResourceType(
        name="AWS::KinesisFirehose::DeliveryStream",
        properties=(*_DESTINATIONS, *_SOURCES, "DeliveryStreamName", "Tags"),
        create=_create,
        update=_update,
        delete=one("firehose", "DeleteDeliveryStream", DeliveryStreamName="name"),
        naming=Naming("DeliveryStreamName", longest=64),
        replaced_by=_SOURCES,
    ),
)
