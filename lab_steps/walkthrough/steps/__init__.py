"""The steps of the walkthrough: each file's name says which it has.

`both_trails.py` has what is declared once for the steps that both trails have: 7 and 13, 29 and 35,
33 and 36, 34 and 37. They import `checks`, and each other's needs.
"""
