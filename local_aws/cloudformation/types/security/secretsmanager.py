"""AWS Secrets Manager's secrets."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

from local_aws.cloudformation.resources.resource_types import (
    Answer,
    ApiCall,
    Change,
    Made,
    Naming,
    ResourceType,
    Steps,
    call,
    one,
    retag,
    without,
)

_SECRET = ("GenerateSecretString", "SecretString")


def _secret(change: Change) -> Generator[ApiCall | Made, Answer, dict[str, Any]]:
    """The secret's value: the given one, or a random password, alone or in its template."""
    generate = change.properties.get("GenerateSecretString")
    if generate is None:
        return {"SecretString": change.properties.get("SecretString")}
    wanted = without(generate, "GenerateStringKey", "SecretStringTemplate")
    answer = yield call("secretsmanager", "GetRandomPassword", wanted)
    password = answer["RandomPassword"]
    if "SecretStringTemplate" not in generate:
        return {"SecretString": password}
    template = json.loads(generate["SecretStringTemplate"])
    return {"SecretString": json.dumps({**template, generate["GenerateStringKey"]: password})}


def _create(change: Change) -> Steps:
    secret = yield from _secret(change)
    replicas = change.items("ReplicaRegions") or None
    named = {"Name": change.name, "AddReplicaRegions": replicas, **secret}
    wanted = {**change.properties, **named}
    arn = (yield call("secretsmanager", "CreateSecret", wanted))["ARN"]
    yield Made(arn, {"Id": arn})


def _update(change: Change) -> Steps:
    settings = change.changed(["Description", "KmsKeyId"])
    if change.changed(_SECRET):
        settings |= yield from _secret(change)
    if settings:
        texts = {name: "" if value is None else value for name, value in settings.items()}
        wanted = {"SecretId": change.physical_id, **texts}
        yield call("secretsmanager", "UpdateSecret", wanted)
    yield from _replicate(change)
    secret = {"SecretId": change.physical_id}
    yield from retag("secretsmanager", secret, change)


def _replicate(change: Change) -> Steps:
    secret = {"SecretId": change.physical_id}
    gone = [replica["Region"] for replica in change.gone("ReplicaRegions")]
    if gone:
        wanted = {**secret, "RemoveReplicaRegions": gone}
        yield call("secretsmanager", "RemoveRegionsFromReplication", wanted)
    if change.new("ReplicaRegions"):
        wanted = {**secret, "AddReplicaRegions": change.new("ReplicaRegions")}
        yield call("secretsmanager", "ReplicateSecretToRegions", wanted)


def _delete(change: Change) -> Steps:
    wanted = {"SecretId": change.physical_id, "ForceDeleteWithoutRecovery": True}
    yield call("secretsmanager", "DeleteSecret", wanted)


_PUT_POLICY = one("secretsmanager", "PutResourcePolicy", ref="ARN", attributes={"Id": "ARN"})


TYPES = (
    ResourceType(
        name="AWS::SecretsManager::Secret",
        properties=(*_SECRET, "Description", "KmsKeyId", "Name", "ReplicaRegions", "Tags"),
        create=_create,
        update=_update,
        delete=_delete,
        naming=Naming("Name"),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::SecretsManager::ResourcePolicy",
        properties=("BlockPublicPolicy", "ResourcePolicy", "SecretId"),
        create=_PUT_POLICY,
        update=_PUT_POLICY,
        delete=one("secretsmanager", "DeleteResourcePolicy", SecretId="physical_id"),
    ),
)
