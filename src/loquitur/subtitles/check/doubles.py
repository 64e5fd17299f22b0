"""X015, X016, X020: cues without text, cues that repeat, text that recognisers make up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.subtitles.check.finding import Mark, of_cue, of_track
from loquitur.subtitles.check.pairs import LABEL, doubled, is_rolling, rolls
from loquitur.subtitles.check.speech import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.subtitles.check.scene import Scene, View

LOOP_CHARACTERS = 400
SAME_CUES = 4
CLOSINGS = frozenset({
    "thanks for watching", "thank you for watching", "please subscribe",
    "like and subscribe", "subscribe to my channel", "subtitles by the amara org community",
    "please subscribe to my channel", "see you in the next video",
    "untertitel der amara org community", "vielen dank fürs zuschauen",
    "sous titres réalisés par la communauté d'amara org", "merci d'avoir regardé cette vidéo",
    "subtítulos realizados por la comunidad de amara org", "gracias por ver el video",
    "legendas pela comunidade amara org", "sottotitoli creati dalla comunità amara org",
    "ご視聴ありがとうございました", "시청해주셔서 감사합니다", "продолжение следует",
    "спасибо за просмотр", "谢谢观看", "請不吝點贊 訂閱 轉發 打賞支持明鏡與點點欄目",
})  # fmt: skip
"""What recognisers say over silence, as their users report it."""


@of_cue("X015")
def without_text(view: View, scene: Scene) -> Mark | None:
    """Nothing to see."""
    del scene
    return Mark("no text", True) if view.empty else None


@of_track("X016")
def repetitions(scene: Scene) -> Iterator[tuple[View, Mark]]:
    """Cues that show again what the one before shows."""
    rolling = is_rolling(scene)
    for view in scene.timed:
        before = view.before
        if before is None:
            continue
        if rolling and (count := rolls(before, view)):
            whole = count == len(view.lines)
            what = "all of the cue before" if whole else f"{count} of its {len(view.lines)} lines"
            yield view, Mark(f"rolling captions: repeats {what}", True, count, 0, "lines")
        elif before.lines == view.lines and not LABEL.fullmatch(view.lines[0]):
            if doubled(before, view):
                yield view, Mark("the same as the cue before, at the same time", True)
            elif view.start_ms - before.end_ms < max(scene.limits.chain_ms, 1):
                yield view, Mark("the same as the cue before: said twice, or one too many?")


@of_track("X020")
def made_up(scene: Scene) -> Iterator[tuple[View, Mark]]:
    """Loops, and closings where nobody speaks."""
    same = 0
    for view in scene.timed:
        before = view.before
        same = same + 1 if before is not None and before.lines == view.lines else 0
        if same == SAME_CUES - 1 and not LABEL.fullmatch(view.lines[0]):
            yield view, Mark(f"the same text in {SAME_CUES} cues in a row")
        elif len(view.text) >= 24 and (loop := _loop(view.text)):
            yield view, Mark(f"'{loop[:40]}' again and again")
        elif _closing(view, scene) and not any(_heard_within(view, scene)):
            yield view, Mark(f"'{view.lines[0][:40]}' where nobody speaks")


def _loop(text: str) -> str:
    """A phrase of two words or more, or a long word, said four times in a row."""
    words = text[:LOOP_CHARACTERS].split()
    if len(set(words)) * 2 > len(words):
        return ""
    words = tokens(text[:LOOP_CHARACTERS])
    if len(set(words)) * 2 > len(words):
        return ""
    for length in range(1, 7):
        count = 0
        for at in range(length, len(words)):
            count = count + 1 if words[at] == words[at - length] else 0
            if count >= 3 * length + (3 if length == 1 else 0):
                return " ".join(words[at - length + 1 : at + 1])
    return ""


def _closing(view: View, scene: Scene) -> bool:
    unheard = bool(scene.words) and view.heard is None
    return unheard and " ".join(tokens(view.text)) in CLOSINGS


def _heard_within(view: View, scene: Scene) -> Iterator[bool]:
    for word in scene.words:
        yield word.start_ms < view.end_ms and word.end_ms > view.start_ms
