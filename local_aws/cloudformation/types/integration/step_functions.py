"""AWS Step Functions' state machines."""

from __future__ import annotations

import re

from local_aws.cloudformation.language.values import text
from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
    Naming,
    Properties,
    ResourceType,
    Steps,
    call,
    one,
    retag,
    without,
)

_DEFAULTS: Properties = {
    "EncryptionConfiguration": {"Type": "AWS_OWNED_KEY"},
    "LoggingConfiguration": {"Level": "OFF"},
    "TracingConfiguration": {"Enabled": False},
}
"""What an update sends if a property is no longer given."""


def _definition(properties: Properties) -> str:
    """The definition, with its `${NAME}`s replaced."""
    given = properties.get("DefinitionString")
    definition = text(properties.get("Definition", "") if given is None else given)
    values = properties.get("DefinitionSubstitutions") or {}
    return re.sub(
        r"\$\{([A-Za-z0-9_-]+)\}",
        lambda match: text(values.get(match[1], match[0])),
        definition,
    )


def _create(change: Change) -> Steps:
    wanted = {
        **without(change.properties, "Definition"),
        "definition": _definition(change.properties),
        "name": change.name,
        "type": change.properties.get("StateMachineType"),
    }
    arn = (yield call("stepfunctions", "CreateStateMachine", wanted))["stateMachineArn"]
    attributes = {"Arn": arn, "Name": change.name, "StateMachineRevisionId": "INITIAL"}
    yield Made(arn, attributes)


def _update(change: Change) -> Steps:
    wanted = {
        **{name: _DEFAULTS[name] for name in change.changed(_DEFAULTS)},
        **without(change.properties, "Definition"),
        "definition": _definition(change.properties),
        "stateMachineArn": change.physical_id,
    }
    answer = yield call("stepfunctions", "UpdateStateMachine", wanted)
    attributes = {"Arn": change.physical_id, "Name": change.name}
    revision = answer.get("revisionId")
    if revision:
        attributes["StateMachineRevisionId"] = revision
    yield Made(change.physical_id, attributes)
    arn = {"resourceArn": change.physical_id}
    yield from retag("stepfunctions", arn, change)


TYPES = (
    ResourceType(
        name="AWS::StepFunctions::StateMachine",
        properties=(
            *_DEFAULTS,
            "Definition",
            "DefinitionString",
            "DefinitionSubstitutions",
            "RoleArn",
            "StateMachineName",
            "StateMachineType",
            "Tags",
        ),
        create=_create,
        update=_update,
        delete=one("stepfunctions", "DeleteStateMachine", stateMachineArn="physical_id"),
        naming=Naming("StateMachineName", longest=80),
    ),
)
