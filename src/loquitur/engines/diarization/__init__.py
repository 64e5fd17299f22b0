"""Diarization engines."""
