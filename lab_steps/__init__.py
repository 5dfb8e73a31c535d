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

    call_errors.py           why a call failed, and what to do now
    atomic_files.py          files that are complete or not there
    documents.py             our own JSON documents, read back
    credential_redaction.py  secrets removed from what is printed and kept
    costs.py                 what AWS charges
    stopwatch.py             where the time goes
    process.py               the command line as a process, and the signals it hears
    errors.py                why a verb stops, with its exit code

Imports go down this list, and nothing of the runner imports `walkthrough`, which `__main__` passes
to it. `targets` alone starts a local AWS.
"""
