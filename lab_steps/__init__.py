"""Labs and their runner.

    walkthrough/    THE lab: its steps, their trails, table, calls, checks and words
    verbs/          what the command line does, one file a verb
    command_line/   what verbs share: help, options, questions
    guide/          a page that ticks each step as it is done
    classes/        the same lab in many accounts: graded, reported, on one page
    bundles/        everything a verdict is based on, in one file, to be graded again anywhere
    session.py      one lab at one target: deploy, work, check, result
    preflight/      what is checked before anything is changed: doctor, plan
    results/        what was found, as a document and in the formats that people and CI read
    lab.py          a lab as a value: all the runner knows about the lab it runs
    place/          what exists there: the guard, state, stacks, who owns what, teardown
    targets/        where a lab is, and who we are there
    terminal/       progress, and text made safe for terminals
    checking/       what a step is, what a check sees and finds, and when it looks again

    call_errors.py  atomic_files.py  documents.py  errors.py  credential_redaction.py  costs.py
    stopwatch.py    used by all
    process.py  the command line as a process of its own, and the signals it hears

Imports go down this list, and nothing of the runner imports `walkthrough`, which `__main__` passes
to it. `targets` alone starts a local AWS.
"""
