"""Measures of labels: how well scores rank what a video is about."""
