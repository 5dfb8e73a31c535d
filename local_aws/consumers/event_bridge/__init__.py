"""EventBridge: buses with their rules, patterns, schedules, and what targets get and when."""
