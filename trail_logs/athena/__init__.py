"""The same expectations as one SQL statement for Amazon Athena.

    tables.py     whether a Glue table covers a trail's log files
    client.py     runs the statement, and explains every error
    answers.py    the answers in its rows
    statement.py  all expectations as one statement
    condition.py  one expectation as a condition

Imports go down this list.
"""
