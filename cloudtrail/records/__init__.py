"""From a call to its CloudTrail record.

    record.py                 the record of a call
    errors.py                 `errorCode` and `errorMessage`
    operations.py             what all records of an operation share
    additional_event_data.py  `additionalEventData`
    resources.py              `resources`: what a call touched
    other_event_types/        records of what is no API call, such as signing in
    cross_account.py          calls that two accounts record
    by_service/               what is special about single services
    naming.py                 the keys of requestParameters and responseElements
    dates.py                  dates in them
    redaction.py              what AWS hides in them
    data_events.py            which operations are data events
    services.py               what differs between services: names, versions, reads, `tlsDetails`
    service_models.py         botocore's models of services
    calls.py                  a call as an endpoint saw it, and its parameters
    identity.py               `userIdentity`

Imports go down this list.
"""
