"""Search: what is typed, to passages, moments and marks.

`searching.search` is for readers, `retrieval.retrieve` for questions, `likeness.like` for more.
"""
