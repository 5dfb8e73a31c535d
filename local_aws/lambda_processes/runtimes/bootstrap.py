"""Runs one invocation of a Python function: `bootstrap.py REQUEST_FILE RESULT_FILE`.

The request is `{"handler": ..., "event": ..., "context": {...}}`; the result file becomes
`{"result": ...}` or `{"error": {"errorMessage", "errorType", "stackTrace"}}`. The function's log is
what the handler prints.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any


class LambdaContext:
    """The context object of AWS Lambda's Python programming model."""

    identity = None
    client_context = None

    def __init__(self, settings: dict[str, Any]) -> None:
        self._deadline = time.monotonic() + float(settings.pop("timeout"))
        self.function_name: str = settings["function_name"]
        self.function_version: str = settings["function_version"]
        self.invoked_function_arn: str = settings["invoked_function_arn"]
        self.memory_limit_in_mb: str = settings["memory_limit_in_mb"]
        self.aws_request_id: str = settings["aws_request_id"]
        self.log_group_name: str = settings["log_group_name"]
        self.log_stream_name: str = settings["log_stream_name"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is stopped."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))

    def log(self, message: str) -> None:
        sys.stdout.write(message)


class _StartError(Exception):
    """The handler cannot be found; `args` are Lambda's error type and message."""


def _handler(name: str) -> Callable[[Any, LambdaContext], Any]:
    module_name, _, function_name = name.rpartition(".")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise _StartError("Runtime.ImportModuleError", message) from error
    handler: Callable[[Any, LambdaContext], Any] | None = getattr(module, function_name, None)
    if handler is None:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise _StartError("Runtime.HandlerNotFound", message)
    return handler


def _run(request: dict[str, Any]) -> dict[str, Any]:
    try:
        handler = _handler(request["handler"])
        result = handler(request["event"], LambdaContext(request["context"]))
        json.dumps(result)
    except _StartError as error:
        kind, message = error.args
        sys.stdout.write(f"[ERROR] {kind}: {message}\n")
        return {"error": {"errorMessage": message, "errorType": kind, "stackTrace": []}}
    except Exception as error:  # noqa: BLE001 - reported as in Lambda
        import traceback

        trace = traceback.format_exc()
        sys.stdout.write(f"[ERROR] {type(error).__name__}: {error}\n{trace}")
        frames = traceback.format_tb(error.__traceback__)[1:]
        kind, message = type(error).__name__, str(error)
        return {"error": {"errorMessage": message, "errorType": kind, "stackTrace": frames}}
    return {"result": result}


def main() -> None:
    """Run the handler of the code in LAMBDA_TASK_ROOT."""
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    answer = _run(request)
    sys.stdout.flush()
    with open(sys.argv[2], "w", encoding="utf-8") as result:
        result.write(json.dumps(answer))


if __name__ == "__main__":
    main()
