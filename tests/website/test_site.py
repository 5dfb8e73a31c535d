"""The site: built strictly, readable on any screen, and asking nothing of other hosts."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser import in_browser
from tests.waiting import LONG
from website import pages

ROOT = pages.ROOT
ELSEWHERE = re.compile(r"<(?:script|img|iframe|link)\b[^>]*(?:src|href)=[\"']?https?:")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder


def test_a_page_asks_nothing_of_another_host(site: Path) -> None:
    found = list(site.glob("*.html"))
    assert len(found) > 10
    assert [page.name for page in found if ELSEWHERE.search(page.read_text())] == []


def test_no_link_leads_to_a_file_of_the_repository(site: Path) -> None:
    links = re.findall(r'href="([^"#:]*\.(?:md|py|json))[#"]', (site / "index.html").read_text())
    assert links == []


def test_pages_are_as_wide_as_the_screen_and_have_their_pictures(site: Path) -> None:
    seen = in_browser(Path(__file__).with_name("site.mjs"), site.as_uri())
    assert {page: each for page, each in seen.items() if each != {"wider": 0, "broken": 0}} == {}
    assert len(seen) == 4


def test_llms_txt_is_made_of_the_pages_as_they_are() -> None:
    assert pages.LLMS.read_text() == pages.llms(), "run make docs"


def test_every_target_and_path_that_agents_are_told_of_is_there() -> None:
    text = (ROOT / "AGENTS.md").read_text()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets
    named = re.findall(r"\b((?:docs|tests|cloudtrail)/[\w./-]*\w)", text)
    assert len(named) > 3
    assert [each for each in named if not (ROOT / each).exists()] == []
