"""Generated clips as real films: H.264 in mp4, so that everything from decoding on is tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.errors import InputError
from loquitur.vision.shapes.rendering import render
from loquitur.vision.shapes.scene import Source, source_of

if TYPE_CHECKING:
    from pathlib import Path

_QUALITY = {"crf": "16", "preset": "veryfast", "threads": "1"}


def write_film(source: str | Source, path: Path) -> Path:
    """Write a clip as a film, whole or not at all; sides must be even.

    Compression halves the resolution of colours: 128 pixels and more look as the pictures do.

    Raises:
        InputError: The source is no generated clip, or cannot be written so.
    """
    import av

    from loquitur.tables.writing import replacing

    named = source_of(source) if isinstance(source, str) else source
    if named.size % 2:
        raise InputError(f"no film of {named.size} pixels a side", hint="an even size")
    with replacing(path) as temporary:
        try:
            with av.open(str(temporary), "w", format="mp4") as container:
                stream = container.add_stream("libx264", rate=named.rate, options=_QUALITY)
                stream.width = stream.height = named.size
                stream.pix_fmt = "yuv420p"
                for picture in render(named).pixels:
                    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                    container.mux(stream.encode(frame))
                container.mux(stream.encode(None))
        except av.FFmpegError as exc:
            raise InputError(f"{path}: the film cannot be written: {exc}") from exc
    return path
