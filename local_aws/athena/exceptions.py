"""What ends a query.

QueryStopped        ends a query: its state and its StateChangeReason
+-- QueryFailed     FAILED
|   +-- Exhausted   FAILED: it needs more memory or time than a query may take here
+-- ScanCutOff      CANCELLED by the workgroup's BytesScannedCutoffPerQuery
"""

from __future__ import annotations


class QueryStopped(Exception):
    """Ends a query; the text is its StateChangeReason."""

    state = "CANCELLED"


class QueryFailed(QueryStopped):
    """The statement, a table or a file cannot be used."""

    state = "FAILED"


class Exhausted(QueryFailed):
    """The query needs more than it may use; `what` says which limit it exceeds."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Query exhausted resources at this scale factor: {what}")


class ScanCutOff(QueryStopped):
    """The query scans more than its workgroup lets it."""

    def __init__(self) -> None:
        super().__init__("Bytes scanned limit was exceeded")
