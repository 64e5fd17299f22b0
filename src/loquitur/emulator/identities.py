"""Ids as the service writes them, made of numbers and read back without a table.

A video's id is 11 letters of base64 (64 bits; so the last letter is one of 16), a channel's `UC`
and 22 more, a comment's `Ug` and 24 more, a reply's that of its comment, a point and 22 more.
"""

from __future__ import annotations

import base64
import binascii
from binascii import b2a_base64

from loquitur.emulator.chance import mix, salt, unmix

_TAIL = "AaABAg"
_TO_WEB = bytes.maketrans(b"+/", b"-_")


def letters(word: int) -> str:
    """64 bits as 11 letters of the web's base64."""
    return b2a_base64(word.to_bytes(8, "big")).translate(_TO_WEB)[:11].decode()


def word_of(text: str) -> int | None:
    """The 64 bits that `letters` wrote, None where it wrote no such thing."""
    if len(text) != 11 or not text.isascii():
        return None
    try:
        raw = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    word = int.from_bytes(raw, "big")
    return word if letters(word) == text else None


class Identities:
    """The ids of one world: numbers to ids and back.

    Args:
        seed: Of the world.
    """

    def __init__(self, seed: int) -> None:
        self._video = salt(seed, "video id")
        self._channel = salt(seed, "channel id")
        self._check = salt(seed, "channel id", "check")
        self._thread = salt(seed, "comment id")
        self._seal = salt(seed, "comment id", "check")
        self._reply = salt(seed, "reply id")
        self._list = salt(seed, "playlist id")

    def video(self, index: int) -> str:
        """The id of the video with this number."""
        return letters(mix(index ^ self._video))

    def video_index(self, video_id: str) -> int | None:
        """The number behind a video's id, which may be anyone's."""
        word = word_of(video_id)
        return None if word is None else unmix(word) ^ self._video

    def channel(self, number: int) -> str:
        """The id of the channel with this number: 24 letters."""
        return f"UC{letters(mix(number ^ self._channel))}{letters(mix(number ^ self._check))}"

    def channel_number(self, channel_id: str) -> int | None:
        """The number behind a channel's id, None for one that is not of this world."""
        word = word_of(channel_id[2:13])
        if word is None:
            return None
        number = unmix(word) ^ self._channel
        return number if self.channel(number) == channel_id else None

    def playlist(self, number: int) -> str:
        """The id of an ordinary playlist: `PL` and 32 letters."""
        words = [mix(number ^ self._list ^ salt(turn, "turn")) for turn in range(3)]
        return "PL" + "".join(letters(word) for word in words)[:32]

    def thread(self, video_index: int, number: int) -> str:
        """The id of a comment on a video: 26 letters."""
        place = (video_index << 24) | number
        seal = letters(mix(place ^ self._seal))[:7]
        return f"Ug{letters(mix(place ^ self._thread))}{seal}{_TAIL}"

    def thread_place(self, comment_id: str) -> tuple[int, int] | None:
        """The video's number and the comment's, None for an id that is not of this world."""
        if len(comment_id) != 26 or not comment_id.startswith("Ug"):
            return None
        word = word_of(comment_id[2:13])
        if word is None:
            return None
        place = unmix(word) ^ self._thread
        found = (place >> 24, place & 0xFFFFFF)
        return found if self.thread(*found) == comment_id else None

    def reply(self, thread_id: str, place: tuple[int, int], number: int) -> str:
        """The id of the n-th reply to a comment."""
        return f"{self.reply_stem(thread_id, place)}{self.reply_end(place, number)}"

    def reply_stem(self, thread_id: str, place: tuple[int, int]) -> str:
        """What the ids of all replies to a comment begin with."""
        return f"{thread_id}.{letters(mix(self._key(place)))}"

    def reply_end(self, place: tuple[int, int], number: int) -> str:
        """What the id of the n-th reply ends with: 11 letters."""
        return letters(mix(number ^ mix(self._key(place) + 1)))

    def reply_place(self, comment_id: str) -> tuple[tuple[int, int], int] | None:
        """The place of the comment that is answered, and the number of the reply to it."""
        thread_id, point, tail = comment_id.partition(".")
        place = self.thread_place(thread_id)
        word = word_of(tail[11:]) if point else None
        if place is None or word is None:
            return None
        number = unmix(word) ^ mix(self._key(place) + 1)
        return (place, number) if self.reply(thread_id, place, number) == comment_id else None

    def _key(self, place: tuple[int, int]) -> int:
        return ((place[0] << 24) | place[1]) ^ self._reply
