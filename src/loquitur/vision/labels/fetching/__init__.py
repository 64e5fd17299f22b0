"""Data sets brought here: YouTube-8M by part, mirror and share, resumed and verified."""
