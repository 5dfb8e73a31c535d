"""From an HTTP request to a recorded call."""
