"""Which operations are data events, with their resource types, and which are never recorded.

Source: UG/logging-data-events-with-cloudtrail, its table of resource types, and the services' own
pages about CloudTrail. If a page names no operations, we use those of the service's data plane.
Every other operation is a management event.
"""

from __future__ import annotations

TABLE = "AWS::DynamoDB::Table"
STREAM = "AWS::DynamoDB::Stream"

_S3_OBJECT = (
    "AbortMultipartUpload CompleteMultipartUpload CopyObject CreateMultipartUpload "
    "DeleteObject DeleteObjectTagging DeleteObjects GetObject GetObjectAcl "
    "GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging "
    "GetObjectTorrent HeadBucket HeadObject ListMultipartUploads ListObjects ListObjectsV2 "
    "ListObjectVersions ListParts PutObject PutObjectAcl PutObjectLegalHold "
    "PutObjectRetention PutObjectTagging RestoreObject SelectObjectContent UploadPart "
    "UploadPartCopy WriteGetObjectResponse"
)
_TABLE_ITEMS = (
    "BatchExecuteStatement BatchGetItem BatchWriteItem DeleteItem ExecuteStatement "
    "ExecuteTransaction GetItem PutItem Query Scan TransactGetItems TransactWriteItems "
    "UpdateItem"
)
_QUEUE = (
    "ChangeMessageVisibility ChangeMessageVisibilityBatch DeleteMessage DeleteMessageBatch "
    "ReceiveMessage SendMessage SendMessageBatch"
)
_METRIC = "GetMetricData GetMetricStatistics GetMetricWidgetImage ListMetrics PutMetricData"
_IDENTITY_POOL = (
    "GetCredentialsForIdentity GetId GetOpenIdToken GetOpenIdTokenForDeveloperIdentity "
    "UnlinkIdentity"
)
_SNAPSHOT = (
    "CompleteSnapshot GetSnapshotBlock ListChangedBlocks ListSnapshotBlocks PutSnapshotBlock "
    "StartSnapshot"
)
_SDB_ITEMS = (
    "BatchDeleteAttributes BatchPutAttributes DeleteAttributes GetAttributes PutAttributes Select"
)
_THING = "DeleteThingShadow GetThingShadow ListNamedShadowsForThing UpdateThingShadow"

_OPERATIONS: dict[tuple[str, str], str] = {
    ("s3", "AWS::S3::Object"): _S3_OBJECT,
    ("dynamodb", TABLE): _TABLE_ITEMS,
    ("dynamodbstreams", STREAM): "GetRecords GetShardIterator",
    ("lambda", "AWS::Lambda::Function"): "Invoke InvokeAsync InvokeWithResponseStream",
    ("events", "AWS::Events::EventBus"): "PutEvents",
    ("events", "AWS::Events::EventSource"): "PutPartnerEvents",
    ("sns", "AWS::SNS::Topic"): "Publish PublishBatch",
    ("sqs", "AWS::SQS::Queue"): _QUEUE,
    ("kinesis", "AWS::Kinesis::Stream"): "GetRecords GetShardIterator PutRecord PutRecords",
    ("kinesis", "AWS::Kinesis::StreamConsumer"): "SubscribeToShard",
    ("cloudwatch", "AWS::CloudWatch::Metric"): _METRIC,
    ("cognito-identity", "AWS::Cognito::IdentityPool"): _IDENTITY_POOL,
    ("rds-data", "AWS::RDS::DBCluster"): (
        "BatchExecuteStatement BeginTransaction CommitTransaction ExecuteStatement "
        "RollbackTransaction"
    ),
    ("ebs", "AWS::EC2::Snapshot"): _SNAPSHOT,
    ("xray", "AWS::XRay::Trace"): "BatchGetTraces GetTraceSummaries PutTraceSegments",
    ("timestream-write", "AWS::Timestream::Table"): "WriteRecords",
    ("timestream-query", "AWS::Timestream::Table"): "Query",
    ("sagemaker-runtime", "AWS::SageMaker::Endpoint"): "InvokeEndpointWithResponseStream",
    ("firehose", "AWS::KinesisFirehose::DeliveryStream"): "PutRecord PutRecordBatch",
    ("iot-data", "AWS::IoT::Thing"): _THING,
    ("kinesis-video-media", "AWS::KinesisVideo::Stream"): "GetMedia",
    ("kinesis-video-archived-media", "AWS::KinesisVideo::Stream"): (
        "GetClip GetDASHStreamingSessionURL GetHLSStreamingSessionURL GetImages "
        "GetMediaForFragmentList ListFragments"
    ),
    ("pinpoint", "AWS::Pinpoint::App"): "PutEvents SendMessages SendUsersMessages",
    ("sagemaker-metrics", "AWS::SageMaker::ExperimentTrialComponent"): "BatchPutMetrics",
    ("sdb", "AWS::SDB::Domain"): _SDB_ITEMS,
    ("stepfunctions", "AWS::StepFunctions::Activity"): "GetActivityTask",
    ("stepfunctions", "AWS::StepFunctions::StateMachine"): "StartSyncExecution",
    ("servicediscovery", "AWS::ServiceDiscovery::Service"): (
        "DiscoverInstances DiscoverInstancesRevision GetInstancesHealthStatus"
    ),
    ("ses", "AWS::SES::EmailIdentity"): (
        "SendBulkTemplatedEmail SendEmail SendRawEmail SendTemplatedEmail"
    ),
    ("sesv2", "AWS::SES::EmailIdentity"): "SendBulkEmail SendEmail",
    ("networkflowmonitor", "AWS::NetworkFlowMonitor::Scope"): (
        "GetQueryResultsWorkloadInsightsTopContributors "
        "GetQueryResultsWorkloadInsightsTopContributorsData "
        "GetQueryStatusWorkloadInsightsTopContributors "
        "GetQueryStatusWorkloadInsightsTopContributorsData "
        "StartQueryWorkloadInsightsTopContributors "
        "StartQueryWorkloadInsightsTopContributorsData "
        "StopQueryWorkloadInsightsTopContributors "
        "StopQueryWorkloadInsightsTopContributorsData"
    ),
    ("rum", "AWS::RUM::AppMonitor"): "PutRumEvents",
    ("signer", "AWS::Signer::SigningProfile"): "SignPayload",
    ("appconfigdata", "AWS::AppConfig::Configuration"): (
        "GetLatestConfiguration StartConfigurationSession"
    ),
    ("swf", "AWS::SWF::Domain"): (
        "CountClosedWorkflowExecutions CountOpenWorkflowExecutions CountPendingActivityTasks "
        "CountPendingDecisionTasks DescribeWorkflowExecution GetWorkflowExecutionHistory "
        "ListClosedWorkflowExecutions ListOpenWorkflowExecutions PollForActivityTask "
        "PollForDecisionTask RecordActivityTaskHeartbeat RequestCancelWorkflowExecution "
        "RespondActivityTaskCanceled RespondActivityTaskCompleted RespondActivityTaskFailed "
        "RespondDecisionTaskCompleted SignalWorkflowExecution StartWorkflowExecution "
        "TerminateWorkflowExecution"
    ),
    ("bedrock-agent-runtime", "AWS::Bedrock::AgentAlias"): "InvokeAgent",
    ("bedrock-agent-runtime", "AWS::Bedrock::KnowledgeBase"): "Retrieve RetrieveAndGenerate",
}

POST_OBJECT = ("s3", "PostObject")
"""An upload to S3 by a form in a web page (Amazon S3 API, "POST Object"). No SDK has it."""

RESOURCE_TYPES = {POST_OBJECT: "AWS::S3::Object"} | {
    (service, operation): resource_type
    for (service, resource_type), operations in _OPERATIONS.items()
    for operation in operations.split()
}
"""The resource type of each operation that is a data event."""

UNRECORDED = frozenset(
    {
        ("iot-data", "Publish"),
        ("logs", "PutLogEvents"),
        ("mediastore-data", "DeleteObject"),
        ("mediastore-data", "DescribeObject"),
        ("mediastore-data", "GetObject"),
        ("mediastore-data", "ListItems"),
        ("mediastore-data", "PutObject"),
        ("sagemaker-runtime", "InvokeEndpoint"),
        ("sagemaker-runtime", "InvokeEndpointAsync"),
    }
)
"""Data-plane operations for which CloudTrail has no event at all."""

UNRECORDED_SERVICES = frozenset({"apigatewaymanagementapi"})


def is_recorded(service: str, operation: str) -> bool:
    """Whether CloudTrail has an event for the operation."""
    return service not in UNRECORDED_SERVICES and (service, operation) not in UNRECORDED


def resource_type(service: str, operation: str) -> str | None:
    """The type of resource a data event acts on, or None for a management event."""
    return RESOURCE_TYPES.get((service, operation))
