"""Word lists as JSON: which tool's a document is shows in its keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from loquitur.formats import words_json
from loquitur.formats.document import Findings
from loquitur.formats.words.timed import Raw, TimedWords, filled, whole
from loquitur.languages import ENGLISH_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from loquitur.formats.document import Document

_S = 1000.0


def read(document: Document) -> TimedWords | None:
    """The words of a JSON document; None where its shape is none of word lists.

    Raises:
        InputError: It is no JSON, or the list of words in it is empty.
    """
    decoded = document.decoded()
    try:
        found = msgspec.json.decode(decoded.text.removeprefix("\ufeff").encode("utf-8", "replace"))
    except (msgspec.MsgspecError, RecursionError) as exc:
        raise document.refused(decoded.text[:60], "JSON with words and times") from exc
    for source, is_this, raws in _SHAPES:
        if is_this(found):
            words = filled(
                raws(found),
                source=source,
                language=document.language or _language(found),
                findings=Findings(decoded.diagnostics),
            )
            if not words.words:
                raise document.refused(f"no words in this {source} JSON", "words with times")
            return words
    if isinstance(found, dict) and ("events" in found or found.get("schema") == "loquitur/cues/1"):
        return None
    raise document.refused(decoded.text[:60], "JSON with words and times of a known tool")


def _language(found: Any) -> str:
    if not isinstance(found, dict):
        return ""
    for name in ("language", "language_code", "detected_language"):
        value = found.get(name)
        if isinstance(value, str) and 2 <= len(value) <= 12 and value.isascii():
            return _code(value)
    result = found.get("result")
    if isinstance(result, dict):
        return _language(result)
    return ""


def _code(value: str) -> str:
    """A tag; some tools say the language's English name."""
    if len(value) <= 3 or "-" in value or "_" in value:
        return value.replace("_", "-")
    return ENGLISH_NAMES.get(value.lower(), "")


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(one: dict[str, Any], *names: str) -> str:
    return next(
        (one[name] for name in names if isinstance(one.get(name), str) and one[name].strip()), ""
    )


def _speaker(one: dict[str, Any], default: str = "") -> str:
    value = one.get("speaker", one.get("speaker_id"))
    if isinstance(value, bool) or value is None:
        return default
    return f"SPEAKER_{value:02d}" if isinstance(value, int) and value >= 0 else str(value)[:200]


def _word(
    one: dict[str, Any], scale: float, *, speaker: str = "", within: tuple[int, int] | None = None
) -> Raw:
    confidence = next(
        (one[name] for name in ("confidence", "probability", "score", "conf") if name in one), None
    )
    return Raw(
        text=_text(one, "punctuated_word", "word", "text", "value"),
        start_ms=whole(one.get("start", one.get("start_time")), scale=scale),
        end_ms=whole(one.get("end", one.get("end_time")), scale=scale),
        speaker=_speaker(one, speaker),
        confidence=whole(confidence),
        within_ms=within,
    )


def _span(one: dict[str, Any], scale: float) -> tuple[int, int] | None:
    start = whole(one.get("start"), scale=scale)
    end = whole(one.get("end"), scale=scale)
    if end is None and start is not None and "duration" in one:
        length = whole(one["duration"], scale=scale)
        end = None if length is None else start + length
    if start is None or end is None or end <= start:
        return None
    return round(start), round(end)


def _segments(segments: Iterable[dict[str, Any]], scale: float = _S) -> Iterable[Raw]:
    """Segments with words, or only text whose words share the segment's time."""
    for segment in segments:
        within, speaker = _span(segment, scale), _speaker(segment)
        words = _dicts(segment.get("words"))
        if words:
            for word in words:
                yield _word(word, scale, speaker=speaker, within=within)
        elif text := _text(segment, "text", "transcript"):
            yield Raw(
                text=text, start_ms=within[0] if within else None,
                end_ms=within[1] if within else None, speaker=speaker, within_ms=within,
                estimated=True,
            )  # fmt: skip


def _is_transcript(found: Any) -> bool:
    return isinstance(found, dict) and found.get("schema") == "loquitur/transcript/1"


def _transcript(found: Any) -> Iterable[Raw]:
    names = {
        one["id"]: one.get("name") or one["id"]
        for one in _dicts(found.get("speakers"))
        if isinstance(one.get("id"), str)
    }
    for said in _dicts(found.get("utterances")):
        speaker = said.get("speaker", "")
        speaker = names.get(speaker, speaker) if isinstance(speaker, str) else ""
        for word in _dicts(said.get("words")):
            yield Raw(
                text=_text(word, "text"), start_ms=whole(word.get("start_ms")),
                end_ms=whole(word.get("end_ms")), speaker=str(speaker),
                confidence=whole(word.get("confidence")),
                estimated=word.get("timing") == "interpolated",
            )  # fmt: skip


def _is_said(found: Any) -> bool:
    return isinstance(found, dict) and found.get("schema") == words_json.SCHEMA


def _said(found: Any) -> Iterable[Raw]:
    """Words of captions: those without a time are somewhere in their line."""
    spans = [
        (start, end)
        if isinstance(start := one.get("start_ms"), int)
        and isinstance(end := one.get("end_ms"), int)
        and start < end
        else None
        for one in _dicts(found.get("lines"))
    ]
    for word in _dicts(found.get("words")):
        at = word.get("line")
        within = spans[at] if isinstance(at, int) and 0 <= at < len(spans) else None
        yield Raw(
            text=_text(word, "text"), start_ms=whole(word.get("start_ms")),
            end_ms=whole(word.get("end_ms")), within_ms=within,
            glued=bool(word.get("glued")),
        )  # fmt: skip


def _is_deepgram(found: Any) -> bool:
    return (
        isinstance(found, dict)
        and isinstance(found.get("results"), dict)
        and isinstance(found["results"].get("channels"), list)
    )


def _deepgram(found: Any) -> Iterable[Raw]:
    channels = _dicts(found["results"]["channels"])
    for number, channel in enumerate(channels):
        speaker = f"CHANNEL_{number:02d}" if len(channels) > 1 else ""
        for alternative in _dicts(channel.get("alternatives"))[:1]:
            for word in _dicts(alternative.get("words")):
                yield _word(word, _S, speaker=speaker)


def _is_assemblyai(found: Any) -> bool:
    return (
        isinstance(found, dict)
        and isinstance(found.get("words"), list)
        and ("audio_duration" in found or "audio_url" in found or "acoustic_model" in found)
    )


def _assemblyai(found: Any) -> Iterable[Raw]:
    return (_word(word, 1.0) for word in _dicts(found["words"]))


def _is_segments(found: Any) -> bool:
    return isinstance(found, dict) and isinstance(found.get("segments"), list)


def _whisper(found: Any) -> Iterable[Raw]:
    """Whisper and its kin; OpenAI's service gives the words beside the segments."""
    beside = _dicts(found.get("words"))
    segments = _dicts(found["segments"])
    if beside and not any(_dicts(segment.get("words")) for segment in segments):
        return [_word(word, _S) for word in beside]
    return _segments(segments)


def _is_whisper_cpp(found: Any) -> bool:
    return isinstance(found, dict) and bool(_dicts(found.get("transcription")))


def _whisper_cpp(found: Any) -> Iterable[Raw]:
    for segment in _dicts(found["transcription"]):
        offsets = segment.get("offsets")
        offsets = offsets if isinstance(offsets, dict) else {}
        span = {"start": offsets.get("from"), "end": offsets.get("to"), "text": segment.get("text")}
        yield from _segments([span], 1.0)


def _is_snippets(found: Any) -> bool:
    return isinstance(found, dict) and bool(_dicts(found.get("snippets")))


def _snippets(found: Any) -> Iterable[Raw]:
    return _lines(_dicts(found["snippets"]))


def _lines(snippets: list[dict[str, Any]]) -> Iterable[Raw]:
    """Lines of YouTube's transcripts: each is over where the next begins."""
    for one, after in zip(snippets, [*snippets[1:], {}], strict=False):
        span = _span(one, _S)
        later = whole(after.get("start"), scale=_S)
        if span and later is not None and span[0] < later < span[1]:
            span = (span[0], round(later))
        yield Raw(
            text=_text(one, "text"), start_ms=span[0] if span else None,
            end_ms=span[1] if span else None, within_ms=span, estimated=True,
        )  # fmt: skip


def _is_words(found: Any) -> bool:
    return isinstance(found, dict) and isinstance(found.get("words"), list)


def _words(found: Any) -> Iterable[Raw]:
    return _list(found["words"])


def _is_list(found: Any) -> bool:
    return isinstance(found, list) and any(isinstance(one, (list, dict)) for one in found)


def _list(found: Any) -> Iterable[Raw]:
    """`[text, start_s, end_s]`, more behind them ignored; or objects, or lines of a transcript."""
    dicts = _dicts(found)
    if dicts and all("duration" in one and "start" in one for one in dicts):
        yield from _lines(dicts)
        return
    for one in found:
        if isinstance(one, dict):
            yield from _segments([one]) if "words" in one else [_word(one, _S)]
        elif isinstance(one, list) and one and isinstance(one[0], str):
            times = [whole(value, scale=_S) for value in one[1:3]]
            start, end = (*times, None, None)[:2]
            yield Raw(text=one[0], start_ms=start, end_ms=end)


_SHAPES: tuple[tuple[str, Callable[[Any], bool], Callable[[Any], Iterable[Raw]]], ...] = (
    ("loquitur", _is_transcript, _transcript),
    ("words of captions", _is_said, _said),
    ("deepgram", _is_deepgram, _deepgram),
    ("assemblyai", _is_assemblyai, _assemblyai),
    ("whisper", _is_segments, _whisper),
    ("whisper.cpp", _is_whisper_cpp, _whisper_cpp),
    ("youtube-transcript", _is_snippets, _snippets),
    ("words", _is_words, _words),
    ("list", _is_list, _list),
)
