"""Types of Amazon EC2."""
