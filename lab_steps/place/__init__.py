"""Where a lab is, who may change it, and what exists there.

    target.py         a local AWS started on the spot, one that is running, or an account
    endpoints.py      endpoint URLs, parsed strictly
    profiles.py       sessions of the person's profiles
    roles.py          sessions of roles in other accounts
    guard.py          only accounts that are meant for labs are changed
    explaining.py     AWS's errors, explained with what to do
    state.py          what a run does, written down before it does it
    synth.py          templates of a CDK app, cached until their sources change
    deploy.py         stacks, by change sets
    ownership.py      what belongs to the lab, by its tag
    inventory.py      what exists under the lab's names, or with its tag
    teardown.py       removing it
    athena_engine.py  log files queried through Athena instead of being read

It imports `checking`, and is the only package that starts a local AWS.
"""
