"""Every file of the shared test media, end to end: a result, or one line that says why not."""

from __future__ import annotations

import json
from pathlib import Path

import av
import pytest

pytestmark = pytest.mark.slow

MEDIA = Path(__file__).resolve().parents[3] / "shared" / "data" / "media"
FILES = sorted(str(path.relative_to(MEDIA)) for path in MEDIA.glob("*/*") if path.is_file())
SOUND = {
    "audio/nasa_13013.mp4.audio.mp3": 13_013,
    "audio/nasa_13013.mp4.audio_44100.mp3": 13_000,
    "audio/reproduce_seek_bug.wav": 1_000,
    "audio/sine_16ch_s16.wav": 1_000,
    "audio/sine_mono_f32.wav": 4_000,
    "audio/sine_mono_f64.wav": 4_000,
    "audio/sine_mono_s24.wav": 4_000,
    "audio/sine_mono_s32_8000.wav": 4_000,
    "audio/sine_mono_u8.wav": 4_000,
    "audio/sine_stereo_mp2.mpg": 4_023,
    "video/nasa_13013.mp4": 13_056,
}
"""What has sound in an accepted container, and how long it is in ms."""

OTHERWISE = {"video/animated.gif": "GIF picture", "audio/sine_mono_mp3.swf": "Flash (swf) film"}


@pytest.mark.skipif(not FILES, reason="the shared test data are not here")
@pytest.mark.parametrize("name", FILES)
def test_a_result_or_one_line(bench, name):
    path = MEDIA / name
    if name in SOUND:
        ended = bench.run("--format", "vtt,json", path).succeeds()
        assert len(ended.paths) == 2
        transcript = json.loads(ended.paths[1].read_text())
        assert transcript["duration_ms"] == pytest.approx(SOUND[name], abs=60)
        assert ended.paths[0].read_text().startswith("WEBVTT")
    else:
        said = bench.run(path).fails(4, path.name, OTHERWISE.get(name, "has no audio track"))
        assert said.count(path.name) == 1
        with av.open(str(path)) as container:  # PyAV alone agrees
            assert name in OTHERWISE or not container.streams.audio
        assert not bench.out.exists()


@pytest.mark.skipif(not FILES, reason="the shared test data are not here")
def test_all_that_is_named_here_is_there():
    assert {*SOUND, *OTHERWISE} <= set(FILES)
