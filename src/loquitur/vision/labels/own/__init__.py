"""Label data of one's own videos: the same files, of encoders that are known."""
