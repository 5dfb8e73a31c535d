"""Everything a verdict is based on, in one file that can be graded again anywhere.

    archive.py   what a bundle holds; saving one, grading one
    replay.py    keeping what a lab answers, and answering in its place

The ZIP file itself, other people's too, is `trail_logs.sources.zip_archive`. It imports the session
to save, `results` and `checking`.
"""
