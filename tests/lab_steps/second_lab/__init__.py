"""A second lab, in five steps: data events of one bucket's objects.

It is the example of docs/writing-a-lab.md, and the proof that the runner knows no lab: the same
command line runs, checks, explains, reports, bundles and removes it.

    lab.py         the lab as a value
    stack.json     its CloudFormation template
    deployment.py  the template for an account, and the names in it
    trail.py       what its trail's log files must contain, and what they must not
    steps.py       the five steps with their checks
    work.py        the calls that `run` makes
    __main__.py    its command line
"""
