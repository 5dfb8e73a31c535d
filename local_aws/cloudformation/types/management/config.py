"""AWS Config's recorders, delivery channels, rules and aggregators."""

from __future__ import annotations

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


def _put_recorder(change: Change) -> Steps:
    """Put the recorder.

    It starts when there is a delivery channel: now, or when that is created.
    """
    recorder = {**change.properties, "Name": change.name}
    yield call("config", "PutConfigurationRecorder", {"ConfigurationRecorder": recorder})
    yield Made(change.name)
    channels = yield read("config", "DescribeDeliveryChannels", {})
    if channels.get("DeliveryChannels"):
        yield from _switch("Start")


def _put_channel(change: Change) -> Steps:
    channel = {**change.properties, "Name": change.name}
    yield call("config", "PutDeliveryChannel", {"DeliveryChannel": channel})
    yield Made(change.name)
    yield from _switch("Start")


def _switch(verb: str) -> Steps:
    """Start the Region's recorder, which needs a channel to deliver to, or stop it."""
    found = yield read("config", "DescribeConfigurationRecorderStatus", {})
    for status in found.get("ConfigurationRecordersStatus", []):
        if status["recording"] == (verb == "Stop"):
            recorder = {"ConfigurationRecorderName": status["name"]}
            yield call("config", f"{verb}ConfigurationRecorder", recorder)


def _delete_channel(change: Change) -> Steps:
    """Delete the channel. The last one can only be deleted once the recorder is stopped."""
    yield from _switch("Stop")
    yield call("config", "DeleteDeliveryChannel", {"DeliveryChannelName": change.name})


def _put_rule(change: Change) -> Steps:
    rule = {**change.properties, "ConfigRuleName": change.name}
    yield call("config", "PutConfigRule", {"ConfigRule": rule})
    names = {"ConfigRuleNames": [change.name]}
    made = (yield read("config", "DescribeConfigRules", names))["ConfigRules"][0]
    attributes = {"Arn": made["ConfigRuleArn"], "ConfigRuleId": made["ConfigRuleId"]}
    yield Made(change.name, attributes)


_AUTHORIZATION_ARN = "AggregationAuthorization.AggregationAuthorizationArn"
_PUT_AGGREGATOR = one(
    "config",
    "PutConfigurationAggregator",
    attributes={"ConfigurationAggregatorArn": "ConfigurationAggregator.ConfigurationAggregatorArn"},
    ConfigurationAggregatorName="name",
)


def _retag_authorization(change: Change) -> Steps:
    arn = {"ResourceArn": change.physical_id}
    yield from retag("config", arn, change)


TYPES = (
    ResourceType(
        name="AWS::Config::AggregationAuthorization",
        properties=("AuthorizedAccountId", "AuthorizedAwsRegion", "Tags"),
        create=one(
            "config",
            "PutAggregationAuthorization",
            ref=_AUTHORIZATION_ARN,
            attributes={"AggregationAuthorizationArn": _AUTHORIZATION_ARN},
        ),
        update=_retag_authorization,
        delete=one("config", "DeleteAggregationAuthorization"),
    ),
    ResourceType(
        name="AWS::Config::ConfigurationAggregator",
        properties=(
            "AccountAggregationSources",
            "ConfigurationAggregatorName",
            "OrganizationAggregationSource",
            "Tags",
        ),
        create=_PUT_AGGREGATOR,
        update=_PUT_AGGREGATOR,
        delete=one("config", "DeleteConfigurationAggregator", ConfigurationAggregatorName="name"),
        naming=Naming("ConfigurationAggregatorName"),
    ),
    ResourceType(
        name="AWS::Config::ConfigRule",
        properties=(
            "ConfigRuleName",
            "Description",
            "InputParameters",
            "MaximumExecutionFrequency",
            "Scope",
            "Source",
        ),
        create=_put_rule,
        update=_put_rule,
        delete=one("config", "DeleteConfigRule", ConfigRuleName="name"),
        naming=Naming("ConfigRuleName", longest=128),
    ),
    ResourceType(
        name="AWS::Config::ConfigurationRecorder",
        properties=("Name", "RecordingGroup", "RoleARN"),
        create=_put_recorder,
        update=_put_recorder,
        delete=one("config", "DeleteConfigurationRecorder", ConfigurationRecorderName="name"),
        naming=Naming("Name"),
    ),
    ResourceType(
        name="AWS::Config::DeliveryChannel",
        properties=(
            "ConfigSnapshotDeliveryProperties",
            "Name",
            "S3BucketName",
            "S3KeyPrefix",
            "S3KmsKeyArn",
            "SnsTopicARN",
        ),
        create=_put_channel,
        update=_put_channel,
        delete=_delete_channel,
        naming=Naming("Name"),
    ),
)
