"""What exists at a target, who may change it, and how it is made and removed.

guard.py          only accounts that are meant for labs are changed
state.py          what a run does, written down before it does it
synth.py          templates of a CDK app, cached until their sources change
deploy.py         stacks, by change sets
ownership.py      what belongs to the lab, by its tag
lifetime.py       how long a lab is meant to exist
inventory.py      what exists under the lab's names, or with its tag
obstacles.py      what keeps things from being removed, and what helps
emptying.py       buckets, emptied of all versions
teardown.py       removing the lab
by_hand.py        removing a lab made by hand
athena_engine.py  log files queried through Athena instead of being read
"""
