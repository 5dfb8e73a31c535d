"""A class graded from its organization's log files alone: no student's account is entered.

bucket.py    the bucket of the organization's trail: its accounts, and what the trail records
reading.py   one look at it for all students: a pass over the files, or one statement
judging.py   the steps of one student that records decide, by the `by_records` of each
grading.py   a student's result, in the same form as by a look at the account
"""
