"""A process that ends with its last line owes nobody anything."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest


def ran(main: str, **options: object) -> subprocess.CompletedProcess[str]:
    """A process that runs the function `main` alone; at Python's own exit it says `not at once`."""
    program = (
        "import atexit, multiprocessing, os, pathlib, sys, tempfile, threading, time, weakref\n"
        "from lab_steps.process import run_alone\n"
        "class Last:\n    def __del__(self): os.write(2, b'not at once')\n"
        f"last = Last()\n{textwrap.dedent(main)}\nrun_alone(main)\n"
    )
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-c", program],
        **{"capture_output": True, "text": True, "timeout": 60, **options},
    )


@pytest.mark.parametrize("code", [0, 1, 3, 130])
def test_it_keeps_the_exit_code_and_writes_what_was_printed(code: int) -> None:
    done = ran(f"""
        def main():
            sys.stdout.write("the last line, without an end")
            return {code}
    """)
    assert (done.returncode, done.stdout, done.stderr) == (
        code,
        "the last line, without an end",
        "",
    )


def test_what_waits_for_the_exit_runs_before_it(tmp_path: Path) -> None:
    done = ran(f"""
        def later():
            time.sleep(0.2)
            print("thread", flush=True)

        def main():
            global scratch
            scratch = tempfile.TemporaryDirectory(dir={str(tmp_path)!r})
            pathlib.Path(scratch.name, "file").write_text("")
            threading.Thread(target=later).start()
            atexit.register(print, "registered")
            return 4
    """)
    assert (done.returncode, done.stdout) == (4, "thread\nregistered\n")
    assert list(tmp_path.iterdir()) == []


def test_child_processes_have_ended_before_it() -> None:
    done = ran("""
        def child():
            time.sleep(0.2)
            os.write(1, b"child")

        def main():
            multiprocessing.get_context("fork").Process(target=child).start()
            return 0
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "child", "")


def test_an_exit_by_a_signal_is_as_quick() -> None:
    done = ran("""
        def main():
            sys.stdout.write("the last line")
            sys.exit(143)
    """)
    assert (done.returncode, done.stdout, done.stderr) == (143, "the last line", "")


def test_a_signal_is_heard_after_what_must_be_whole() -> None:
    done = ran("""
        def main():
            import signal
            from lab_steps.process import signals_later

            try:
                with signals_later(signal.SIGINT):
                    signal.raise_signal(signal.SIGINT)
                    print("whole")
                print("not reached")
            except KeyboardInterrupt:
                print("heard")
            return 0
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "whole\nheard\n", "")


def test_what_it_raises_is_told_as_by_any_program() -> None:
    done = ran("""
        def main():
            raise ValueError("of main")
    """)
    assert done.returncode == 1
    assert "ValueError: of main" in done.stderr


def test_what_cannot_be_written_is_told_as_by_any_program() -> None:
    with Path("/dev/full").open("w") as full:
        done = ran(
            """
            def main():
                print("more than the disk takes")
                return 0
            """,
            capture_output=False,
            stdout=full,
            stderr=subprocess.PIPE,
            env={key: each for key, each in os.environ.items() if key != "PYTHONUNBUFFERED"},
        )
    assert done.returncode == 120
    assert "No space left on device" in done.stderr
