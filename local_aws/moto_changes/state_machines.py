"""moto's interpreter of state machines calls this server, in a session of the machine's role.

It runs if moto is told to (`POST /moto-api/config`, `stepfunctions.execute_state_machine`). By
itself, it looks for the services at MOTO_PORT, with keys that were never issued.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from cloudtrail.partitions import arn_parts
from cloudtrail.records.identity import AssumedRole, OnBehalfOf
from local_aws.moto_changes.access.sessions import key_for
from local_aws.moto_changes.patching import MotoChange, change_on_first_use

_INTERPRETER = "moto.stepfunctions.parser."
_STATES = "states.amazonaws.com"


def install(patches: ExitStack, endpoint_url: str) -> None:
    """Let state machines call `endpoint_url` until `patches` is closed."""

    def calling_here(ask_moto: Any) -> Any:
        @functools.wraps(ask_moto)
        def get_backend(account_id: str, region: str) -> Any:
            backend = ask_moto(account_id, region)
            _call_here(patches, endpoint_url)
            return backend

        return get_backend

    why = "moto's interpreter looks for the services at MOTO_PORT, or 5000."
    change = MotoChange("moto.stepfunctions.responses", "get_backend", calling_here, why)
    change_on_first_use(patches, (change,))


def _call_here(patches: ExitStack, endpoint_url: str) -> None:
    """Replace the function in each module of the interpreter that has been loaded."""
    for name, module in list(sys.modules.items()):
        if name.startswith(_INTERPRETER):
            found = vars(module).get("boto_client_for")
            if found is not None and not isinstance(found, _ClientsHere):
                here = _ClientsHere(found, endpoint_url)
                patches.enter_context(patch.object(module, "boto_client_for", here))


class _ClientsHere:
    """Makes clients of this server. Step Functions makes their calls, in the role's session."""

    def __init__(self, ask_moto: Callable[..., Any], endpoint_url: str) -> None:
        self._ask_moto = ask_moto
        self._endpoint_url = endpoint_url

    def __call__(self, region: str, service: str, state_credentials: Any = None) -> Any:
        import boto3

        client = self._ask_moto(region=region, service=service)
        keys = _keys(state_credentials.role_arn) if state_credentials else {}
        session = boto3.Session(region_name=region, **keys)
        return session.client(  # type: ignore[call-overload]
            service, endpoint_url=self._endpoint_url, config=client.meta.config
        )


def _keys(role_arn: str) -> dict[str, Any]:
    """Keys of a session of the role, as arguments of boto3's Session."""
    from moto.iam.models import iam_backends

    partition, _, _, account, _ = arn_parts(role_arn)
    name = role_arn.rpartition("/")[2]
    roles = iam_backends[account][partition].roles.values()
    role_id = next((each.id for each in roles if each.name == name), "AROAUNKNOWN")

    def begin(key_id: str) -> OnBehalfOf:
        session = key_id[-16:]
        return OnBehalfOf(
            AssumedRole(
                account_id=account,
                arn=f"arn:{partition}:sts::{account}:assumed-role/{name}/{session}",
                principal_id=f"{role_id}:{session}",
                access_key_id=key_id,
                role_arn=role_arn,
                role_id=role_id,
                role_name=name,
                session_created=datetime.now(UTC),
            ),
            _STATES,
        )

    given = key_for(account, partition, begin)
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
