"""Study sheets: what was said, cut down to what is worth learning, each line with its moment."""
