"""What is in log files, without expectations: counts by any field, and the matching records.

survey.py  counts by field and by minute, and the records that match conditions
fields.py  the paths of records' fields, and which one a person probably meant
report.py  a survey as text for people, or as JSON
"""
