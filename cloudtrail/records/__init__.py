"""From a call to its CloudTrail record."""
