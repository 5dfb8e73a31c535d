"""The policies that CloudTrail needs on what it delivers to."""
