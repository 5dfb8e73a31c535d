"""The HTML report, parsed; and opened in Chromium."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from lab_steps.checking.finding import Outcome, passed
from lab_steps.results.delivered import Observed, ObservedObject
from lab_steps.results.html import html as report
from lab_steps.results.html import next_step, pretty, size, verdict
from lab_steps.walkthrough.lab import WALKTHROUGH
from tests.browser import in_browser
from tests.lab_steps.documents import FOLDER, LEGIBLE, RECORD, made, observed
from tests.lab_steps.step_numbers import ALL, NUMBERS

VOID = {"meta", "link", "input"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    def all(self, tag: str, **wanted: str) -> Iterator[Element]:
        for child in self.children:
            if isinstance(child, str):
                continue
            fits = all(wanted[name] in child.attributes.get(name, "").split() for name in wanted)
            if child.tag == tag and fits:
                yield child
            yield from child.all(tag, **wanted)

    @property
    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text for c in self.children)


class Tree(HTMLParser):
    """Elements as nested; raises for one that is closed by another."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.top = Element("document", {})
        self._open = [self.top]
        self.feed(text)
        assert self._open == [self.top]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


@pytest.fixture(scope="module")
def page() -> Element:
    return Tree(report(made(seen=observed()))).top


def step(page: Element, number: int) -> Element:
    (found,) = [
        each for each in page.all("details") if each.attributes.get("id") == f"step-{number}"
    ]
    return found


def test_all_steps_are_there_in_order_under_their_parts(page: Element) -> None:
    cards = [each.attributes["id"] for each in page.all("details", **{"class": "step"})]
    assert cards == [f"step-{number}" for number in NUMBERS]
    headings = [
        each.text for part in page.all("section", **{"class": "part"}) for each in part.all("h3")
    ]
    assert headings == [each.title for each in WALKTHROUGH.parts]


def test_a_step_shows_its_outcome_in_words(page: Element) -> None:
    for number, outcome in ((1, "PASS"), (10, "FAIL"), (28, "BLOCKED"), (34, "PENDING")):
        (badge,) = step(page, number).all("span", **{"class": "badge"})
        assert badge.text == outcome


def test_what_did_not_pass_is_open_and_what_passed_is_not(page: Element) -> None:
    opened = [n.number for n in WALKTHROUGH.steps if "open" in step(page, n.number).attributes]
    assert opened == [10, 28, 34, 38]


def test_a_failure_shows_all_there_is_to_know(page: Element) -> None:
    told = step(page, 10).text
    assert "both types" in told
    assert f"one type {LEGIBLE}" in told
    assert "ApiErrorRateInsight is not selected." in told
    assert "Tick both boxes." in told
    assert "aws cloudtrail put-insight-selectors" in told
    assert f"no selector {LEGIBLE}" in told


def test_a_wait_says_since_when_and_until_when(page: Element) -> None:
    assert "since 2026-03-14 12:00:00 UTC, until 2026-03-14 12:20:00 UTC" in step(page, 34).text


def test_a_blocked_step_links_to_the_one_it_needs(page: Element) -> None:
    (link,) = step(page, 28).all("a")
    assert link.attributes["href"] == "#step-26"


def test_evidence_shows_the_whole_record_where_it_is_known(page: Element) -> None:
    (shown,) = step(page, 37).all("pre")
    assert json.loads(shown.text) == RECORD


def test_the_timeline_the_objects_and_what_is_left_out_are_shown(page: Element) -> None:
    assert [each.attributes["class"] for each in page.all("svg")] == [
        f"plot {name}" for name in ("wide", "middle", "narrow")
    ]
    assert "7 earlier events are not drawn." in page.text
    assert "3 earlier objects are not listed." in page.text
    (tree,) = [each for each in page.all("div", **{"class": "tree"}) if "1 object" in each.text]
    assert f"torn {LEGIBLE}" in tree.text
    assert f"refused {LEGIBLE}" in page.text


def test_data_is_never_markup() -> None:
    text = report(made(seen=observed()))
    assert LEGIBLE in Tree(text).top.text
    assert "<script>alert" not in text
    assert len(list(Tree(text).top.all("script"))) == 1
    assert not re.search(r"<[^>]+\son[a-z]+=", text)


def test_only_the_reports_own_script_may_run(page: Element) -> None:
    (script,) = page.all("script")
    digest = base64.b64encode(hashlib.sha256(script.text.encode()).digest()).decode()
    (policy,) = [each for each in page.all("meta") if "http-equiv" in each.attributes]
    assert "default-src 'none'" in policy.attributes["content"]
    assert f"script-src 'sha256-{digest}'" in policy.attributes["content"]


def test_nothing_is_fetched(page: Element) -> None:
    addresses = [
        value
        for tag in ("a", "link", "img", "script", "iframe", "use", "image")
        for each in page.all(tag)
        for name, value in each.attributes.items()
        if name in {"href", "src"}
    ]
    assert addresses
    assert all(each.startswith(("#", "data:,")) for each in addresses)
    (style,) = page.all("style")
    assert "url(" not in style.text
    assert "@import" not in style.text


def test_every_link_leads_somewhere(page: Element) -> None:
    links = {each.attributes["href"] for each in page.all("a")}
    tags = ("details", "section", "h2", "h3")
    ids = {each.attributes.get("id") for tag in tags for each in page.all(tag)}
    assert {link.removeprefix("#") for link in links} <= ids


def test_headings_and_pictures_have_names(page: Element) -> None:
    assert len(list(page.all("h1"))) == 1
    assert [each.attributes for each in page.all("html")] == [{"lang": "en"}]
    for picture in page.all("svg"):
        assert picture.attributes["role"] == "img"
        assert picture.attributes["aria-label"]


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two colours as #rgb or #rrggbb."""

    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_has_the_contrast_that_wcag_asks_for(scheme: int, page: Element) -> None:
    (style,) = page.all("style")
    roots = re.findall(r":root \{(.*?)\}", style.text, re.DOTALL)
    colours = dict(re.findall(r"--(\w+): (#\w+)", roots[scheme]))
    inks = ("ink", "quiet", "link", *Outcome, "name", "text", "scalar")
    low = {
        (ink, ground): contrast(colours[ink], colours[ground])
        for ink in inks
        for ground in ("page", "card", "code")
        if contrast(colours[ink], colours[ground]) < 4.5
    }
    assert low == {}


def test_a_result_without_observations_says_so() -> None:
    top = Tree(report(made())).top
    assert list(top.all("svg")) == []
    assert "This result was saved without them." in top.text


@pytest.mark.parametrize(("count", "told"), [(1, "All 1 step passed"), (9, "All 9 steps passed")])
def test_a_verdict_is_one_sentence(count: int, told: str) -> None:
    result = made({each.number: passed("a", "a") for each in WALKTHROUGH.steps[:count]})
    assert verdict(result) == told
    assert next_step(result) is None


def test_the_next_thing_to_do_is_what_failed_first() -> None:
    found = next_step(made())
    assert found
    assert found.number == 10
    assert verdict(made()) == f"{ALL - 4} of {ALL} steps passed"


def test_json_is_shown_whole_and_escaped() -> None:
    value = {"a<b": ['x"y\\', 1, -2.5, True, None, {"é": "</pre>"}]}
    shown = pretty(value)
    assert json.loads(html.unescape(re.sub(r"</?span[^>]*>", "", shown))) == value
    assert "</pre>" not in shown


@pytest.mark.parametrize(("count", "told"), [(0, "0 B"), (999, "999 B"), (1449, "1.4 kB")])
def test_sizes_are_told_as_people_read_them(count: int, told: str) -> None:
    assert size(count) == told


HARNESS = """<!doctype html><body><iframe style="border:0;width:{width}px;height:2000px"
srcdoc="{page}"></iframe><pre id="found"></pre><script>
onload = () => {{
  const page = document.querySelector("iframe").contentDocument;
  const root = page.documentElement;
  const open = () => page.querySelectorAll("details.step[open]").length;
  const shown = [...page.querySelectorAll("svg")].filter((each) => each.clientWidth > 0);
  const found = {{ opened: open() }};
  page.getElementById("toggle").click();
  page.querySelectorAll("details").forEach((each) => {{ each.open = true; }});
  found.allOpened = open();
  found.width = root.clientWidth;
  found.scrollWidth = root.scrollWidth;
  found.wide = [...page.querySelectorAll("body *")]
    .filter((each) => each.getBoundingClientRect().right > root.clientWidth + 1)
    .map((each) => each.tagName + "." + each.className);
  found.steps = page.querySelectorAll("details.step").length;
  found.plots = shown.map((each) => each.getAttribute("class"));
  document.getElementById("found").textContent = JSON.stringify(found);
}};
</script>"""


def test_a_browser_shows_it_at_any_width(tmp_path: Path) -> None:
    plots = {390: "plot narrow", 768: "plot middle", 1280: "plot wide"}
    page = html.escape(report(made(seen=observed())))
    harnesses = [tmp_path / f"{width}.html" for width in plots]
    for width, harness in zip(plots, harnesses, strict=True):
        harness.write_text(HARNESS.format(width=width, page=page), encoding="utf-8")
    urls = [harness.as_uri() for harness in harnesses]
    shown = in_browser(Path(__file__).with_name("report.mjs"), *urls)
    for (width, plot), each in zip(plots.items(), shown, strict=True):
        found = each["found"]
        assert found["steps"] == ALL
        assert (found["opened"], found["allOpened"]) == (4, ALL)
        assert found["width"] == width
        assert found["scrollWidth"] == width
        assert found["wide"] == [], width
        assert found["plots"] == [plot]
        assert each["said"] == [], width


def test_a_command_is_copied_by_its_button(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    page = report(made(seen=observed()))
    path.write_text(page, encoding="utf-8")
    found = in_browser(Path(__file__).with_name("copy.mjs"), path.as_uri())
    assert found["copied"] == "aws cloudtrail put-insight-selectors"
    commands = list(Tree(page).top.all("div", **{"class": "command"}))
    assert found["buttons"] == len(commands) > 1


def test_whose_lab_it_is_stands_above_all() -> None:
    named = Tree(report(msgspec.structs.replace(made(), name="Zoë <b>"))).top
    (eyebrow,) = named.all("p", **{"class": "eyebrow"})
    assert eyebrow.text == "CloudTrail lab of Zoë <b>"
    (title,) = named.all("title")
    assert title.text.startswith(f"Zoë <b>: {ALL - 4} of {ALL}")


def test_a_bundle_that_is_graded_again_shows_both_times() -> None:
    saved = msgspec.structs.replace(made(), saved=datetime(2026, 3, 1, 9, tzinfo=UTC))
    (place,) = Tree(report(saved)).top.all("dl", **{"class": "place"})
    assert "As of2026-03-01 09:00:00 UTC" in place.text.replace("\n", "")
    assert "Graded again2026-03-14 12:00:01 UTC" in place.text.replace("\n", "")


def test_the_checks_own_calls_are_folded_and_counted_apart() -> None:
    (trail,) = (each for each in observed().trails if each.events)
    seen = Observed(trails=(msgspec.structs.replace(trail, own_calls={"Scan": 1600, "Get": 2}),))
    page = Tree(report(made(seen=seen))).top
    (own,) = page.all("details", **{"class": "own"})
    assert "open" not in own.attributes
    assert "1,602 calls by the checks" in own.text
    assert not any("Scan" in svg.text for svg in page.all("svg"))


def test_a_long_list_of_objects_is_folded() -> None:
    (trail,) = (each for each in observed().trails if each.events)
    objects = tuple(ObservedObject(key=f"{FOLDER}/{n:04}.json.gz", size=1) for n in range(50))
    seen = Observed(trails=(msgspec.structs.replace(trail, objects=objects),))
    page = Tree(report(made(seen=seen))).top
    assert not any("open" in each.attributes for each in page.all("details", **{"class": "folder"}))
    (more,) = page.all("details", **{"class": "more"})
    assert "open" not in more.attributes
    assert len(list(more.all("li", **{"class": "object"}))) == 30
    assert len(list(page.all("li", **{"class": "object"}))) == 50
