"""Captions without a key: which tracks a video has, and their text, by whichever way gives them."""
