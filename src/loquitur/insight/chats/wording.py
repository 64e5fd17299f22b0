"""The words of a chat, each different text read once: tokens, emoji, emotes, a normal form.

Texts of a chat repeat, so what is found in a text is kept for the text and counted by message.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.insight.tokens import tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.insight.chats.columns import Messages

EMOTE = re.compile(r":_?[A-Za-z][A-Za-z0-9_-]{1,63}:")
"""The short name of an emoji of a channel, as replays and the API write it."""
EMOJI = re.compile(
    "(?:[\U0001f1e6-\U0001f1ff]{2}"
    "|[0-9#*]\ufe0f?\u20e3"
    "|[\u203c\u2049\u2139\u2194-\u21aa\u231a-\u23ff\u25aa-\u27bf\u2934\u2935\u2b05-\u2bff"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
    "[\ufe0f\U0001f3fb-\U0001f3ff]*"
    "(?:\u200d[\u2190-\u2bff\U0001f300-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]*)*)"
)
"""One emoji, families, skin tones and flags as one (Unicode, UTS #51, in outline)."""
MENTION = re.compile(r"@[^\s@,;:!?\"'()<>]{1,64}")
"""A name called in a text."""
ADDRESS = re.compile(r"https?://\S+|www\.\S+")
_STRETCHED = re.compile(r"(.{1,3}?)\1{2,}")
"""A letter, or a syllable (`ha`), three times or more."""
_NUMBER = re.compile(r"\d+")
_BETWEEN = re.compile(r"[^\w#]+")
_MOST_CHARS = 2_000
"""Of one message; what is longer (a pasted book) is judged by how it begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What stands in the texts of a chat.

    Args:
        vocabulary: Every token, emoji and emote; emotes keep their colons.
        is_picture: For each of the vocabulary, whether it is an emoji or an emote.
        ids: For each text its tokens, numbers of the vocabulary, text after text.
        starts: Where each text begins in `ids`; one more than there are texts.
        normal: For each text a number; texts that differ in case, marks, digits and stretched
            letters alone have one.
        letters: For each text the length of its normal form.
        normal_texts: A text of each normal form, as somebody wrote it.
    """

    vocabulary: list[str]
    is_picture: NDArray[np.bool_]
    ids: NDArray[np.int32]
    starts: NDArray[np.int64]
    normal: NDArray[np.int32]
    letters: NDArray[np.int32]
    normal_texts: list[str]

    def counts(self, texts: NDArray[np.int32]) -> NDArray[np.int64]:
        """How often each of the vocabulary stands in some texts, a text as often as it is named."""
        times = np.bincount(texts, minlength=len(self.starts) - 1)
        lengths = np.diff(self.starts)
        weights = np.repeat(times, lengths)
        found = np.bincount(self.ids, weights=weights, minlength=len(self.vocabulary))
        counted: NDArray[np.int64] = found.astype(np.int64)
        return counted

    def counts_of_few(
        self, texts: NDArray[np.int32], people: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The same in time that grows with these texts alone, and by how many people.

        Args:
            texts: A text as often as it was written.
            people: Who wrote each, any number from 0 on.
        """
        size = len(self.vocabulary)
        lengths = (self.starts[1:] - self.starts[:-1])[texts]
        ends = np.cumsum(lengths)
        places = np.arange(lengths.sum()) - np.repeat(ends - lengths, lengths)
        words = self.ids[places + np.repeat(self.starts[texts], lengths)].astype(np.int64)
        each_once = np.unique(np.repeat(people, lengths) * size + words)
        return np.bincount(words, minlength=size), np.bincount(each_once % size, minlength=size)

    def has_picture(self) -> NDArray[np.bool_]:
        """For each text whether it has an emoji or an emote."""
        found = np.zeros(len(self.starts) - 1, dtype=bool)
        owners = np.repeat(np.arange(len(found)), np.diff(self.starts))
        found[owners[self.is_picture[self.ids]]] = True
        return found


def worded(messages: Messages) -> Wording:
    """The wording of a chat's messages."""
    emotes = np.zeros(len(messages.texts), dtype=bool)
    emotes[messages.text[messages.has_emote]] = True
    known: dict[str, int] = {}
    pictures: set[int] = set()
    ids: list[int] = []
    starts = [0]
    forms: dict[str, int] = {}
    normal: list[int] = []
    letters: list[int] = []
    samples: list[str] = []
    for text, has_emote in zip(messages.texts, emotes.tolist(), strict=True):
        short = text if len(text) <= _MOST_CHARS else text[:_MOST_CHARS]
        words, shown = _read(short, has_emote=has_emote)
        ids += [known.setdefault(word, len(known)) for word in words]
        for picture in shown:
            number = known.setdefault(picture, len(known))
            pictures.add(number)
            ids.append(number)
        starts.append(len(ids))
        form = normal_form(short)
        number = forms.setdefault(form, len(forms))
        if number == len(samples):
            samples.append(short)
        normal.append(number)
        letters.append(len(form))
    is_picture = np.zeros(len(known), dtype=bool)
    is_picture[list(pictures)] = True
    return Wording(
        vocabulary=list(known), is_picture=is_picture, ids=np.array(ids, dtype=np.int32),
        starts=np.array(starts, dtype=np.int64), normal=np.array(normal, dtype=np.int32),
        letters=np.array(letters, dtype=np.int32), normal_texts=samples,
    )  # fmt: skip


def _read(text: str, *, has_emote: bool) -> tuple[list[str], list[str]]:
    """The words of a text, and its emoji and emotes; names called and addresses are neither."""
    pictures: list[str] = []
    if has_emote:
        pictures = EMOTE.findall(text)
        text = EMOTE.sub(" ", text)
    if "@" in text:
        text = MENTION.sub(" ", text)
    if "http" in text or "www." in text:
        text = ADDRESS.sub(" ", text)
    if not text.isascii():
        found = EMOJI.findall(text)
        if found:
            pictures += [one.replace("\ufe0f", "") for one in found]
            text = EMOJI.sub(" ", text)
    return tokens(text), pictures


def normal_form(text: str) -> str:
    """What is left of a text where case, marks, numbers and stretching do not count.

    >>> normal_form("LETS   GOOOOO!!"), normal_form("code: 123"), normal_form("hahahahaha")
    ('lets goo', 'code #', 'haha')
    """
    form = text.casefold()
    if not form.isascii():
        form = unicodedata.normalize("NFKC", form)
    form = _STRETCHED.sub(r"\1\1", _NUMBER.sub("#", form))
    kept = _BETWEEN.sub(" ", form).strip()
    return kept or _STRETCHED.sub(r"\1\1", "".join(form.split()))
