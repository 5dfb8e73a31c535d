"""Checking a lab: steps, findings, and rounds of looks until all is decided."""
