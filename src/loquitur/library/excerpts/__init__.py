"""Answers without a language model: sentences as they were said, or none at all."""
