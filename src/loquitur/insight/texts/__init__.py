"""Texts one by one: their language, and the polarity and subjectivity that engines read in them."""
