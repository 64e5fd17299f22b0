"""From what onnx-asr's decoders say to words: with times where they know any, else without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.model.speech import RawWord
from loquitur.speech.tokens import Token, group_tokens, split_text
from loquitur.timing import from_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.model.speech import Word

_UNBOUNDED_S = 1e6
_CERTAIN = 1e-3  # a logarithm of a probability is not above 0, but for rounding


class StepTap:
    """Keeps the durations that onnx-asr's TDT decoding computes and drops.

    It stands in front of the instance's `_decode(previous, state, frame) -> (logits, step, state)`
    and notes `step` wherever a piece wins. Where a later onnx-asr decodes another way, the counts
    disagree and ends fall back to the rule of `speech.tokens`; families without durations say -1.
    """

    def __init__(self, asr: Any) -> None:
        self._steps: list[int] = []
        decode = getattr(asr, "_decode", None)
        blank = getattr(asr, "_blank_idx", None)
        if decode is None or blank is None or not hasattr(asr, "_create_state"):
            return

        def listen(previous: Any, state: Any, frame: Any) -> Any:
            logits, step, after = decode(previous, state, frame)
            if int(logits.argmax()) != blank:
                self._steps.append(int(step))
            return logits, step, after

        asr._decode = listen  # noqa: SLF001 - the library has no hook; the guard is in `of`

    def clear(self) -> None:
        """Forget the sound before."""
        self._steps.clear()

    def of(self, count: int) -> Sequence[int | None]:
        """Frames per token; all None where the notes do not fit the result."""
        if len(self._steps) != count or any(step < 0 for step in self._steps):
            return [None] * count
        return list(self._steps)


def timed_words(
    result: Any, steps: Sequence[int | None], *, frame_s: float, duration_ms: int
) -> Iterator[Word]:
    """The words of a result whose tokens have times, in ms from the chunk's start.

    Args:
        result: A `TimestampedResult` of onnx-asr with `tokens` and `timestamps` (seconds).
        steps: Each token's length in encoder frames, None where nobody knows.
        frame_s: Length of an encoder frame in seconds.
        duration_ms: Length of the chunk.
    """
    logs = _logarithms(result)
    tokens = [
        Token(
            text=text,
            start_s=start_s,
            end_s=None if frames is None else start_s + frames * frame_s,
            log_probability=log,
        )
        for text, start_s, frames, log in zip(
            result.tokens, result.timestamps, steps, logs, strict=True
        )
    ]
    yield from group_tokens(tokens, duration_ms=duration_ms)


def untimed_words(result: Any) -> Iterator[RawWord]:
    """The words of a result without times, each with `start_ms` and `end_ms` None.

    A later alignment gives them times; until then `speech.guards` spreads them over the speech.
    """
    if not result.tokens:
        for text in split_text(result.text):
            yield RawWord(start_ms=None, end_ms=None, text=text)
        return
    tokens = [
        Token(text=text, start_s=0.0, log_probability=log)
        for text, log in zip(result.tokens, _logarithms(result), strict=True)
    ]
    for word in group_tokens(tokens, duration_ms=from_seconds(_UNBOUNDED_S)):
        yield RawWord(start_ms=None, end_ms=None, text=word.text, confidence=word.confidence)


def _logarithms(result: Any) -> list[float | None]:
    """Each token's logarithm of its probability; all None where the graph gives other scores."""
    tokens, logs = result.tokens, result.logprobs
    if logs is None or len(logs) != len(tokens) or any(log > _CERTAIN for log in logs):
        return [None] * len(tokens)
    return list(logs)
