"""Tables: typed columns with names that tell their units."""
