"""Alarms that work: new data and time change their state, and each change is reported.

    operations.py       alarms as they are put, described and deleted; when each is looked at
    evaluation.py       the state of an alarm, from its metrics
    metric_math.py      arithmetic over metrics
    composite_rules.py  rules over other alarms
    actions.py          what a change of state causes

Source: CloudWatch User Guide, "Using Amazon CloudWatch alarms".
"""
