"""AWS Lambda without Docker: a function's code runs as a local process.

Python functions run under the interpreter that runs the local AWS, whatever version their
runtime names (boto3 is there, as in Lambda); Node functions under the Node of the virtual
environment or the PATH, without an AWS SDK unless they bring one. Other runtimes fail the
invocation. The process is no sandbox: run only code that you would run yourself.

CloudFormation always invokes this way. The Invoke API and event sources do where moto would
need Docker and no Docker daemon answers; moto's `use_docker: False` stays as moto has it.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from local_aws.lambda_processes.role_rights import role_allows
from local_aws.moto_changes.first_use import on_first_use

if TYPE_CHECKING:
    from moto.awslambda.models import LambdaFunction

__all__ = ["Outcome", "endpoint_url", "install", "invoke"]

_RUNTIMES = Path(__file__).with_name("runtimes")
_LOG_TAIL = 4096
_KILLED_WITHIN = 5.0
_endpoint_url: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an invocation came to: `payload` is the result, or the error where `failed`."""

    payload: bytes
    failed: bool
    log: str
    request_id: str

    @property
    def error_message(self) -> str | None:
        """Type and message of the error, None without one."""
        if not self.failed:
            return None
        error = json.loads(self.payload)
        return f"{error.get('errorType')}: {error.get('errorMessage')}"


class UnsupportedRuntime(Exception):
    """No local process can run the function's runtime."""


def install(patches: ExitStack, endpoint_url: str) -> None:
    """Let functions run locally until `patches` is left; they call `endpoint_url`."""
    patches.enter_context(patch(f"{__name__}._endpoint_url", endpoint_url))
    on_first_use(patches, frozenset({"lambda", "awslambda", "cloudformation"}), _install_now)


def _install_now(patches: ExitStack) -> None:
    from moto.awslambda.models import LambdaFunction

    invoke_in_docker = LambdaFunction.invoke

    def invoke_function(
        self: LambdaFunction, body: Any, request_headers: Any, response_headers: Any
    ) -> Any:
        if docker_answers():
            return invoke_in_docker(self, body, request_headers, response_headers)
        return _invoke_api(self, body, request_headers, response_headers)

    patches.enter_context(patch.object(LambdaFunction, "invoke", invoke_function))


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
    """Where the local AWS answers; raises RuntimeError before `install`."""
    if _endpoint_url is None:
        raise RuntimeError("local_aws.lambda_processes.functions is not installed")
    return _endpoint_url


def _invoke_api(
    function: LambdaFunction, body: Any, headers: Mapping[str, str], answer: dict[str, str]
) -> bytes | str:
    """The Invoke API: synchronous, or in the background for `Event` (Lambda's Invoke)."""
    event = json.loads(body) if body else {}
    kind = headers.get("x-amz-invocation-type", "RequestResponse")
    if kind == "DryRun":
        return ""
    if kind == "Event":
        threading.Thread(target=invoke, args=(function, event), daemon=True).start()
        return ""
    outcome = invoke(function, event)
    answer["x-amz-executed-version"] = str(function.version)
    answer["x-amz-log-result"] = base64.b64encode(outcome.log.encode()[-_LOG_TAIL:]).decode()
    if outcome.failed:
        answer["x-amz-function-error"] = "Unhandled"
    return outcome.payload


def invoke(function: LambdaFunction, event: Any) -> Outcome:
    """Run a function once with an event, and wait for it; its log goes where its role may log."""
    request_id = str(uuid.uuid4())
    stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{uuid.uuid4().hex}"
    started = time.monotonic()
    try:
        answer, output = _run(function, event, request_id, stream)
    except UnsupportedRuntime as error:
        answer = _error("Runtime.NotSupported", str(error))
        output = f"{error}\n"
    milliseconds = (time.monotonic() - started) * 1000
    log = _log(function, request_id, output, milliseconds)
    _store_log(function, stream, log)
    failed = "error" in answer
    payload = json.dumps(answer["error"] if failed else answer["result"]).encode()
    return Outcome(payload, failed, log, request_id)


def _run(
    function: LambdaFunction, event: Any, request_id: str, stream: str
) -> tuple[dict[str, Any], str]:
    command = _command(str(function.run_time))
    request = {
        "handler": function.handler,
        "event": event,
        "context": _context(function, request_id, stream),
    }
    with tempfile.TemporaryDirectory(prefix="lambda-") as folder:
        task, result = Path(folder, "task"), Path(folder, "result.json")
        _unpack(function.code_bytes, task)
        environment = _environment(function, task, stream)
        process = subprocess.Popen(  # noqa: S603 - the function's own code is what is to run
            [*command, str(result)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=task,
            env=environment,
            start_new_session=True,
        )
        return _finish(process, json.dumps(request).encode(), result, function, request_id)


def _finish(
    process: subprocess.Popen[bytes],
    request: bytes,
    result: Path,
    function: LambdaFunction,
    request_id: str,
) -> tuple[dict[str, Any], str]:
    try:
        output, _ = process.communicate(request, timeout=float(function.timeout))
    except subprocess.TimeoutExpired:
        output = _kill(process)
        message = (
            f"RequestId: {request_id} Error: Task timed out after {function.timeout:.2f} seconds"
        )
        return _error("Sandbox.Timedout", message), f"{output.decode(errors='replace')}{message}\n"
    text = output.decode(errors="replace")
    if not result.exists():
        message = (
            f"RequestId: {request_id} Error: Runtime exited with error: "
            f"exit status {process.returncode}"
        )
        return _error("Runtime.ExitError", message), f"{text}{message}\n"
    answer: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return answer, text


def _kill(process: subprocess.Popen[bytes]) -> bytes:
    """End the process with everything it started; what it had printed comes back."""
    os.killpg(process.pid, signal.SIGKILL)
    output, _ = process.communicate(timeout=_KILLED_WITHIN)
    return output


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"error": {"errorType": kind, "errorMessage": message}}


def _command(runtime: str) -> list[str]:
    if runtime.startswith("python3"):
        return [sys.executable, str(_RUNTIMES / "bootstrap.py")]
    if runtime.startswith("nodejs"):
        return [_node(), str(_RUNTIMES / "bootstrap.mjs")]
    raise UnsupportedRuntime(
        f"The local AWS runs Lambda runtimes python3.* and nodejs*, not {runtime}"
    )


def _node() -> str:
    beside_python = Path(sys.executable).with_name("node")
    node = str(beside_python) if beside_python.exists() else shutil.which("node")
    if node is None:
        raise UnsupportedRuntime("The local AWS found no node to run a nodejs* function with")
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
    folder.mkdir()
    archive = folder.with_name("code.zip")
    archive.write_bytes(code)
    with zipfile.ZipFile(archive) as content:
        content.extractall(folder)


def _environment(function: LambdaFunction, task: Path, stream: str) -> dict[str, str]:
    """The process's environment, from nothing: no setting of the server's own leaks in."""
    own = {key: str(value) for key, value in function.environment_vars.items()}
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(task.parent),
        "TMPDIR": str(task.parent),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "NO_PROXY": "*",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        **own,
        **_reserved_environment(function, task, stream),
        **_credentials(function),
    }


def _reserved_environment(function: LambdaFunction, task: Path, stream: str) -> dict[str, str]:
    nowhere = str(task.with_name("no-aws-config"))
    return {
        "_HANDLER": str(function.handler),
        "AWS_CONFIG_FILE": nowhere,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint_url(),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_REGION": function.region,
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
        "LAMBDA_RUNTIME_DIR": str(_RUNTIMES),
        "LAMBDA_TASK_ROOT": str(task),
    }


def _credentials(function: LambdaFunction) -> dict[str, str]:
    """Keys of a session of the function's role, named for the function as Lambda names it."""
    from moto.sts.models import sts_backends

    session = sts_backends[function.account_id][function.partition].assume_role(
        region_name=function.region,
        role_session_name=function.function_name,
        role_arn=function.role,
        policy="",
        duration=3600,
        external_id="",
    )
    return {
        "AWS_ACCESS_KEY_ID": session.access_key_id,
        "AWS_SECRET_ACCESS_KEY": session.secret_access_key,
        "AWS_SESSION_TOKEN": session.session_token,
    }


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
    """Write the log with the role's rights, as Lambda does: without them there is none, nor a
    log group (Lambda Developer Guide, "Working with Lambda function logs")."""
    logs, group = function.logs_backend, function.logs_group_name
    arn = f"arn:{function.partition}:logs:{function.region}:{function.account_id}:log-group:{group}"
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
