"""Answers CloudFormation from a custom resource's function.

The interface that AWS documents for inline code (CloudFormation user guide, *cfn-response module*);
functions get this file next to their own.
"""

import json
import urllib.request

SUCCESS = "SUCCESS"
FAILED = "FAILED"


def send(  # type: ignore[no-untyped-def]  # runs in any Python, with anything
    event,
    context,
    responseStatus,  # noqa: N803 - AWS's names
    responseData,  # noqa: N803
    physicalResourceId=None,  # noqa: N803
    noEcho=False,  # noqa: N803
    reason=None,
):
    """Send the outcome of one request: a status, `Data` for Fn::GetAtt, a physical id."""
    see_logs = "See the details in CloudWatch Log Stream: " + context.log_stream_name
    answer = {
        "Status": responseStatus,
        "Reason": reason or see_logs,
        "PhysicalResourceId": physicalResourceId or context.log_stream_name,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": noEcho,
        "Data": responseData,
    }
    body = json.dumps(answer).encode()
    request = urllib.request.Request(  # noqa: S310 - CloudFormation's own URL
        event["ResponseURL"], data=body, headers={"Content-Type": ""}, method="PUT"
    )
    with urllib.request.urlopen(request) as response:  # noqa: S310
        print("cfnresponse:", responseStatus, response.status)
