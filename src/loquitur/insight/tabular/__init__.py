"""Numbers of a table: what each column is like, how heavy its tail is, what goes with what."""
