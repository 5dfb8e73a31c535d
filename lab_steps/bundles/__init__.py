"""Everything a verdict rests on, in one file, graded again anywhere."""
