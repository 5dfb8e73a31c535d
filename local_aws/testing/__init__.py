"""What tests say of records: which calls were made, by whom, and what a trail delivered."""
