"""Log files in ZIP files: bundles of the lab, and any other people's."""
