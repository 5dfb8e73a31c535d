"""Run the fuzz campaigns for long: `python -m tests.fuzz [--count N] [--seed S] [--only NAME]`.

Prints the seed, and a line of figures for each campaign. Exits with 1 when anything was lost,
doubled, crashed or hung.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
import time
from collections.abc import Sequence

from tests.fuzz.figures import Figures

CAMPAIGNS: dict[str, int] = {
    "requests": 100_000,
    "selectors": 40_000,
    "delivery": 50_000,
    "bundles": 20_000,
    "results": 100_000,
    "log_files": 500_000,
    "kills": 100,
}
"""The campaigns, and how many inputs each tries when it is not told.

`name` is the module `tests/fuzz/name.py`. Its `run(count, seed)` is a
`tests.fuzz.figures.Campaign` and takes all its randomness from `random.Random(seed)`, so that
what it finds can be found again. To add one: write the module, its short run in
`tests/fuzz/test_name.py` (a few hundred inputs, a fixed seed, `assert figures.is_clean,
figures`), and a line here.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for and return the exit code."""
    parser = argparse.ArgumentParser("python -m tests.fuzz", description="fuzz campaigns")
    parser.add_argument("--count", type=int, help="inputs a campaign (default: its own number)")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**9, help="default: new")
    parser.add_argument("--only", choices=CAMPAIGNS, help="one campaign (default: all)")
    asked = parser.parse_args(arguments)
    # Each broken request is logged with its traceback, which takes longer than the request.
    logging.disable(logging.CRITICAL)
    print(f"seed {asked.seed}", flush=True)
    chosen = [asked.only] if asked.only else list(CAMPAIGNS)
    found = [_run(name, asked.count or CAMPAIGNS[name], asked.seed) for name in chosen]
    return 0 if all(figures.is_clean for figures in found) else 1


def _run(name: str, count: int, seed: int) -> Figures:
    started = time.monotonic()
    figures: Figures = importlib.import_module(f"tests.fuzz.{name}").run(count, seed)
    print(f"{figures} ({time.monotonic() - started:.0f} s)", flush=True)
    return figures


if __name__ == "__main__":
    sys.exit(main())
