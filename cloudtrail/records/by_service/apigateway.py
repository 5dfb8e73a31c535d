"""API Gateway's records of REST APIs: what the path names, and separately the body.

Source: real records of CreateStage and TagResource, and the API Gateway Developer Guide,
"Log calls to API Gateway APIs with CloudTrail".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.model import OperationModel

from cloudtrail.records.calls import Call
from cloudtrail.records.naming import first_lower


def request_parameters(
    call: Call, model: OperationModel, convert: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """The path's parameters, the body as `<operation>Input`, and `template`."""
    shape = model.input_shape
    assert shape is not None
    in_body = {
        name for name, inner in shape.members.items() if "location" not in inner.serialization
    }
    body = {name: value for name, value in call.parameters.items() if name in in_body}
    rest = {name: value for name, value in call.parameters.items() if name not in in_body}
    found = convert(rest)
    if body:
        found[f"{first_lower(model.name)}Input"] = convert(body)
    return found | {"template": False}
