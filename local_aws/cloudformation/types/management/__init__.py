"""Types of services that manage: Budgets, CloudTrail, CloudWatch and its Logs, Config, SSM."""
