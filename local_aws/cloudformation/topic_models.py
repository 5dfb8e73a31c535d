"""`AWS::SNS::TopicPolicy`, through moto's SNS backend."""

from __future__ import annotations

import json
from typing import Any

from moto.sns.models import Topic, sns_backends

from local_aws.cloudformation.local_models import LocalModel


class TopicPolicy(LocalModel):
    """One policy for a list of topics; deleting it gives them SNS's default back."""

    @staticmethod
    def cloudformation_type() -> str:
        """AWS::SNS::TopicPolicy."""
        return "AWS::SNS::TopicPolicy"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> TopicPolicy:
        """Put the policy on every topic."""
        _put(cloudformation_json["Properties"], account_id, region_name)
        return cls(resource_name)

    @staticmethod
    def replaces(current: dict[str, Any], wanted: dict[str, Any]) -> bool:
        """A policy for other topics is another resource."""
        return bool(current["Topics"] != wanted["Topics"])

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: TopicPolicy,
        new_resource_name: str,  # noqa: ARG003 - moto's interface
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> TopicPolicy:
        """Put the policy in place of the old one."""
        _put(cloudformation_json["Properties"], account_id, region_name)
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,  # noqa: ARG003 - moto's interface
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> None:
        """Give every topic its default policy."""
        for topic in _topics(cloudformation_json["Properties"], account_id, region_name):
            topic._policy_json = topic._create_default_topic_policy(
                region_name, account_id, topic.name
            )


def _put(properties: dict[str, Any], account_id: str, region_name: str) -> None:
    document = properties["PolicyDocument"]
    for topic in _topics(properties, account_id, region_name):
        topic.policy = document if isinstance(document, str) else json.dumps(document)


def _topics(properties: dict[str, Any], account_id: str, region_name: str) -> list[Topic]:
    backend = sns_backends[account_id][region_name]
    return [backend.get_topic(arn) for arn in properties["Topics"]]


HANDLERS = (TopicPolicy,)
