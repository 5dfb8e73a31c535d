"""What a person at a terminal sees, other than results.

    progress.py  the line that says what is going on
    legible.py   other people's text, made harmless

It imports `credential_redaction` and, for the line of progress, `checking.finding`.
"""
