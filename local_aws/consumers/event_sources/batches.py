"""Batches of a mapping: the records that pass its filters, and its function's response.

Source: AWS Lambda Developer Guide, "Control which events Lambda sends to your function" and
"Handling errors for an SQS event source", "... Kinesis" (`ReportBatchItemFailures`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from local_aws.consumers.event_bridge.patterns import InvalidEventPattern, compile_event_pattern

if TYPE_CHECKING:
    from moto.awslambda.models import EventSourceMapping

__all__ = ["BatchResponse", "ask", "check_filters", "is_on", "is_wanted", "parsed"]

Record = Mapping[str, Any]


class BatchResponse(Struct, frozen=True):
    """A function's response to a batch: `failed` are the identifiers of the records that failed."""

    failed: frozenset[str]
    error: bool
    """Whether the function itself failed, instead of reporting failed records."""


def is_on(mapping: EventSourceMapping) -> bool:
    """Whether the mapping polls: it is enabled and not deleted."""
    from moto.awslambda.models import lambda_backends

    backend = lambda_backends[mapping.account_id][mapping.region]
    return bool(mapping.enabled) and mapping.uuid in backend._event_source_mappings


def check_filters(criteria: Mapping[str, Any] | None) -> None:
    """Raise Lambda's InvalidParameterValueException for an invalid filter."""
    from moto.awslambda.exceptions import InvalidParameterValueException

    try:
        for pattern in _patterns(criteria):
            compile_event_pattern(pattern)
    except InvalidEventPattern as error:
        raise InvalidParameterValueException("Invalid filter pattern definition.") from error


def is_wanted(mapping: EventSourceMapping, record: Record) -> bool:
    """Whether a record passes one of the mapping's filters, or there are none."""
    patterns = _patterns(mapping.filter_criteria)
    return not patterns or any(compile_event_pattern(each)(record) for each in patterns)


def _patterns(criteria: Mapping[str, Any] | None) -> list[str]:
    return [str(each.get("Pattern")) for each in (criteria or {}).get("Filters") or ()]


def parsed(text: str) -> Any:
    """A record's data as filters see it: parsed if it is a JSON object or list, else text."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, dict | list) else text


def ask(
    mapping: EventSourceMapping, records: Sequence[Record], identifiers: Iterable[str]
) -> BatchResponse:
    """Call the function with a batch, and return its response."""
    from moto.awslambda.models import lambda_backends

    headers: dict[str, Any] = {}
    said = lambda_backends[mapping.account_id][mapping.region].invoke(
        function_name=mapping.function_arn,
        qualifier=None,
        body=json.dumps({"Records": records}),
        headers={},
        response_headers=headers,
    )
    every = frozenset(identifiers)
    if "x-amz-function-error" in headers:
        return BatchResponse(every, error=True)
    if "ReportBatchItemFailures" not in (mapping.function_response_types or ()):
        return BatchResponse(frozenset(), error=False)
    return BatchResponse(_failed(said, every), error=False)


def _failed(said: Any, every: frozenset[str]) -> frozenset[str]:
    """The records that failed; all of them if the answer has the wrong form."""
    try:
        answer = json.loads(said or b"null")
        listed = answer.get("batchItemFailures") if isinstance(answer, dict) else answer
        failed = frozenset(each["itemIdentifier"] for each in listed or ())
    except (ValueError, TypeError, KeyError):
        return every
    return failed if every.issuperset(failed) else every
