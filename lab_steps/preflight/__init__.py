"""What is checked before anything is changed.

    remark.py        what is said of one thing, and what to do about it
    subject.py       what is looked at: an account, and the lab that is to stand there
    examinations.py  the things that are looked at, one after the other
    permissions.py   what the caller may do, by simulation
    leftovers.py     what earlier labs left, and which of them are overdue
    changes.py       what a deployment would create, change, replace or leave
    planning.py      all of that as a document, with what it costs

It changes nothing, and imports `lab`, `place` and `checking`.
"""
