"""The CloudTrail service: trails, Event history, delivery."""
