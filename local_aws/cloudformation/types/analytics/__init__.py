"""Types of services that analyze: Athena, Glue."""
