"""What event selectors would have recorded from log files.

choices.py   a trail's selectors, from a file or a trail of a template
counting.py  what is kept and dropped of records, and why
costs.py     what is kept, in dollars a month
report.py    the same, for people and for machines
"""
