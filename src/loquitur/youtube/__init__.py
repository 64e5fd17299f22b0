"""YouTube: its data, its caption tracks, its chats, within its quotas."""
