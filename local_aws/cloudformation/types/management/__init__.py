"""Types of services that watch and manage: CloudTrail, CloudWatch, CloudWatch Logs, Config, SSM."""
