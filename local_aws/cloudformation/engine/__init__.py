"""One operation on a stack: its values resolved, its resources made, changed and deleted."""
