"""Measurements: interleaved runs, ratios, peak memory. `python -m bench --help`."""
