"""Assertions on records: which calls were made, by whom, and what a trail delivered.

    trail.py         a trail for a test, and the records that it delivered
    golden_calls.py  what ran, compared with a file of calls
    alignment.py     the wanted calls next to those that were made
    records.py       records as tests compare them
    export.py        records as a folder of log files

`LocalAws`, the pytest plugin and `commands` import it.
"""
