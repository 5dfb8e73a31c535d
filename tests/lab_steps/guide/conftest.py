"""A guide beside the tests' local AWS, and who reads it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from lab_steps.guide.lessons import lesson_of
from lab_steps.guide.looks import Looks
from lab_steps.guide.page import Pages
from lab_steps.guide.server import GuideServer
from lab_steps.session import LabSession
from lab_steps.targets.control import OthersCalls, console_of
from tests.waiting import LONG, until
from trail_logs.cache import TallyCache


@dataclass(frozen=True)
class Guide:
    looks: Looks
    server: GuideServer

    @property
    def url(self) -> str:
        return self.server.url

    def until(self, holds: Callable[[], bool]) -> None:
        """Read until it holds."""
        with self.looks.reading():
            until(holds)

    def outcome(self, number: int) -> str:
        (step,) = (each for each in self.looks.result.steps if each.number == number)
        return str(step.outcome)


@contextmanager
def stream(url: str, after: int = 0) -> Iterator[Iterator[dict[str, Any]]]:
    """What a browser is told: the parts of each message."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=LONG)
    connection.request("GET", f"{parts.path}events?after={after}")
    answer = connection.getresponse()
    assert answer.status == 200
    try:
        lines = iter(answer.readline, b"")
        yield (json.loads(line[6:]) for line in lines if line.startswith(b"data: "))
    finally:
        connection.sock.close()
        answer.close()


@contextmanager
def guiding(session: LabSession) -> Iterator[Guide]:
    """The guide of a lab, which reads no log file twice, as the command's."""
    session.tallies = TallyCache()
    lessons = {each.number: lesson_of(each, session.place) for each in session.lab.steps}
    pages = Pages(lessons, console_of(session.target))
    looks = Looks(session, pages, OthersCalls(session.target))
    server = GuideServer(looks, 0)
    looks.start()
    server.start()
    try:
        yield Guide(looks, server)
    finally:
        looks.stop()
        server.stop()


@pytest.fixture
def guide(lab: LabSession) -> Iterator[Guide]:
    """The guide of a lab that nothing was made of yet."""
    with guiding(lab) as made:
        yield made
