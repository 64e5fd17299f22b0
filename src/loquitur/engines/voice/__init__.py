"""Voice engines: whose voice it is."""
