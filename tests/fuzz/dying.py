"""`python -m tests.fuzz.dying MOMENT VERB ...`: the lab's command line, killed at a moment.

Moments are counted, not timed: a request is about to be sent, a file of the state directory to be
opened or renamed. At the MOMENTth the process ends by SIGKILL. `before:N` and `after:N` are the
Nth call that changes something: it is about to be sent, or just answered. With MOMENT 0 it ends by
itself and writes how many moments and such calls it had to the file `moments` in the state
directory.
"""

from __future__ import annotations

import atexit
import itertools
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

HERE = os.environ.get("LAB_STATE_DIR", "")
CHANGING = re.compile(r"(?:Create|Delete|Execute|Put|Start|Stop|Update|Tag)\w+")
"""Names of operations that change something."""

BEFORE, AFTER = "before", "after"


def die_at(moment: str) -> None:
    """Count moments, and calls that change something, from now on."""
    passed, called = itertools.count(1), itertools.count(1)

    def on_event(event: str, arguments: tuple[Any, ...]) -> None:
        of_state = event in {"open", "os.rename"} and str(arguments[0]).startswith(HERE)
        if (of_state or event == "http.client.send") and str(next(passed)) == moment:
            _die()

    sys.addaudithook(on_event)
    _around_calls(called, moment)
    if moment == "0":
        counted = Path(HERE, "moments")
        atexit.register(lambda: counted.write_text(f"{next(passed)} {next(called)}", "ascii"))


def _around_calls(called: itertools.count[int], moment: str) -> None:
    """Die around the wire of botocore, whoever makes the call."""
    from botocore.httpsession import URLLib3Session

    send: Any = URLLib3Session.send

    def sent(self: Any, request: Any) -> Any:
        number = next(called) if CHANGING.fullmatch(_operation(request)) else 0
        if moment == f"{BEFORE}:{number}":
            _die()
        answer = send(self, request)
        if moment == f"{AFTER}:{number}":
            _die()
        return answer

    URLLib3Session.send = sent  # type: ignore[method-assign]


def _operation(request: Any) -> str:
    """The operation that a request of a JSON or query protocol names; else a word for its method:
    with REST, only methods other than GET, HEAD and POST change something here."""
    target, body = request.headers.get("X-Amz-Target"), request.body
    if target:
        return str(target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
    named = re.search(r"(?:^|&)Action=(\w+)", body.decode() if isinstance(body, bytes) else "")
    return named[1] if named else {"PUT": "PutIt", "DELETE": "DeleteIt"}.get(request.method, "Get")


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    from lab_steps.__main__ import main

    die_at(sys.argv[1])
    sys.exit(main(sys.argv[2:]))
