"""What is heard, as numbers: vectors of sound, a window each."""

from __future__ import annotations

from dataclasses import dataclass

from loquitur.model.speech import EngineStamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Sounds:
    """One vector a window of sound, made by an encoder and kept as an object of the store.

    Args:
        media_id: Of which medium.
        encoder: Which engine made them: vectors of different encoders never mix.
        times_ms: Where each window begins, in media time.
        window_ms: How much sound each is of.
        dimension: Numbers a window.
        matrix: The object's sha256: float16, little-endian, row by row, [len(times_ms), dimension].
        warnings: What was lost on the way.
    """

    media_id: str
    encoder: EngineStamp
    times_ms: tuple[int, ...]
    window_ms: int
    dimension: int
    matrix: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One vector a phrase or word of what is said, made by an encoder of texts.

    Args:
        media_id: Of which medium.
        encoder: Which engine made them: vectors of different encoders never mix.
        start_ms: When each begins.
        end_ms: When it ends.
        texts: What is said in it.
        dimension: Numbers a phrase.
        matrix: The object's sha256: float16, little-endian, row by row, [len(texts), dimension].
        language: In which language, BCP 47.
    """

    media_id: str
    encoder: EngineStamp
    start_ms: tuple[int, ...]
    end_ms: tuple[int, ...]
    texts: tuple[str, ...]
    dimension: int
    matrix: str
    language: str = ""
