"""Event selectors and Insights selectors: which are valid, and which events they record."""
