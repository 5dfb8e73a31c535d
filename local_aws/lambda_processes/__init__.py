"""AWS Lambda without Docker: functions run as local processes."""
