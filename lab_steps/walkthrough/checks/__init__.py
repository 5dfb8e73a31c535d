"""What steps of the walkthrough share.

    trail_settings.py     rules for both trails' settings
    delivered_logs.py     rules for both trails' log files
    log_file_remedies.py  what to do about log files that lack or have what they should not
    item_reads.py         reads of items, from DynamoDB's pages
    activity.py           when the lab was last worked on, and what may still come

They import `checking`, and the trails, table and sample events of the walkthrough. Steps import
them.
"""
