"""A small library of lectures that were never held, in six languages."""

from __future__ import annotations

import re

from loquitur.model.library import Part, Passage, Volume

LECTURES = {
    "en": (
        (
            "A group is a set with one operation. Every element of a group has an inverse."
            " Évariste Galois wrote his last letter in 1832. He was 20 years old then."
        ),
        (
            "The dihedral group of the square has 8 elements. Four of them are reflections."
            " Emmy Noether taught in Göttingen."
        ),
        "Convolutional networks share their weights. That makes them robust to translations.",
    ),
    "es": (
        (
            "La fotosíntesis ocurre en las hojas. Las plantas liberan oxígeno durante el día."
            " La clorofila es el pigmento verde de las plantas."
        ),
    ),
    "de": (
        (
            "Der Vulkan Vesuv liegt in Italien. Der letzte Ausbruch des Vesuvs war im Jahr 1944."
            " Die Lava floss bis ins Tal."
        ),
    ),
    "ja": ("富士山は日本で一番高い山です。標高は3776メートルです。富士山は静岡県にあります。",),
    "ko": ("세종대왕은 1443년에 한글을 만들었다. 한글은 스물여덟 글자로 시작했다.",),
    "zh": ("长江是中国最长的河流。长江的长度是6300公里。黄河是第二长的河流。",),
}
WORD_MS = 400


def passage(text, *, media_id, language, number=0, start_ms=0, **more):
    """A text as a passage, a word every `WORD_MS`."""
    found = [match.start() for match in re.finditer(r"\S+", text)]
    offsets = found if len(found) > 3 else range(len(text))
    times = [start_ms + WORD_MS * at for at in range(len(offsets))]
    starts = [0, *(match.end() for match in re.finditer(r"\. |。(?=.)", text))]
    return Passage(
        media_id=media_id, part=f"speech:{language}", number=number, start_ms=start_ms,
        end_ms=times[-1] + WORD_MS, text=text, language=language, sentences=tuple(starts),
        offsets=tuple(offsets), times_ms=tuple(times), **more,
    )  # fmt: skip


def fill(index, languages=tuple(LECTURES)):
    """Put the lectures into an index, each a video of YouTube."""
    for language in languages:
        media_id = f"youtube:lecture-{language}"
        passages, start_ms = [], 0
        for number, text in enumerate(LECTURES[language]):
            passages.append(
                passage(
                    text, media_id=media_id, language=language, number=number, start_ms=start_ms,
                    speaker="Ada",
                )
            )  # fmt: skip
            start_ms = passages[-1].end_ms
        volume = Volume(
            media_id=media_id, title=f"Lecture {language}", language=language,
            duration_ms=start_ms, origin=f"https://youtu.be/lecture-{language}",
        )  # fmt: skip
        index.replace(volume, Part(language=language), passages)
