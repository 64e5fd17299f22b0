"""How shards are called: their part, two signs of 62 (as those of YouTube-8M), their form."""

from __future__ import annotations

_SIGNS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
MOST_SHARDS = len(_SIGNS) ** 2
"""Of a part: 3,844."""


def shard_name(part: str, number: int, *, compressed: bool = False) -> str:
    """The name of a shard.

    >>> shard_name("train", 0), shard_name("test", 62, compressed=True)
    ('trainaa.tfrecord', 'testba.tfrecord.gz')
    """
    first, second = divmod(number, len(_SIGNS))
    suffix = ".tfrecord.gz" if compressed else ".tfrecord"
    return part + _SIGNS[first] + _SIGNS[second] + suffix
