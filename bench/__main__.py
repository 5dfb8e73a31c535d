"""`python -m bench [--full] [NAME ...]`: measure, and print one table."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time

from bench.table import HEAD, lines

BENCHMARKS = {
    "local-aws": "bench.local_aws",
    "load": "bench.load",
    "logs": "bench.reading",
    "fetch": "bench.fetching",
    "growth": "bench.growth",
    "classes": "bench.classes",
    "organization": "bench.organization",
}
"""Each module has `rows(full) -> Iterator[Row]`; the first line of its docstring names it."""


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks that are named, or all."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures interleaved, in one run, and prints ratios: to peers, and to what "
        "the machine can do at most.",
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)}; all when left out"
    )
    parser.add_argument(
        "--full", action="store_true", help="also what takes long: tens of minutes in all"
    )
    options = parser.parse_args(arguments)
    unknown = set(options.names) - BENCHMARKS.keys()
    if unknown:
        parser.error(f"wanted {', '.join(BENCHMARKS)}, got {', '.join(sorted(unknown))}")
    for name in options.names or BENCHMARKS:
        module = importlib.import_module(BENCHMARKS[name])
        print(f"\n{name}: {(module.__doc__ or '').splitlines()[0]}\n{HEAD}", flush=True)
        began = time.monotonic()
        for line in lines(module.rows(options.full)):
            print(line, flush=True)
        print(f"measured in {time.monotonic() - began:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    sys.exit(main())
