"""What was said, out of any file that says it, and its parts: sentences, paragraphs, windows."""
