"""What is provisioned: two trails, each with the bucket its log files go to."""
