"""What the records of single services have of their own."""
