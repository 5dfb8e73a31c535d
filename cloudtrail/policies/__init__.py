"""The policies that CloudTrail needs of what it delivers to."""
