"""What is special about the records of single services: their parameters, answers and errors.

What their `resources` have is in `records/resources.py`, but for S3's.
"""
