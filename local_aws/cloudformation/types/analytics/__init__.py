"""Types of services that analyse: Athena, Glue."""
