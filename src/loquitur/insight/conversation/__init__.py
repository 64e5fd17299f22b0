"""Who spoke when: turns, interruptions, pauses, moods, and who answers whom."""
