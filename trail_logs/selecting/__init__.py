"""What event selectors would have recorded from log files.

choices.py   a trail's selectors, from a file or a trail of a template
counting.py  which records are kept and dropped, and why
costs.py     what the kept events cost, in dollars a month
report.py    the same, for people and for machines
"""
