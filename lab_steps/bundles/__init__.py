"""Everything a verdict is based on, in one file that can be graded again anywhere.

    saving.py     looks at a lab once, and keeps all answers
    regrading.py  grades what was kept, and compares with the verdict of then
    archive.py    what a bundle holds, and how one is opened
    replay.py     keeping what a lab answers, and answering in its place

The ZIP file itself, other people's too, is `trail_logs.sources.zip_archive`. It imports the session
to save, `results` and `checking`.
"""
