"""What was found, as a document and in the forms that people and CI read."""
