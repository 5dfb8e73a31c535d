"""Where a lab is, who may change it, and what exists there.

    target.py         a local AWS started on the spot, one that is running, or an account
    endpoints.py      endpoint URLs, read strictly
    profiles.py       sessions of the person's profiles
    roles.py          sessions of roles in other accounts
    guard.py          nothing outside this machine is changed unless its account was named
    explaining.py     what AWS answered, in words that say what to do
    state.py          what a run did, written down before it does it
    synth.py          templates of a CDK app, kept until what they are made from changes
    deploy.py         stacks, by change sets
    ownership.py      what is the lab's own, by its tag
    inventory.py      what stands under the lab's names, or with its tag
    teardown.py       taking it away
    athena_engine.py  log files asked through Athena in place of being read

It imports `checking`, and is the only package that starts a local AWS.
"""
