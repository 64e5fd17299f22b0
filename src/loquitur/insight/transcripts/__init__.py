"""What a transcript tells: how new each window is beside the others, and its surprising moments."""
