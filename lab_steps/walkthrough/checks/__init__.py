"""What steps of the walkthrough share.

    trail_settings.py  rules for both trails' settings: steps 5 to 16
    sample_events.py   sample events that the trails must record, or must not
    delivered_logs.py  rules for both trails' log files: steps 29 to 37
    item_reads.py      reads of items: steps 23 and 24
    activity.py        when the lab was last worked on, and what may still come

They import `checking`, and the trails and the table of the walkthrough; steps import them.
"""
