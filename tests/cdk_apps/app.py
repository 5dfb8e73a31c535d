"""Small apps, a stack each: `python -m tests.cdk_apps.app OUTPUT` synthesizes both versions.

Version 2 changes something in each. Nothing here knows of the local AWS.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import (
    aws_cloudtrail,
    aws_cloudwatch,
    aws_cloudwatch_actions,
    aws_dynamodb,
    aws_events,
    aws_events_targets,
    aws_iam,
    aws_kms,
    aws_lambda,
    aws_lambda_event_sources,
    aws_logs,
    aws_s3,
    aws_s3_notifications,
    aws_sns,
    aws_sns_subscriptions,
    aws_sqs,
    custom_resources,
)
from constructs import Construct

GONE: Mapping[str, Any] = {
    "removal_policy": cdk.RemovalPolicy.DESTROY,
    "auto_delete_objects": True,
}
HANDLER = """
import json

def handler(event, context):
    print(json.dumps(event, default=str))
    return event
"""


class App(cdk.Stack):
    """An app's only stack, in one of its two versions."""

    def __init__(self, scope: Construct, name: str, version: int) -> None:
        super().__init__(scope, name, stack_name=f"app-{name.lower()}")
        self.version = version
        cdk.Tags.of(self).add("app", name)
        self.declare()

    def declare(self) -> None:
        """The resources."""
        raise NotImplementedError

    def handler(self, name: str) -> aws_lambda.Function:
        """A function that logs what it gets."""
        return aws_lambda.Function(
            self,
            name,
            runtime=aws_lambda.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=aws_lambda.Code.from_inline(HANDLER),
            timeout=cdk.Duration.seconds(20),
            environment={"VERSION": str(self.version)},
        )


class Plain(App):
    """The shortest of trails."""

    def declare(self) -> None:
        trail = aws_cloudtrail.Trail(self, "T", is_multi_region_trail=self.version == 1)
        cdk.CfnOutput(self, "Trail", value=trail.trail_arn)


class Full(App):
    """A trail with a log group, key, topic and data events."""

    def declare(self) -> None:
        key = aws_kms.Key(
            self, "Key", enable_key_rotation=True, removal_policy=cdk.RemovalPolicy.DESTROY
        )
        key.grant_encrypt(aws_iam.ServicePrincipal("cloudtrail.amazonaws.com"))
        data = aws_s3.Bucket(self, "Data", **GONE)
        function = self.handler("Handler")
        trail = aws_cloudtrail.Trail(
            self,
            "T",
            trail_name="full",
            bucket=aws_s3.Bucket(self, "Logs", **GONE),
            send_to_cloud_watch_logs=True,
            cloud_watch_logs_retention=aws_logs.RetentionDays.ONE_WEEK
            if self.version == 1
            else aws_logs.RetentionDays.ONE_MONTH,
            encryption_key=key,
            sns_topic=aws_sns.Topic(self, "Topic"),
            enable_file_validation=self.version == 1,
            s3_key_prefix="prefix",
            insight_types=[aws_cloudtrail.InsightType.API_CALL_RATE],
        )
        trail.add_s3_event_selector([aws_cloudtrail.S3EventSelector(bucket=data)])
        trail.add_lambda_event_selector([function])
        cdk.CfnOutput(self, "Function", value=function.function_name)
        cdk.CfnOutput(self, "KeyArn", value=key.key_arn)


class Rule(App):
    """A trail's events to a function and to a log group."""

    def declare(self) -> None:
        trail = aws_cloudtrail.Trail(self, "T", bucket=aws_s3.Bucket(self, "Logs", **GONE))
        function = self.handler("Handler")
        aws_cloudtrail.Trail.on_event(
            self,
            "OnCreate",
            target=aws_events_targets.LambdaFunction(function),
            event_pattern=aws_events.EventPattern(
                source=["aws.s3"],
                detail={"eventName": ["CreateBucket", "DeleteBucket"][: self.version]},
            ),
        )
        queue = aws_sqs.Queue(self, "Dead")
        rule = aws_events.Rule(
            self, "Every", schedule=aws_events.Schedule.rate(cdk.Duration.days(1))
        )
        rule.add_target(aws_events_targets.SqsQueue(queue))
        rule.node.add_dependency(trail)
        cdk.CfnOutput(self, "Function", value=function.function_name)


CIS: Mapping[str, str] = {
    "Unauthorized": '{ ($.errorCode = "*UnauthorizedOperation") || '
    '($.errorCode = "AccessDenied*") }',
    "RootUse": '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && '
    '$.eventType != "AwsServiceEvent" }',
    "TrailChanges": "{ ($.eventName = CreateTrail) || ($.eventName = UpdateTrail) || "
    "($.eventName = DeleteTrail) || ($.eventName = StopLogging) }",
}


class Alarms(App):
    """Metric filters of the CIS benchmark with an alarm each."""

    def declare(self) -> None:
        topic = aws_sns.Topic(self, "Topic", display_name=f"version {self.version}")
        group = aws_logs.LogGroup(self, "Group", removal_policy=cdk.RemovalPolicy.DESTROY)
        aws_cloudtrail.Trail(
            self,
            "T",
            bucket=aws_s3.Bucket(self, "Logs", **GONE),
            send_to_cloud_watch_logs=True,
            cloud_watch_log_group=group,
        )
        for name, pattern in CIS.items():
            metric = aws_logs.MetricFilter(
                self,
                f"{name}Filter",
                log_group=group,
                filter_pattern=aws_logs.FilterPattern.literal(pattern),
                metric_namespace="CIS",
                metric_name=name,
                metric_value="1",
            ).metric(statistic="Sum", period=cdk.Duration.minutes(5))
            alarm = aws_cloudwatch.Alarm(
                self,
                name,
                alarm_name=f"cis-{name}",
                metric=metric,
                threshold=self.version,
                evaluation_periods=1,
                treat_missing_data=aws_cloudwatch.TreatMissingData.NOT_BREACHING,
            )
            alarm.add_alarm_action(aws_cloudwatch_actions.SnsAction(topic))


class Notified(App):
    """A log bucket that tells a queue of every file."""

    def declare(self) -> None:
        queue = aws_sqs.Queue(
            self, "Queue", visibility_timeout=cdk.Duration.seconds(30 * self.version)
        )
        bucket = aws_s3.Bucket(
            self,
            "Logs",
            **GONE,
            lifecycle_rules=[aws_s3.LifecycleRule(expiration=cdk.Duration.days(30))],
            enforce_ssl=True,
        )
        bucket.add_event_notification(
            aws_s3.EventType.OBJECT_CREATED,
            aws_s3_notifications.SqsDestination(queue),
            aws_s3.NotificationKeyFilter(prefix="AWSLogs/", suffix=".json.gz"),
        )
        aws_cloudtrail.Trail(self, "T", bucket=bucket)
        cdk.CfnOutput(self, "QueueUrl", value=queue.queue_url)


class Users(App):
    """A table, a function that reads its stream, and one that is asked."""

    def declare(self) -> None:
        table = aws_dynamodb.Table(
            self,
            "Users",
            partition_key=aws_dynamodb.Attribute(name="id", type=aws_dynamodb.AttributeType.STRING),
            billing_mode=aws_dynamodb.BillingMode.PAY_PER_REQUEST,
            stream=aws_dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            removal_policy=cdk.RemovalPolicy.DESTROY,
            time_to_live_attribute="expires" if self.version == 2 else None,
            point_in_time_recovery_specification=(
                aws_dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True)
            ),
        )
        asked = self.handler("Asked")
        table.grant_read_write_data(asked)
        asked.add_environment("TABLE", table.table_name)
        told = self.handler("Told")
        told.add_event_source(
            aws_lambda_event_sources.DynamoEventSource(
                table, starting_position=aws_lambda.StartingPosition.LATEST, batch_size=10
            )
        )
        cdk.CfnOutput(self, "Table", value=table.table_name)


class Fanned(App):
    """A topic to queues, one of them with a dead-letter queue."""

    def declare(self) -> None:
        dead = aws_sqs.Queue(self, "Dead")
        queue = aws_sqs.Queue(
            self,
            "Queue",
            dead_letter_queue=aws_sqs.DeadLetterQueue(max_receive_count=3, queue=dead),
            encryption=aws_sqs.QueueEncryption.SQS_MANAGED,
        )
        topic = aws_sns.Topic(self, "Topic", enforce_ssl=True)
        topic.add_subscription(
            aws_sns_subscriptions.SqsSubscription(queue, raw_message_delivery=self.version == 2)
        )
        cdk.CfnOutput(self, "TopicArn", value=topic.topic_arn)
        cdk.CfnOutput(self, "QueueUrl", value=queue.queue_url)


class Inner(cdk.NestedStack):
    """A bucket in a stack of its own, which tells its parent its name."""

    def __init__(self, scope: Construct, name: str, topic: aws_sns.ITopic, version: int) -> None:
        super().__init__(scope, name, removal_policy=cdk.RemovalPolicy.DESTROY)
        self.bucket = aws_s3.Bucket(self, "Bucket", **GONE, versioned=version == 2)
        self.bucket.add_event_notification(
            aws_s3.EventType.OBJECT_CREATED,
            aws_s3_notifications.SqsDestination(aws_sqs.Queue(self, "Files")),
        )
        cdk.Tags.of(self.bucket).add("topic", topic.topic_arn)


class Nested(App):
    """A stack in a stack; each refers to the other's resources."""

    def declare(self) -> None:
        inner = Inner(self, "Inner", aws_sns.Topic(self, "Topic"), self.version)
        cdk.CfnOutput(self, "BucketName", value=inner.bucket.bucket_name)


class Calls(App):
    """Calls of the SDK as resources, a log retention, and a bucket that is emptied."""

    def declare(self) -> None:
        bucket = aws_s3.Bucket(self, "Bucket", **GONE)
        parameters = {"Name": "/called", "Value": f"v{self.version}", "Type": "String"}
        put = custom_resources.AwsSdkCall(
            service="SSM",
            action="putParameter",
            parameters={**parameters, "Overwrite": True},
            physical_resource_id=custom_resources.PhysicalResourceId.of("/called"),
        )
        call = custom_resources.AwsCustomResource(
            self,
            "Call",
            on_update=put,
            on_delete=custom_resources.AwsSdkCall(
                service="SSM", action="deleteParameter", parameters={"Name": "/called"}
            ),
            policy=custom_resources.AwsCustomResourcePolicy.from_sdk_calls(
                resources=custom_resources.AwsCustomResourcePolicy.ANY_RESOURCE
            ),
            install_latest_aws_sdk=False,
        )
        aws_logs.LogRetention(
            self,
            "Retention",
            log_group_name="/kept",
            retention=aws_logs.RetentionDays.ONE_DAY,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        cdk.CfnOutput(self, "Version", value=call.get_response_field("Version"))
        cdk.CfnOutput(self, "BucketName", value=bucket.bucket_name)


APPS = (Plain, Full, Rule, Alarms, Notified, Users, Fanned, Nested, Calls)


def main(output: str) -> None:
    """Synthesize all of them into an assembly for each version, `OUTPUT/1` and `OUTPUT/2`."""
    for version in (1, 2):
        app = cdk.App(outdir=f"{output}/{version}", analytics_reporting=False)
        for stack in APPS:
            stack(app, stack.__name__, version)
        app.synth()


if __name__ == "__main__":
    main(sys.argv[1])
