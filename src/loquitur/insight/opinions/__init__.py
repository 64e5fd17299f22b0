"""What a text likes, complains of, asks about: aspects, judged clause by clause."""
