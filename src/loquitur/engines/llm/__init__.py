"""Engines of the kind `llm`: what polishes, sums up and translates what was said."""
