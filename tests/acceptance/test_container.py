"""Containerfile and compose.yaml: what they start, run without a container.

Not run here: the builds, for which base images and a daemon would be needed.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import yaml  # type: ignore[import-untyped]

from tests.acceptance.installed import CHECKOUT
from tests.waiting import LONG

CONTAINERFILE = (CHECKOUT / "Containerfile").read_text()
COMPOSE = yaml.safe_load((CHECKOUT / "compose.yaml").read_text())["services"]
ANOTHER_ADDRESS = "127.0.0.2"
"""Of this machine, and none that names of loopback are taken for."""


def instruction(name: str) -> list[str]:
    """The words of the Containerfile's instruction."""
    [words] = re.findall(rf"^{name} (\[.*\])$", CONTAINERFILE, re.MULTILINE)
    return list(json.loads(words))


def local_aws(words: list[str]) -> list[str]:
    """The command that runs what the image has as `local-aws`."""
    assert words[0] == "local-aws"
    return [sys.executable, "-m", "local_aws", *words[1:]]


def status(port: int, name: str) -> int:
    """What a caller at another address gets that calls the server by `name`."""
    connection = http.client.HTTPConnection(ANOTHER_ADDRESS, port, timeout=LONG)
    connection.request("GET", "/_local-aws/status", headers={"Host": f"{name}:{port}"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def test_other_containers_call_it_by_its_service_and_nobody_by_another_name(
    tmp_path: Path,
) -> None:
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    words = [*instruction("ENTRYPOINT"), *instruction("CMD"), "--port", "0"]
    with subprocess.Popen(
        local_aws(words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout
        port = int(process.stdout.readline().rpartition(":")[2])
        [service] = [name for name, each in COMPOSE.items() if "build" in each]
        assert [status(port, name) for name in (service, "example.com")] == [200, 403]
        healthy = local_aws(instruction("HEALTHCHECK .* CMD"))
        assert subprocess.run(healthy, env=environment, stdout=subprocess.DEVNULL).returncode == 0
        process.terminate()
        _, said = process.communicate(timeout=LONG)
    assert process.returncode == 0
    assert "WARNING every machine that reaches 0.0.0.0 can call this server" in said


def test_the_compose_file_points_at_the_service_and_its_containerfile() -> None:
    assert COMPOSE["tests"]["environment"]["AWS_ENDPOINT_URL"] == "http://local-aws:4566"
    build = COMPOSE["local-aws"]["build"]
    assert (CHECKOUT / build["context"] / build["dockerfile"]).exists()
    assert [each for each in COMPOSE["local-aws"]["ports"] if not each.startswith("127.")] == []
