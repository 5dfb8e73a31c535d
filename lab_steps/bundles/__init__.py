"""Everything a verdict rests on, in one file, graded again anywhere.

    archive.py   what a bundle holds; saving one, grading one
    replay.py    keeping what a lab answers, and answering in its place
    zip_file.py  a ZIP file of other people's, opened with care
    log_files.py  its log files, for `logs`

It imports the session that is saved, `results` and `checking`.
"""
