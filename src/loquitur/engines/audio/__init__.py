"""Engines that turn sound into vectors: what is heard, not what is said."""
