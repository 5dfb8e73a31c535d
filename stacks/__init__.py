"""What is deployed: two trails, each with the bucket for its log files.

    class_stacks.py    the accounts of a class
    grader.py          the role by which a trainer enters a student's account
    lab_stacks.py      the lab's two trails
    trail_stack.py     a trail with its bucket
    athena.py          Athena over the log files
    log_bucket.py      the bucket of a trail
    empty_bucket.py    the function that empties it when its stack is deleted
    budget.py          a monthly budget
    consent.py         the mark that an account is meant for labs
    review.py          cdk-nag's rules, and which findings are acknowledged
    class_settings.py  every setting of a class
    class_list.py      its students, from a CSV file
    settings.py        every setting of a lab, with its default
    tag.py             the tags of a lab

Imports go down this list, and to `cloudtrail`. `app.py` makes an app of it; `lab_steps` imports
`settings`, `class_list` and `tag`, which need no CDK.
"""
