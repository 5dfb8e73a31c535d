"""Event selectors and Insights selectors: what may be asked for, and what it records."""
