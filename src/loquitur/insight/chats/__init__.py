"""What a chat or the comments of a video tell: how fast, who, what about, with which feeling."""
