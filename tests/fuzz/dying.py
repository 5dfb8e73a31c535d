"""`python -m tests.fuzz.dying MOMENT VERB ...`: the lab's command line, killed at a moment.

Moments are counted, not timed: a request is about to be sent, a file of the state directory to be
opened or renamed. At the MOMENTth the process ends by SIGKILL. With MOMENT 0 it ends by itself
and writes the number of its moments to the file `moments` in the state directory.
"""

from __future__ import annotations

import atexit
import itertools
import os
import signal
import sys
from pathlib import Path
from typing import Any

HERE = os.environ["LAB_STATE_DIR"]


def die_at(moment: int) -> None:
    """Count moments from now on."""
    passed = itertools.count(1)

    def on_event(event: str, arguments: tuple[Any, ...]) -> None:
        of_state = event in {"open", "os.rename"} and str(arguments[0]).startswith(HERE)
        if (of_state or event == "http.client.send") and next(passed) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(on_event)
    if not moment:
        atexit.register(lambda: Path(HERE, "moments").write_text(str(next(passed)), "ascii"))


if __name__ == "__main__":
    from lab_steps.__main__ import main

    die_at(int(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
