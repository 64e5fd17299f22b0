"""A local server with the shapes, quotas and errors of the YouTube Data API, v3."""
