"""Keeps the log of the local AWS small, whatever clients send.

The same place in the code is logged in full a few times, and then only counted. Text from clients
is shortened, and made harmless for terminals.
"""

from __future__ import annotations

import io
import logging
import threading
import traceback
from collections import Counter

TOLD = 10
"""How many messages of a place are logged in full; then those at 100, 1,000, 10,000, ..."""
LONGEST_MESSAGE = 2_000
LONGEST_TRACEBACK = 20_000

Place = tuple[str, int, type[BaseException] | None, str, int]


class Bounded(logging.Filter):
    """Passes the first messages of each place in the code, and then those at powers of ten.

    Only the first one has a traceback. So the log grows with the code that can fail, and not with
    the requests.
    """

    def __init__(self) -> None:
        super().__init__()
        self._seen: Counter[Place] = Counter()
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write a record, which is shortened and made legible in place."""
        place = _place(record)
        with self._lock:
            self._seen[place] += 1
            times = self._seen[place]
        if times > TOLD and not _is_power_of_ten(times):
            return False
        message = _shortened(record.getMessage(), LONGEST_MESSAGE)
        if record.exc_info and times > 1:
            message += f" ({record.exc_info[1]!r:.200}; its traceback is further above)"
            record.exc_info = record.exc_text = None
        elif record.exc_info:
            trace = "".join(traceback.format_exception(record.exc_info[1])).rstrip()
            record.exc_text = _shortened(trace, LONGEST_TRACEBACK)
        if times >= TOLD:
            message += f" (the {times}th such message; next at {10 ** len(str(times))})"
        record.msg, record.args = message, None
        return True


class Printed(io.TextIOBase):
    """Standard output for libraries that print (moto does): each line goes to the log."""

    def write(self, text: str) -> int:
        """Log a line, with the place in the code that printed it."""
        if text.strip():
            logging.getLogger("local_aws").warning("%s", text.rstrip(), stacklevel=2)
        return len(text)


def _place(record: logging.LogRecord) -> Place:
    """Where the message comes from, and where and with what its exception was raised."""
    kind, _, trace = record.exc_info or (None, None, None)
    file, line = "", 0
    while trace is not None:
        file, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
    return record.pathname, record.lineno, kind, file, line


def _is_power_of_ten(number: int) -> bool:
    return str(number).strip("0") == "1"


def _shortened(text: str, longest: int) -> str:
    if len(text) > longest:
        text = f"{text[:longest]}... ({len(text)} characters)"
    legible = (each if each.isprintable() or each == "\n" else ascii(each)[1:-1] for each in text)
    return "".join(legible)
