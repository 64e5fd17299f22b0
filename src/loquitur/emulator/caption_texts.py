"""What the made-up videos of the emulated world say, and which tracks they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

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
_SHARES: tuple[tuple[float, Literal["standard", "ASR", "forced"], str, str, bool], ...] = (
    (0.7, "ASR", "en", "", False),
    (0.45, "standard", "en", "", False),
    (0.12, "standard", "en", "SDH", False),
    (0.2, "standard", "de", "", False),
    (0.1, "standard", "ja", "", True),
    (0.06, "forced", "es", "Signs", False),
)
"""How often a video has which track: its kind, language, name, and whether it is a draft."""


def seeds_of(
    dice: random.Random,
) -> list[tuple[Literal["standard", "ASR", "forced"], str, str, bool]]:
    """The tracks of a video nobody planned: kind, language, name, draft."""
    return [
        (kind, language, name, draft)
        for share, kind, language, name, draft in _SHARES
        if dice.random() < share
    ]


def text_of(dice: random.Random, language: str) -> str:
    """Some cues in SubRip, in a language as far as there are words of it here."""
    words = _WORDS.get(language.partition("-")[0], _WORDS["en"]).split()
    cues, at_ms = [], dice.randrange(200, 2_000)
    for number in range(1, dice.randrange(6, 16)):
        start = dice.randrange(len(words) - 6)
        said = " ".join(words[start : start + dice.randrange(3, 7)])
        end_ms = at_ms + 350 * len(said.split()) + dice.randrange(300)
        cues.append(f"{number}\n{_clock(at_ms)} --> {_clock(end_ms)}\n{said}\n")
        at_ms = end_ms + dice.randrange(100, 1_500)
    return "\n".join(cues)


def _clock(ms: int) -> str:
    minutes, rest = divmod(ms, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d},{rest % 1000:03d}"
