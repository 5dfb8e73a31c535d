"""AWS Lambda without Docker: a function's code runs as a local process.

Python functions run under the local AWS's own interpreter, whatever version their runtime names
(boto3 is there, as in Lambda). Node functions run under the Node of the virtual environment or the
PATH, with the clients of the AWS SDK v3 that npm installed. Other runtimes fail the invocation. The
process is not a sandbox: only run code that you would run yourself.

When the invocation ends, so does the process with everything that it started: see
`runtimes/supervisor.py`. After `refuse`, no function runs at all.

CloudFormation always invokes functions this way. The Invoke API and event sources do if moto would
need Docker and no Docker daemon answers. moto's `use_docker: False` is unchanged.
"""

from __future__ import annotations

import base64
import functools
import json
import logging
import os
import shutil
import stat
import sys
import tempfile
import time
import uuid
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from msgspec import Struct

from cloudtrail.partitions import arn_of
from local_aws.first_use import on_first_use, uses_of
from local_aws.lambda_processes import asynchronous, concurrency
from local_aws.lambda_processes.environment import environment_of
from local_aws.lambda_processes.processes import RUNTIMES, forks, start, watch
from local_aws.role_rights import role_allows

if TYPE_CHECKING:
    from moto.awslambda.models import LambdaFunction

__all__ = ["InvocationResult", "endpoint_url", "install", "invoke", "refuse"]

logger = logging.getLogger(__name__)

_LOG_TAIL = 4096
_MEGABYTE = 1 << 20
_LEAST_MEMORY = 1 << 30
"""Bytes that a process may use even if its function's MemorySize is smaller: an interpreter that
starts some threads asks for more than Lambda counts."""

_LARGEST_CODE = 262_144_000
_LARGEST_RESULT = 6_291_556

_REFUSED = (
    "Functions are off in this local AWS: it was started with --no-functions (or "
    "LocalAws(functions=False)), because a function is a program that runs as you. To run this "
    "one, start it without that option."
)
_endpoint_url: str | None = None
_refused = False


class InvocationResult(Struct, frozen=True):
    """How an invocation ended. `payload` is the result, or the error if it `failed`."""

    payload: bytes
    failed: bool
    log: str
    request_id: str

    @property
    def error_message(self) -> str | None:
        """The error's type and message, None if there is no error."""
        if not self.failed:
            return None
        error = json.loads(self.payload)
        return f"{error.get('errorType')}: {error.get('errorMessage')}"


class NotRun(Exception):
    """The function does not run: `kind` is Lambda's type of the error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def install(patches: ExitStack, endpoint_url: str) -> None:
    """Let functions run locally until `patches` is closed. They call `endpoint_url`."""
    patches.enter_context(patch(f"{__name__}._endpoint_url", endpoint_url))
    on_first_use(patches, uses_of("awslambda"), _install_now)


def refuse(patches: ExitStack) -> None:
    """Let no function run until `patches` is closed: no process, and no container of moto's."""
    from moto.utilities.docker_utilities import DockerModel

    def docker_client(_self: DockerModel) -> Any:
        raise NotRun("LocalAws.FunctionsAreOff", _REFUSED)

    patches.enter_context(patch(f"{__name__}._refused", True))
    patches.enter_context(patch.object(DockerModel, "docker_client", property(docker_client)))


def _install_now(patches: ExitStack) -> None:
    from moto.awslambda.models import LambdaFunction

    invoke_in_docker = LambdaFunction.invoke

    def invoke_function(
        self: LambdaFunction, body: Any, request_headers: Any, response_headers: Any
    ) -> Any:
        if not _refused and docker_answers():
            return invoke_in_docker(self, body, request_headers, response_headers)
        return _invoke_api(self, body, request_headers, response_headers)

    patches.enter_context(patch.object(LambdaFunction, "invoke", invoke_function))
    patches.callback(forks.close)


@functools.cache
def docker_answers() -> bool:
    """Whether a Docker daemon answers; asked once per process."""
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if host.startswith("unix://") and not Path(host.removeprefix("unix://")).exists():
        return False
    try:
        import docker  # type: ignore[import-untyped]
        import docker.errors  # type: ignore[import-untyped]
    except ImportError:
        return False
    try:
        return bool(docker.from_env(timeout=2).ping())
    except (docker.errors.DockerException, OSError):
        return False


def endpoint_url() -> str:
    """The URL of the local AWS. Raises RuntimeError before `install`."""
    if _endpoint_url is None:
        raise RuntimeError("local_aws.lambda_processes.functions is not installed")
    return _endpoint_url


def _invoke_api(
    function: LambdaFunction, body: Any, headers: Mapping[str, str], answer: dict[str, str]
) -> bytes | str:
    """The Invoke API: synchronous, or in the background for the type `Event`."""
    event = json.loads(body) if body else {}
    kind = headers.get("x-amz-invocation-type", "RequestResponse")
    if kind == "DryRun":
        return ""
    if kind == "Event":
        asynchronous.call_later(function, json.dumps(event))
        return ""
    outcome = invoke(function, event)
    answer["x-amz-executed-version"] = str(function.version)
    answer["x-amz-log-result"] = base64.b64encode(outcome.log.encode()[-_LOG_TAIL:]).decode()
    if outcome.failed:
        answer["x-amz-function-error"] = "Unhandled"
    return outcome.payload


def invoke(function: LambdaFunction, event: Any) -> InvocationResult:
    """Run a function once with an event, and wait for it. Its log is stored if its role may log.

    Raises Lambda's TooManyRequestsException if `concurrency.MOST` functions run already.
    """
    with concurrency.running():
        return _invoke(function, event)


def _invoke(function: LambdaFunction, event: Any) -> InvocationResult:
    request_id = str(uuid.uuid4())
    stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{uuid.uuid4().hex}"
    started = time.monotonic()
    try:
        answer, output = _run(function, event, request_id, stream)
    except NotRun as error:
        logger.warning("function %s was not run: %s", function.function_name, error)
        answer = _error(error.kind, str(error))
        output = f"{error}\n"
    milliseconds = (time.monotonic() - started) * 1000
    log = _log(function, request_id, output, milliseconds)
    _store_log(function, stream, log)
    failed = "error" in answer
    payload = json.dumps(answer["error"] if failed else answer["result"]).encode()
    return InvocationResult(payload, failed, log, request_id)


def _run(
    function: LambdaFunction, event: Any, request_id: str, stream: str
) -> tuple[dict[str, Any], str]:
    if _refused:
        raise NotRun("LocalAws.FunctionsAreOff", _REFUSED)
    command = _command(str(function.run_time))
    request = {
        "handler": function.handler,
        "event": event,
        "context": _context(function, request_id, stream),
    }
    with tempfile.TemporaryDirectory(prefix="lambda-", ignore_cleanup_errors=True) as folder:
        task, asked, result = (Path(folder, name) for name in ("task", "request", "result"))
        _unpack(function.code_bytes, task)
        asked.write_text(json.dumps(request), encoding="utf-8")
        process = start(
            [*command, str(asked), str(result)],
            task,
            environment_of(function, task, stream, endpoint_url()),
            memory=max(int(function.memory_size) * _MEGABYTE, _LEAST_MEMORY),
            storage=int(function.ephemeral_storage) * _MEGABYTE,
        )
        status, output = watch(process, float(function.timeout))
        answer = _answer(function, request_id, status, result)
    if status != "0" and "error" in answer:
        output += f"{answer['error']['errorMessage']}\n"
    return answer, output


def _answer(
    function: LambdaFunction, request_id: str, status: str | None, result: Path
) -> dict[str, Any]:
    if status is None:
        return _error(
            "Sandbox.Timedout",
            f"RequestId: {request_id} Error: Task timed out after {function.timeout:.2f} seconds",
        )
    try:
        found = result.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("the result is not a file")
        if found.st_size > _LARGEST_RESULT:
            return _error(
                "Function.ResponseSizeTooLarge",
                "Response payload size exceeded maximum allowed payload size "
                f"({_LARGEST_RESULT} bytes).",
            )
        answer: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
        if "result" not in answer and not isinstance(answer["error"], dict):
            raise ValueError("neither a result nor an error")
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return _error(
            "Runtime.ExitError",
            f"RequestId: {request_id} Error: Runtime exited with error: exit status {status}",
        )
    return answer


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"error": {"errorType": kind, "errorMessage": message}}


def _command(runtime: str) -> list[str]:
    if runtime.startswith("python3"):
        return [sys.executable, str(RUNTIMES / "bootstrap.py")]
    if runtime.startswith("nodejs"):
        return [_node(), str(RUNTIMES / "bootstrap.mjs")]
    raise NotRun(
        "Runtime.NotSupported",
        f"The local AWS runs Lambda runtimes python3.* and nodejs*, not {runtime}",
    )


def _node() -> str:
    beside_python = Path(sys.executable).with_name("node")
    node = str(beside_python) if beside_python.exists() else shutil.which("node")
    if node is None:
        message = "The local AWS found no node to run a nodejs* function"
        raise NotRun("Runtime.NotSupported", message)
    return node


def _context(function: LambdaFunction, request_id: str, stream: str) -> dict[str, Any]:
    return {
        "timeout": function.timeout,
        "function_name": function.function_name,
        "function_version": str(function.version),
        "invoked_function_arn": function.function_arn,
        "memory_limit_in_mb": str(function.memory_size),
        "aws_request_id": request_id,
        "log_group_name": function.logs_group_name,
        "log_stream_name": stream,
    }


def _unpack(code: bytes, folder: Path) -> None:
    """Unpack below the folder, whatever the names say. Raises NotRun with Lambda's messages."""
    folder.mkdir()
    archive = folder.with_name("code.zip")
    archive.write_bytes(code)
    try:
        with zipfile.ZipFile(archive) as content:
            if sum(member.file_size for member in content.infolist()) > _LARGEST_CODE:
                raise NotRun(
                    "InvalidParameterValueException",
                    f"Unzipped size must be smaller than {_LARGEST_CODE} bytes",
                )
            content.extractall(folder)
    except (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise NotRun(
            "InvalidParameterValueException",
            f"Could not unzip uploaded file. Please check your file, then try to upload again. "
            f"({type(error).__name__})",
        ) from error


def _log(function: LambdaFunction, request_id: str, output: str, milliseconds: float) -> str:
    ended = "" if not output or output.endswith("\n") else "\n"
    return (
        f"START RequestId: {request_id} Version: {function.version}\n"
        f"{output}{ended}"
        f"END RequestId: {request_id}\n"
        f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\t"
        f"Billed Duration: {int(milliseconds) + 1} ms\tMemory Size: {function.memory_size} MB\n"
    )


def _store_log(function: LambdaFunction, stream: str, log: str) -> None:
    """Write the log with the role's rights, as Lambda does: without them, there is no log or group
    (Lambda Developer Guide, "Working with Lambda function logs")."""
    logs, group = function.logs_backend, function.logs_group_name
    arn = arn_of("logs", function.region, function.account_id, f"log-group:{group}")
    if role_allows(function.role, "logs:CreateLogGroup", f"{arn}:*"):
        logs.ensure_log_group(group)
    if group not in logs.groups or not role_allows(
        function.role, "logs:CreateLogStream", f"{arn}:*"
    ):
        return
    logs.create_log_stream(group, stream)
    if role_allows(function.role, "logs:PutLogEvents", f"{arn}:log-stream:{stream}"):
        now = int(time.time() * 1000)
        lines = [{"timestamp": now, "message": line} for line in log.splitlines()]
        logs.put_log_events(group, stream, lines)
