"""A class: the same lab in many accounts, one student each.

    entering.py     a student's account, entered: by a role or a profile, and proved to be the one
    standing.py     what is known of one student, as the class's page and gradebook need it
    folder.py       the results folder: a journal, and each student's result, report and bundle
    looking.py      one student graded: looked at, saved, and where that fails, why
    crew.py         many students at once: worker processes, a bounded number of students in each
    grades.py       points by step, late, pending and errors apart
    gradebook.py    the same as CSV and JSON
    page.py         one page for the class, from results/templates

It imports `bundles` and all below; only `verbs` imports it. The list of a class is read by
`stacks.class_list`, which the CDK app reads, too.
"""
