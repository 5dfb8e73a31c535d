"""Small CDK apps of the kinds that stand around a trail, and what they deploy."""
