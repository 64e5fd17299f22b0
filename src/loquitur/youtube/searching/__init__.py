"""Search past the service's limit: the walk by date, its audit, and how complete the result is."""
