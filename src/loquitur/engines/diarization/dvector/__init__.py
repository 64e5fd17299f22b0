"""Speaker turns by d-vectors and clustering, without torch."""
