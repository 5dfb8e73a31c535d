"""Log files of any bucket or folder: read, counted, and asked what they should contain."""
