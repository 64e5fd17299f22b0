"""Passages: what was said or written of a video, cut to pieces that can be found and shown."""
