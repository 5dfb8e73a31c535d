"""Everything a verdict rests on, in one file, graded again anywhere.

    archive.py   what a bundle holds; saving one, grading one
    replay.py    keeping what a lab answers, and answering in its place

The ZIP file itself, other people's too, is `trail_logs.sources.zip_archive`.
It imports the session that is saved, `results` and `checking`.
"""
