"""The site's pages that lie outside docs/, and `llms.txt`, from the sources that people read.

MkDocs calls the functions by their names (`hooks` of mkdocs.yml). Run as a program it writes
`llms.txt` again: the pages by the order of the site, each with its first sentence, for those
who read the repository with a language model (llmstxt.org).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = {
    "index.md": "README.md",
    "SECURITY.md": "SECURITY.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "site.css": "website/site.css",
}
"""Pages of the site that are not in docs/, but where people look for them in the repository."""

LLMS = ROOT / "llms.txt"
_LINK = re.compile(r"(!?)\[([^]]*)\]\(([^)#\s:]*)(#[^)\s]*)?\)")


def on_files(files: Any, *, config: Any) -> Any:
    """Add the pages that are not in docs/."""
    from mkdocs.structure.files import File

    for page, name in OUTSIDE.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Turn links of the repository into links of the site, and those to source into its name."""
    source = ROOT / OUTSIDE.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    return _LINK.sub(lambda link: _of_the_site(link, source), markdown)


def _of_the_site(link: re.Match[str], source: Path) -> str:
    picture, text, path, anchor = link.groups(default="")
    if not path:
        return link[0]
    aim = (source.parent / path).resolve()
    named = aim.relative_to(ROOT).as_posix()
    page = {name: page for page, name in OUTSIDE.items()}.get(named)
    if page is None and not aim.is_relative_to(ROOT / "docs"):
        return text
    if text == path:
        text = aim.read_text().partition("\n")[0].removeprefix("# ")
    return f"{picture}[{text}]({page or named.removeprefix('docs/')}{anchor})"


def on_post_build(*, config: Any) -> None:
    """Give the site its `llms.txt`, beside the pages that it names."""
    Path(config.site_dir, LLMS.name).write_bytes(LLMS.read_bytes())


def llms() -> str:
    """The text of `llms.txt`: what the project is, then each page of the site by its source."""
    project = yaml.safe_load(re.sub(r"!!\S+", "", (ROOT / "mkdocs.yml").read_text()))
    lines = [f"# {project['site_name']}", "", f"> {project['site_description']}.", ""]
    lines += ["To work on the code, read AGENTS.md first.", ""]
    for part in project["nav"]:
        [(title, pages)] = part.items()
        lines += [f"## {title}", ""]
        for each in pages if isinstance(pages, list) else [part]:
            [(name, page)] = each.items()
            source = OUTSIDE.get(page, f"docs/{page}")
            lines.append(f"- [{name}]({source}): {_first_sentence(ROOT / source)}")
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def _first_sentence(source: Path) -> str:
    paragraph = next(_paragraphs(source.read_text()))
    return re.split(r"(?<=\.)\s", _LINK.sub(r"\2", paragraph).replace("**", ""))[0]


def _paragraphs(markdown: str) -> Iterator[str]:
    for block in markdown.split("\n\n"):
        if block.strip() and not block.startswith(("#", "!", "<", "|", "```")):
            yield " ".join(block.split())


if __name__ == "__main__":
    LLMS.write_text(llms())
