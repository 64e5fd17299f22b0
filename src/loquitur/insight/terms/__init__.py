"""What goes with a term: the polarity and subjectivity of the texts that have it and have not."""
