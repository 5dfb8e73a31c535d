"""EventBridge: buses with their rules, patterns, schedules, and what targets get and when.

scheduled_rules.py  rules that run on a schedule
schedules.py        when `rate(...)` and `cron(...)` are due
buses.py            event buses, whose rules reach their targets
patterns.py         event patterns: which events match
deliveries.py       an event on its way to a target: sent, retried, given up
inputs.py           what a target gets of an event
"""
