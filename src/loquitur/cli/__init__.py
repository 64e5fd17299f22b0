"""The command line: parsing, tables, progress bars; no logic."""
