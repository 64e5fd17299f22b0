"""How chunks are given to a recogniser: one after the other, or several at once where it can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.model.speech import RawWord, Word
    from loquitur.speech.chunks import Chunk


def listen(
    engine: Any,
    chunks: Sequence[Chunk],
    sound: Callable[[Chunk], NDArray[np.float32]],
    *,
    language: str,
) -> Iterator[tuple[Chunk, Iterable[RawWord | Word]]]:
    """What an engine says of each chunk, in their order, times from the chunk's start.

    Args:
        engine: A `loquitur.protocols.Transcriber`, or a `BatchTranscriber`, which is given
            `batch_size` chunks at once.
        chunks: What to hear.
        sound: Reads one; float32, 16 kHz mono.
        language: A BCP 47 tag, or empty for detection.
    """
    together = getattr(engine, "transcribe_batch", None)
    size = engine.batch_size if together else 1
    for first in range(0, len(chunks), size):
        batch = chunks[first : first + size]
        if together:
            heard = together([sound(chunk) for chunk in batch], language=language)
            yield from zip(batch, heard, strict=True)
        else:
            yield batch[0], engine.transcribe(sound(batch[0]), language=language)
