"""What a terminal is shown while something runs."""
