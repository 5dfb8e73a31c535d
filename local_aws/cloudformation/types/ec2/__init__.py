"""Types of Amazon EC2: networks, security groups, instances and what is attached to them."""
