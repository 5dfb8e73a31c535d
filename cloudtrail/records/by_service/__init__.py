"""What is special about the records of single services."""
