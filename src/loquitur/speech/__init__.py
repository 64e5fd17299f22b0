"""Algorithms on sound and speech without models: activity, chunks, guards, clusters, weaving."""
