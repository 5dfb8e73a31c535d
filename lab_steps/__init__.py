"""Labs and their runner.

    walkthrough/    THE lab: 38 steps, their trails, table, calls, checks and words
    verbs/          what the command line does, one file a verb
    classes/        the same lab in many accounts: graded, reported, on one page
    bundles/        everything a verdict is based on, in one file, to be graded again anywhere
    session.py      one lab at one target: deploy, work, check, result
    preflight/      what is checked before anything is changed: doctor, plan
    results/        what was found, as a document and in the formats that people and CI read
    lab.py          a lab as a value: all the runner knows about the lab it runs
    place/          where a lab is: targets, the guard, state, stacks, who owns what, teardown
    checking/       what a step is, what a check sees and finds, and when it looks again
    terminal/       progress, times, and text made safe for terminals

    access.py  costs.py  documents.py  errors.py  notes.py  redaction.py    used by all of them
    process.py  the command line as a process of its own

Imports go down this list: `verbs -> classes -> bundles -> session -> preflight -> results -> lab ->
place -> checking`, and nothing of the runner imports `walkthrough`, which `__main__` passes to it.
`place` alone starts a local AWS.
"""
