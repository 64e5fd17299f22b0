"""Insight: numbers and pictures from videos, chats, comments and transcripts.

The names below are loaded when they are first used. No module of this room may have one of these
names: importing it would put the module in the function's place.
"""
