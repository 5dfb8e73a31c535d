"""What goes wrong with a request to Athena, and with a query.

InvalidRequest      the API's InvalidRequestException
QueryStopped        ends a query: its state and its StateChangeReason
+-- QueryFailed     FAILED
+-- ScanCutOff      CANCELLED by the workgroup's BytesScannedCutoffPerQuery
"""

from __future__ import annotations

from moto.core.exceptions import JsonRESTError


class InvalidRequest(JsonRESTError):
    """The request names what is not there, or comes at the wrong time."""

    code = 400

    def __init__(self, message: str) -> None:
        super().__init__("InvalidRequestException", message)


class QueryStopped(Exception):
    """Ends a query; the text is its StateChangeReason."""

    state = "CANCELLED"


class QueryFailed(QueryStopped):
    """The statement, a table or a file cannot be used."""

    state = "FAILED"


class ScanCutOff(QueryStopped):
    """The query scans more than its workgroup lets it."""

    def __init__(self) -> None:
        super().__init__("Bytes scanned limit was exceeded")
