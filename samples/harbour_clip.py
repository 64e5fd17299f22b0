"""Sound and pictures into one MP4 that every player takes: H.264 4:2:0 and AAC, index in front."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import harbour_play as play
import harbour_scene
import harbour_sound
import numpy as np

if TYPE_CHECKING:
    from av import AudioFrame

_FRAMES_PER_S = 25
_AUDIO_BITS_PER_S = 96_000
_BLOCK = 1_024


def write_clip(path: Path, sound: np.ndarray, *, visit_ms: tuple[int, int]) -> dict[str, str]:
    """Write the clip from int16 stereo at 48 kHz; gives the versions of what encoded it."""
    import av

    with av.open(path, "w", format="mp4", options={"movflags": "+faststart"}) as container:
        container.metadata["title"] = f"{play.TITLE.title()}, a sample for Loquitur"
        picture = container.add_stream("libx264", rate=_FRAMES_PER_S)
        picture.width, picture.height = harbour_scene.WIDTH_PX, harbour_scene.HEIGHT_PX
        picture.pix_fmt = "yuv420p"
        picture.gop_size = 4 * _FRAMES_PER_S
        picture.codec_context.thread_count = 1
        picture.codec_context.flags |= av.codec.context.Flags.bitexact
        picture.options = {"crf": "27", "preset": "slow", "profile": "main", "tune": "animation"}
        audio = container.add_stream("aac", rate=harbour_sound.RATE_HZ, layout="stereo")
        audio.bit_rate = _AUDIO_BITS_PER_S
        audio.codec_context.flags |= av.codec.context.Flags.bitexact
        audio.metadata["language"] = "eng"
        blocks = _audio_frames(sound)
        for index in range(play.DURATION_MS * _FRAMES_PER_S // 1000):
            time_ms = index * 1000 // _FRAMES_PER_S
            image = harbour_scene.draw(time_ms, visit_ms=visit_ms)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, _FRAMES_PER_S)
            container.mux(picture.encode(frame))
            for block in blocks:
                container.mux(audio.encode(block))
                if block.pts >= (time_ms + 500) * harbour_sound.RATE_HZ // 1000:
                    break
            if index % (5 * _FRAMES_PER_S) == 0:
                print(f"drawn {time_ms // 1000} s", file=sys.stderr)
        for block in blocks:
            container.mux(audio.encode(block))
        container.mux(picture.encode(None))
        container.mux(audio.encode(None))
    codec = ".".join(map(str, av.library_versions["libavcodec"]))
    return {"PyAV": av.__version__, "libavcodec": codec}


def audio_packets(path: Path) -> bytes:
    """Give the bytes of the audio track's packets, one after another."""
    import av

    with av.open(path) as container:
        packets = container.demux(container.streams.audio[0])
        return b"".join(bytes(packet) for packet in packets)


def _audio_frames(sound: np.ndarray) -> Iterator[AudioFrame]:
    import av

    for start in range(0, len(sound), _BLOCK):
        planes = np.ascontiguousarray(sound[start : start + _BLOCK].T).astype(np.float32) / 32768
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout="stereo")
        frame.sample_rate = harbour_sound.RATE_HZ
        frame.pts, frame.time_base = start, Fraction(1, harbour_sound.RATE_HZ)
        yield frame
