"""What is deployed: two trails, each with the bucket for its log files."""
