"""A class: the same lab in many accounts, one student each.

    entering.py            a student's account, entered and verified
    worker_processes.py    many students at once, each in a process
    check.py               the class checked, and again while something is pending
    grader.py              one student looked at: result, report and bundle
    standing.py            what is known of one student, as the class's page and gradebook need it
    folder.py              the results folder: a journal, and the files of each student
    board.py               gradebook and page, made of the journal
    grades.py              points by step, late, pending and errors apart
    weights.py             how many points each step is worth, from a file
    gradebook.py           grades as CSV and JSON
    page.py                one page for the class, from results/templates
    organization/          the same by the log files of the organization's trail, and nothing else
    from_saved_results.py  all of it made again from saved results
    printing.py            what is printed of all that
    changing.py            labs planned and deployed
    removing.py            labs removed

It imports `bundles` and all below; only `verbs` imports it. The list of a class is read by
`stacks.class_list`, which the CDK app reads, too.
"""
