"""Assertions on records: which calls were made, by whom, and what a trail delivered."""
