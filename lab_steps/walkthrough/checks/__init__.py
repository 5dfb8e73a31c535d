"""What steps of the walkthrough share.

    trail_settings.py     rules for both trails' settings: steps 5 to 16
    delivered_logs.py     rules for both trails' log files: steps 29 to 37
    log_file_remedies.py  what to do about log files that lack or have what they should not
    item_reads.py         reads of items: steps 23 and 24
    activity.py           when the lab was last worked on, and what may still come

They import `checking`, and the trails, table and sample events of the walkthrough. Steps import
them.
"""
