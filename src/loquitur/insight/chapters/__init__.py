"""Where the subject of what was said changes, and what each part is about."""
