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
    """Put the recorder; it starts with the delivery channel, or now where there is one."""
    recorder = {**change.properties, "Name": change.name}
    yield call("config", "PutConfigurationRecorder", {"ConfigurationRecorder": recorder})
    yield Made(change.name)
    channels = yield read("config", "DescribeDeliveryChannels", {})
    if channels.get("DeliveryChannels"):
        yield from _start()


def _put_channel(change: Change) -> Steps:
    channel = {**change.properties, "Name": change.name}
    yield call("config", "PutDeliveryChannel", {"DeliveryChannel": channel})
    yield Made(change.name)
    yield from _start()


def _start() -> Steps:
    """Start the Region's recorder, once it has a channel to deliver to."""
    found = yield read("config", "DescribeConfigurationRecorderStatus", {})
    for status in found.get("ConfigurationRecordersStatus", []):
        if not status["recording"]:
            recorder = {"ConfigurationRecorderName": status["name"]}
            yield call("config", "StartConfigurationRecorder", recorder)


def _delete_channel(change: Change) -> Steps:
    """Stop the recorder, without which the last channel cannot go."""
    found = yield read("config", "DescribeConfigurationRecorderStatus", {})
    for status in found.get("ConfigurationRecordersStatus", []):
        if status["recording"]:
            recorder = {"ConfigurationRecorderName": status["name"]}
            yield call("config", "StopConfigurationRecorder", recorder)
    yield call("config", "DeleteDeliveryChannel", {"DeliveryChannelName": change.name})


def _put_rule(change: Change) -> Steps:
    rule = {**change.properties, "ConfigRuleName": change.name}
    yield call("config", "PutConfigRule", {"ConfigRule": rule})
    names = {"ConfigRuleNames": [change.name]}
    made = (yield read("config", "DescribeConfigRules", names))["ConfigRules"][0]
    attributes = {"Arn": made["ConfigRuleArn"], "ConfigRuleId": made["ConfigRuleId"]}
    yield Made(change.name, attributes)


def _authorize(change: Change) -> Steps:
    answer = yield call("config", "PutAggregationAuthorization", change.properties)
    arn = answer["AggregationAuthorization"]["AggregationAuthorizationArn"]
    yield Made(arn, {"AggregationAuthorizationArn": arn})


def _retag_authorization(change: Change) -> Steps:
    arn = {"ResourceArn": change.physical_id}
    yield from retag("config", "TagResource", "UntagResource", arn, change)


def _put_aggregator(change: Change) -> Steps:
    aggregator = {**change.properties, "ConfigurationAggregatorName": change.name}
    answer = yield call("config", "PutConfigurationAggregator", aggregator)
    arn = answer["ConfigurationAggregator"]["ConfigurationAggregatorArn"]
    yield Made(change.name, {"ConfigurationAggregatorArn": arn})


TYPES = (
    ResourceType(
        name="AWS::Config::AggregationAuthorization",
        properties=("AuthorizedAccountId", "AuthorizedAwsRegion", "Tags"),
        create=_authorize,
        update=_retag_authorization,
        delete=one("config", "DeleteAggregationAuthorization"),
        replaced_by=("AuthorizedAccountId", "AuthorizedAwsRegion"),
    ),
    ResourceType(
        name="AWS::Config::ConfigurationAggregator",
        properties=(
            "AccountAggregationSources",
            "ConfigurationAggregatorName",
            "OrganizationAggregationSource",
            "Tags",
        ),
        create=_put_aggregator,
        update=_put_aggregator,
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
