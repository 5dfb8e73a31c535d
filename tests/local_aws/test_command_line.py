"""`python -m local_aws` as a person starts and stops it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local_aws import LocalAws
from local_aws.__main__ import _options, main
from local_aws.serving import running
from local_aws.serving.running import FUNCTIONS_RUN
from tests.conftest import OneAtATime
from tests.local_aws.wire import Wire, address, authorization, json_call, send
from tests.waiting import LONG


@contextlib.contextmanager
def local_aws(*options: str) -> Iterator[subprocess.Popen[str]]:
    """The command, ended at the latest at the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "local_aws", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ready(process: subprocess.Popen[str]) -> str:
    """The URL of the first line, which says that the server answers."""
    assert process.stdout
    word, url = process.stdout.readline().split()
    assert word == "ready"
    return url


def run(*options: str) -> Any:
    command = [sys.executable, "-m", "local_aws", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=LONG, check=False)


@pytest.fixture
def started(aws_with: OneAtATime) -> Iterator[Callable[..., LocalAws]]:
    """What options start, in this process."""
    with contextlib.ExitStack() as stack:

        def start(*options: str) -> LocalAws:
            aws_with.stop()
            aws = running.started(_options(["--port", "0", *options]))
            stack.callback(aws.stop)
            return aws

        yield start


def _stopped(process: subprocess.Popen[str], number: int) -> tuple[int, str]:
    """Exit code and errors after the signal."""
    process.send_signal(number)
    _, errors = process.communicate(timeout=LONG)
    return process.returncode, errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_answers_once_it_says_ready_and_stops_at_a_signal(number: int) -> None:
    """At once, although a client keeps its connection and deliveries are far off."""
    with local_aws("--port", "0", "--delivery-delay", "real") as process:
        url = ready(process)
        assert send(url, json_call("dynamodb", "ListTables")).status == 200
        connection = http.client.HTTPConnection(address(url))
        connection.request("GET", "/moto-api/")
        connection.getresponse().read()
        assert _stopped(process, number) == (0, f"{FUNCTIONS_RUN}\nstopped\n")
        connection.close()


def test_who_can_sign_in_to_the_console_is_told_and_no_functions_where_none_run() -> None:
    with local_aws("--port", "0", "--console-user", "ann:secret", "--no-functions") as process:
        url = ready(process)
        told = f"console {url}/_console/ user ann password secret\nstopped\n"
        assert _stopped(process, signal.SIGTERM) == (0, told)


def test_a_taken_port_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("--port", str(port))
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == (
        f"local_aws: port {port} of 127.0.0.1 cannot be used (another process is listening "
        "there): choose another with --port, or use --port 0 for a free one\n"
    )


# cheroot leaves the socket that it could not bind to the garbage collection.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_without_a_port_takes_the_usual_one_or_a_free_one(
    aws_with: OneAtATime, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_with.stop()
    # A port of the test's own: others take the real one, and those that the system gives away.
    usual = 20_000 + os.getpid() % 10_000
    monkeypatch.setattr(running, "DEFAULT_PORT", usual)
    with socket.create_server(("127.0.0.1", usual)):
        aws = running.started(_options([]))
        assert not aws.endpoint_url.endswith(f":{usual}")
        assert send(aws.endpoint_url, json_call("dynamodb", "ListTables")).status == 200
        aws.stop()
    aws = running.started(_options([]))
    assert aws.endpoint_url.endswith(f":{usual}")
    aws.stop()


@pytest.mark.parametrize(
    ("options", "trails"),
    [
        ((), []),
        (("--no-organization",), []),
        (("--organization-trail", "everyones-events"), ["everyones-events"]),
    ],
)
def test_only_who_asks_for_an_organization_is_in_one(
    options: tuple[str, ...], trails: list[str], started: Callable[..., LocalAws]
) -> None:
    answer = send(started(*options).endpoint_url, json_call("cloudtrail", "ListTrails"))
    assert [trail["Name"] for trail in json.loads(answer.body)["Trails"]] == trails


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--port", "http"], "argument --port: wanted a port from 0 to 65535, got 'http'"),
        (["--port", "65536"], "argument --port: wanted a port from 0 to 65535, got '65536'"),
        (["--port", "-1"], "argument --port: wanted a port from 0 to 65535, got '-1'"),
        (["--delivery-delay", "soon"], "or real for CloudTrail's 5 minutes, got 'soon'"),
        (["--delivery-delay", "-1"], "or real for CloudTrail's 5 minutes, got '-1'"),
        (["--delivery-delay", "nan"], "or real for CloudTrail's 5 minutes, got 'nan'"),
        (["--delivery-delay", "3601"], "or real for CloudTrail's 5 minutes, got '3601'"),
        (["--organization-trail", "a b"], "wanted the name of a trail, got 'a b'"),
        (["--host", "all"], "argument --host: Expected 4 octets in 'all'"),
        (["--host", "0.0.0.0"], "--host 0.0.0.0 lets other machines in: give the names by which"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
        (["extra"], "invalid choice: 'extra'"),
    ],
)
def test_refuses_a_wrong_option(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_help_says_how_to_point_a_client_at_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for words in ("--port", "--delivery-delay", "--organization-trail", "AWS_ENDPOINT_URL"):
        assert words in said


@pytest.mark.parametrize(
    ("option", "wanted"),
    [
        ("--allow-host=http://a/", "wanted a host name without port, such as aws.test, got"),
        ("--allow-origin=*", "wanted the origin of one site, such as http://localhost:3000, got"),
    ],
)
def test_what_cannot_be_allowed_is_refused_with_what_was_wanted(
    option: str, wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([option])
    assert ended.value.code == 2
    assert wanted in capsys.readouterr().err


def test_another_address_comes_with_a_warning_and_names_that_may_call() -> None:
    with local_aws("--port", "0", "--host", "0.0.0.0", "--allow-host", "aws.test") as process:
        url = ready(process)
        assert url.startswith("http://127.0.0.1:")
        for host, status in (("aws.test", 200), ("other.test", 403), ("192.0.2.1", 403)):
            assert send(url, json_call("dynamodb", "ListTables", Host=host)).status == status
        send(url, Wire("GET", "/", authorization("nosuch")))  # at which moto prints
        process.terminate()
        printed, logged = process.communicate(timeout=LONG)
    assert (process.returncode, printed) == (0, ""), "what was ready stays all of stdout"
    assert "refused: the request is for the host 'other.test'" in logged
    assert (
        "WARNING every machine that reaches 0.0.0.0 can call this server (as aws.test or "
        "localhost) without a password, and run programs as you: use it only in a network that "
        "you trust\n"
    ) in logged


def test_an_address_of_its_own_is_where_it_listens_and_what_it_is_called(
    started: Callable[..., LocalAws],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])  # which this machine's usual address has no more
        url = started("--host", "127.0.0.2", "--port", port).endpoint_url
        assert url == f"http://127.0.0.2:{port}"
        assert send(url, json_call("dynamodb", "ListTables")).status == 200


def test_who_reads_a_part_of_what_it_prints_sees_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "local_aws", "--help"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
        timeout=LONG,
        check=False,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, "")
