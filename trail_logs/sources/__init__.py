"""Where log files come from, and what all sources have in common.

log_source.py   what a source is: files in a scope, and their bytes; why some cannot be read
location.py     the source that a person names
folder.py       a folder on this machine, or one file
bucket.py       an S3 bucket
bundle.py       a bundle, or any ZIP file
zip_archive.py  ZIP files from other people, checked
"""
