"""Emotion engines."""
