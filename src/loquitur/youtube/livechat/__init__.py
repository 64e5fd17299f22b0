"""Live chats: as they happen, replayed, recorded; one table for all."""
