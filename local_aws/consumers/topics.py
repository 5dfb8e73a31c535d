"""Topics that send their subscribers real messages, without delaying publishers.

Source: Amazon SNS Developer Guide, "Fanout to Lambda functions", and Lambda's "Invoking Lambda
functions with Amazon SNS notifications".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from local_aws.consumers import destinations, permissions

if TYPE_CHECKING:
    from moto.sns.models import Subscription

    from local_aws.cloudtrail.delivery.outbox import HandOn

_MAY_TAKE_LONG = ("http", "https")
_NAMES = {"SigningCertURL": "SigningCertUrl", "UnsubscribeURL": "UnsubscribeUrl"}


def install(hand_on: HandOn, patches: ExitStack) -> None:
    """Have topics send these messages, until `patches` is closed."""
    from moto.sns.models import Subscription

    ask_moto = Subscription.publish

    def publish(self: Subscription, message: str, message_id: str, **more: Any) -> None:
        if more.get("message_structure") == "json":
            # The publisher gets an error for a message of the wrong structure.
            self._parse_message_structure(message, self.protocol)
        if self.protocol == "lambda":
            send = partial(_to_function, self, message, message_id, **more)
        else:
            send = partial(_to_other, ask_moto, self, message, message_id, **more)
        # The publisher does not see failed deliveries.
        at_once = self.protocol not in ("lambda", *_MAY_TAKE_LONG)
        destinations.at_once_or_later(self.arn, send, hand_on, at_once=at_once)

    patches.enter_context(patch.object(Subscription, "publish", publish))


def _sender(subscription: Subscription) -> destinations.Sender:
    return destinations.Sender(
        "sns.amazonaws.com", subscription.topic.arn, subscription.topic.account_id
    )


def _to_other(
    ask_moto: Callable[..., None],
    subscription: Subscription,
    message: str,
    message_id: str,
    **more: Any,
) -> None:
    if subscription.protocol == "sqs":
        permissions.judge(subscription.endpoint, _sender(subscription))
    ask_moto(subscription, message, message_id, **more)


def _to_function(
    subscription: Subscription,
    message: str,
    message_id: str,
    *,
    subject: str | None = None,
    message_attributes: dict[str, Any] | None = None,
    message_structure: str | None = None,
    **_fifo: Any,
) -> None:
    """Call a function with the message, if the subscription's filter policy wants it."""
    matcher = subscription._filter_policy_matcher
    if matcher is not None and not matcher.matches(message_attributes, message):
        return
    if message_structure == "json":
        message = subscription._parse_message_structure(message, "lambda")
    posted = subscription.get_post_data(message, message_id, subject, message_attributes)
    sns = {_NAMES.get(name, name): value for name, value in posted.items()}
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription.arn,
        "Sns": {"Subject": None, "MessageAttributes": {}, **sns},
    }
    content = json.dumps({"Records": [record]})
    destinations.send(subscription.endpoint, content, _sender(subscription))
