"""What the made-up videos of the emulated world say, and which tracks they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from loquitur.timing import clock

if TYPE_CHECKING:
    import random

_WORDS = {
    "en": "the river bends here and we follow its bank until old stones show where a mill once "
    "stood nobody remembers who built it but every spring the water tells a little more",
    "de": "der Fluss macht hier einen Bogen und wir gehen am Ufer weiter bis alte Steine zeigen wo "
    "einmal eine Mühle stand niemand weiß mehr wer sie gebaut hat",
    "es": "el río dobla aquí y seguimos por la orilla hasta que unas piedras viejas muestran dónde "
    "estaba el molino nadie recuerda quién lo levantó",
    "ja": "川は ここで 曲がり 私たちは 岸に 沿って 歩く 古い 石が 水車小屋の 跡を 教えて くれる",
}
Seed: TypeAlias = tuple[Literal["standard", "ASR", "forced"], str, str, bool]
"""A track's kind, language and name, and whether it is a draft."""
_SHARES: tuple[tuple[float, Seed], ...] = (
    (0.2, ("standard", "", "SDH", False)),
    (0.4, ("standard", "de", "", False)),
    (0.2, ("standard", "ja", "", True)),
    (0.1, ("forced", "es", "Signs", False)),
)
"""How often a captioned video has which track besides the usual one; no language: the spoken."""


def seeds_of(dice: random.Random, spoken: str, *, captioned: bool) -> list[Seed]:
    """The tracks of a video nobody planned.

    Args:
        dice: Of the video.
        spoken: Its language.
        captioned: Whether it has any that the service did not make.
    """
    found: list[Seed] = [("ASR", spoken, "", False)] if dice.random() < 0.8 else []
    if captioned:
        found.append(("standard", spoken, "", False))
        for share, (kind, language, name, draft) in _SHARES:
            if dice.random() < share and (language != spoken or name):
                found.append((kind, language or spoken, name, draft))
    return found


def text_of(dice: random.Random, language: str, *, length_ms: int | None = None) -> str:
    """Some cues in SubRip, in a language as far as there are words of it here.

    Args:
        dice: Of the track.
        language: BCP 47 tag.
        length_ms: Of the video; there is always one cue.
    """
    words = _WORDS.get(language.partition("-")[0], _WORDS["en"]).split()
    cues: list[str] = []
    at_ms = dice.randrange(200, 2_000)
    for number in range(1, dice.randrange(6, 16)):
        start = dice.randrange(len(words) - 6)
        said = " ".join(words[start : start + dice.randrange(3, 7)])
        end_ms = at_ms + 350 * len(said.split()) + dice.randrange(300)
        if cues and length_ms is not None and end_ms > length_ms:
            break
        begins, ends = clock(at_ms, decimal=","), clock(end_ms, decimal=",")
        cues.append(f"{number}\n{begins} --> {ends}\n{said}\n")
        at_ms = end_ms + dice.randrange(100, 1_500)
    return "\n".join(cues)
