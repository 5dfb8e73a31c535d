"""Log files of any bucket or folder: read, count, and check what they should contain."""
