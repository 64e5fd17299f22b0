"""Indexes of passages: the embedded one in a file, and PostgreSQL; `contract` is what both keep."""
