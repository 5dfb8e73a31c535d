"""Event selectors and Insights selectors: which are valid, and which events they record.

rules.py          which event selectors are valid
insight_rules.py  which Insights selectors are
matching.py       which events they record
sentences.py      why, in a sentence
fields.py         the fields that they compare
"""
