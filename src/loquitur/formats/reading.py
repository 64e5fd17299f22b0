"""What the formats for people to read share: names with moods, the draft notice, the losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.formats.written import one_line
from loquitur.model.speech import UNKNOWN_MOOD

if TYPE_CHECKING:
    from loquitur.model.speech import Speaker, Transcript, Utterance


def display_name(speaker: Speaker) -> str:
    """The speaker's name, else the label, on one line."""
    return one_line(speaker.name or speaker.id)


def voice(transcript: Transcript, utterance: Utterance) -> str:
    """`Name (feeling)`; the feeling is left out where there is none, or an unknown one."""
    known = next((one for one in transcript.speakers if one.id == utterance.speaker), None)
    name = display_name(known) if known else one_line(utterance.speaker)
    label = one_line(utterance.feeling.label) if utterance.feeling else ""
    label = "" if label == UNKNOWN_MOOD else label
    return f"{name} ({label})" if label else name


def draft_notice(transcript: Transcript) -> str:
    """One line that says the transcript is of draft quality and by whose work; empty if not."""
    if not transcript.draft:
        return ""
    engines = dict.fromkeys(item.engine for item in transcript.provenance if item.draft)
    return one_line(f"Draft quality: made by {', '.join(engines)}; check before use.")


def paragraphs(transcript: Transcript, utterance: Utterance) -> list[str]:
    """The utterance's text, each on one line, cut where a paragraph begins inside it."""
    starts = set(transcript.outline.paragraphs) if transcript.outline is not None else set()
    found: list[list[str]] = [[]]
    for word in utterance.words:
        if word.start_ms in starts and found[-1]:
            found.append([])
        found[-1].append(word.text)
    return [one_line(" ".join(words)) for words in found]


def losses(transcript: Transcript) -> tuple[str, ...]:
    """What a text for people leaves out."""
    words = [word for utterance in transcript.utterances for word in utterance.words]
    present = {
        "word times and confidences": bool(words),
        "who speaks at the same time": any(word.overlap for word in words),
        "scores of feelings": any(utterance.feeling for utterance in transcript.utterances),
        "provenance": bool(transcript.provenance),
        "notes": bool(transcript.notes),
    }
    return tuple(name for name, is_there in present.items() if is_there)
