"""The 38 steps of the walkthrough, one module for each of its parts.

    sign_in.py           1 to 4
    management_trail.py  5 to 10
    data_trail.py        11 to 16
    users_table.py       17 to 22
    users_items.py       23 to 28
    log_files.py         29 to 37
    event_history.py     38
    both_trails.py       what is declared once for the steps that both trails have

They import `checks`, and each other's needs.
"""
