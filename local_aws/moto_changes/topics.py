"""What SNS refuses before it looks for a topic: malformed ARNs, endpoints that fit no protocol.

Sources: SNS API Reference, Subscribe. The messages are SNS's (ballerina-platform's module aws.sns
and localstack's tests have those about ARNs and protocols as AWS answers them).
"""

from __future__ import annotations

import functools
import re
from typing import Any

from cloudtrail.partitions import PARTITION
from local_aws.moto_changes.patching import MotoChange

_ARNS = ("EndpointArn", "PlatformApplicationArn", "SubscriptionArn", "TargetArn", "TopicArn")
_URL = "Endpoint must match the specified protocol"
_PROTOCOLS = {
    "application": (rf"arn:{PARTITION}:sns:.+:endpoint/.+", "Application endpoint arn invalid"),
    "email": (r"[^@\s]+@[^@\s]+", "Email address"),
    "email-json": (r"[^@\s]+@[^@\s]+", "Email address"),
    "firehose": (rf"arn:{PARTITION}:firehose:.+", "Firehose endpoint ARN"),
    "http": (r"http://.+", _URL),
    "https": (r"https://.+", _URL),
    "lambda": (rf"arn:{PARTITION}:lambda:.+", "Lambda endpoint ARN"),
    "sms": (r".+", "Invalid SMS endpoint"),
    "sqs": (rf"arn:{PARTITION}:sqs:.+", "SQS endpoint ARN"),
}
"""By protocol, what an endpoint looks like, and the message for others; moto checks sms further."""


def _checked(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def call_action(self: Any) -> Any:
        from moto.core.responses import ActionResult
        from moto.sns.exceptions import SNSInvalidParameter

        for name in _ARNS:
            parts = str(self._get_param(name) or "::::::").split(":", 5)
            if len(parts) < 6:
                reason = f"An ARN must have at least 6 elements, not {len(parts)}"
                error = SNSInvalidParameter(f"Invalid parameter: {name} Reason: {reason}")
                return self.serialized(ActionResult(error))
        return ask_moto(self)

    return call_action


def _subscribe(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def subscribe(self: Any, topic_arn: str, endpoint: str | None, protocol: str) -> Any:
        from moto.sns.exceptions import SNSInvalidParameter

        self.get_topic(topic_arn)
        if protocol not in _PROTOCOLS:
            raise SNSInvalidParameter(
                f"Invalid parameter: Amazon SNS does not support this protocol string: {protocol}"
            )
        form, refusal = _PROTOCOLS[protocol]
        if not re.fullmatch(form, endpoint or "", re.DOTALL):
            raise SNSInvalidParameter(f"Invalid parameter: {refusal}")
        return ask_moto(self, topic_arn, endpoint, protocol)

    return subscribe


def _publish(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def publish(self: Any, message: str, arn: str | None, *rest: Any, **named: Any) -> Any:
        if arn is not None and ":endpoint/" not in arn:
            self.get_topic(arn)
        return ask_moto(self, message, arn, *rest, **named)

    return publish


CHANGES = (
    MotoChange(
        "moto.sns.responses:SNSResponse",
        "call_action",
        _checked,
        "moto returns 500, or Python's own error, for a text that is not an ARN.",
    ),
    MotoChange(
        "moto.sns.models:SNSBackend",
        "subscribe",
        _subscribe,
        "moto subscribes any endpoint with any protocol.",
    ),
    MotoChange(
        "moto.sns.models:SNSBackend",
        "publish",
        _publish,
        "If a topic does not exist, moto's error says that an endpoint does not exist.",
    ),
)
