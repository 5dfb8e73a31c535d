"""From a call to its CloudTrail record: the JSON object of a log file.

Keys are in CloudTrail's own order. `requestParameters` and `responseElements` are always present,
and null if empty. Everything else is absent if empty.
Sources: UG/cloudtrail-event-reference-record-contents, and 35,058 real records.
"""

from __future__ import annotations

from typing import Any

from cloudtrail.compact_json import to_json
from cloudtrail.records import data_events
from cloudtrail.records.by_service import s3
from cloudtrail.records.calls import Call, CallError, Record
from cloudtrail.records.errors import error_fields, is_denied, is_rejected
from cloudtrail.records.identity import calling_service, is_from_console, timestamp, user_identity
from cloudtrail.records.operations import S3_SERVICES, Operation, operation_facts
from cloudtrail.records.service_models import endpoint
from cloudtrail.records.services import EVENT_VERSION, event_source, is_read_only, tls_details

__all__ = [
    "is_recorded",
    "minimal_record_of",
    "needs_output",
    "record_of",
]

MAX_ELEMENTS = 100 * 1024
"""If requestParameters or responseElements have more bytes of JSON, they are left out."""

MAX_TEXT = 1024
"""userAgent, errorCode and errorMessage are cut to this many characters."""


def record_of(call: Call) -> Record:
    """The record that CloudTrail makes of a call, with keys in CloudTrail's order."""
    facts = operation_facts(call.service, call.operation)
    host, region = endpoint(call.service, call.region)
    service = calling_service(call.identity)
    rejected = is_rejected(call)
    record: Record = {
        "eventVersion": facts.event_version,
        "userIdentity": user_identity(call.identity, facts.event_version),
        "eventTime": timestamp(call.time),
        "eventSource": facts.event_source,
        "eventName": facts.denied_event_name if is_denied(call) else facts.event_name,
        "awsRegion": region,
        "sourceIPAddress": service or call.source_ip_address,
        "userAgent": service or _user_agent(call),
    }
    if call.error is not None:
        failed = error_fields(call, call.error, facts)
        record |= {name: text[:MAX_TEXT] for name, text in failed.items()}
    record["requestParameters"] = _request_parameters(call, facts, rejected)
    record["responseElements"] = _response_elements(call, facts)
    additional = facts.additional(call) if facts.additional is not None else None
    if additional is not None:
        record["additionalEventData"] = additional
    record["requestID"] = call.request_id
    record["eventID"] = call.event_id
    record["readOnly"] = facts.read_only
    _add_resources(record, call, facts, rejected)
    record["eventType"] = "AwsApiCall"
    if facts.api_version is not None and not rejected:
        record["apiVersion"] = facts.api_version
    record["managementEvent"] = not facts.is_data
    record["recipientAccountId"] = call.account_id
    if call.shared_event_id is not None:
        record["sharedEventID"] = call.shared_event_id
    record["eventCategory"] = facts.category
    if service is None and not facts.is_behind_gateway:
        record["tlsDetails"] = tls_details(call.service, _host(call, host))
    if is_from_console(call.identity) and not facts.is_s3:  # S3's console has none
        record["sessionCredentialFromConsole"] = "true"
    return record


def minimal_record_of(call: Call) -> Record:
    """What every record has. The call's parameters and headers are not read."""
    kind = data_events.resource_type(call.service, call.operation)
    record: Record = {
        "eventVersion": EVENT_VERSION,
        "userIdentity": user_identity(call.identity, EVENT_VERSION),
        "eventTime": timestamp(call.time),
        "eventSource": event_source(call.service),
        "eventName": call.operation,
        "awsRegion": call.region[:MAX_TEXT],
        "sourceIPAddress": call.source_ip_address,
        "userAgent": call.user_agent[:MAX_TEXT],
    }
    if call.error is not None:
        record |= {"errorCode": call.error.code[:MAX_TEXT]}
    record |= {
        "requestParameters": None,
        "responseElements": None,
        "requestID": call.request_id,
        "eventID": call.event_id,
        "readOnly": is_read_only(call.service, call.operation),
        "eventType": "AwsApiCall",
        "managementEvent": kind is None,
        "recipientAccountId": call.account_id,
        "eventCategory": "Management" if kind is None else "Data",
    }
    return record if kind is None else record | {"resources": [{"type": kind}]}


def needs_output(service: str, operation: str) -> bool:
    """Whether the response's body must be parsed for a record.

    False for reads, data events, operations without output, and S3 (whose records are made from
    headers).
    """
    return operation_facts(service, operation).needs_output


def is_recorded(service: str, operation: str) -> bool:
    """Whether CloudTrail has an event for the operation, management or data."""
    return data_events.is_recorded(service, operation)


def _user_agent(call: Call) -> str:
    """The client's user agent, which S3 puts in brackets (70 of 70 real records)."""
    agent = call.user_agent[:MAX_TEXT]
    return f"[{agent}]" if call.service in S3_SERVICES else agent


def _request_parameters(call: Call, facts: Operation, rejected: bool) -> dict[str, Any] | None:
    if rejected and not facts.keeps_parameters_when_denied:
        return None
    return _within_limit(facts.request(call))


def _response_elements(call: Call, facts: Operation) -> dict[str, Any] | None:
    if call.error is not None:
        return _refusal(call.error) if facts.is_behind_gateway and not facts.read_only else None
    if not facts.records_output:
        return None
    return _within_limit(facts.response(call))


def _refusal(error: CallError) -> dict[str, Any] | None:
    return {"message": error.message} if error.message else None


def _within_limit(elements: dict[str, Any] | None) -> dict[str, Any] | None:
    """The object, or None if it is empty or larger than CloudTrail keeps."""
    if not elements or len(to_json(elements)) > MAX_ELEMENTS:
        return None
    return elements


def _add_resources(record: Record, call: Call, facts: Operation, rejected: bool) -> None:
    """Add `resources`, for services whose records have them.

    A rejected management call has none. A data event always has its resource's type: selectors
    choose events by it.
    """
    is_denied_management = rejected and not facts.is_data and not facts.is_s3
    if facts.resources is None or is_denied_management:
        return
    resources = facts.resources(call)
    if not resources and facts.resource_type is not None:
        resources = [{"accountId": call.account_id, "type": facts.resource_type}]
    if resources:
        record["resources"] = resources


def _host(call: Call, host: str) -> str:
    return s3.host(call) if call.service in S3_SERVICES else host
