from __future__ import annotations

import json

import pytest

from loquitur import formats
from loquitur.errors import InputError
from loquitur.formats import Document


def read(value):
    return formats.read(Document.of_text(json.dumps(value)))


def test_both_shapes_of_a_key_less_transcript_are_read():
    rows = [{"text": "a & b\nc", "start": 0.0, "duration": 1.0005}, {"text": "d", "start": 0.5}]
    for value in (rows, {"snippets": rows, "language_code": "pt-BR", "is_generated": True}):
        track = read(value)
        assert [(cue.text, cue.start_ms, cue.end_ms) for cue in track.cues] == [
            ("a & b\nc", 0, 1_001), ("d", 500, 500),
        ]  # fmt: skip
    assert (track.language, track.extra) == ("pt-BR", (("youtube.generated", "yes"),))


def test_the_seed_is_read(shared):
    track = formats.read(shared / "seeds" / "equivariant_2bP_KuBrXSc.en.json")
    document = json.loads((shared / "seeds" / "equivariant_2bP_KuBrXSc.en.json").read_text())
    assert [cue.text for cue in track.cues] == [row["text"] for row in document["snippets"]]
    assert track.language == "en"


def test_times_of_no_film_are_left_out_and_told():
    track = read(
        [{"text": "a", "start": -1.0}, {"text": "b", "start": 1e12}, {"text": "c", "start": 1}]
    )
    assert [cue.text for cue in track.cues] == ["c"]
    assert [one.code for one in track.diagnostics] == ["snippet.time", "snippet.time"]


@pytest.mark.parametrize(
    "text", ['{"snippets": 5}', '[{"text": "a", "start": "x"}]', '{"snippets": [']
)
def test_what_is_no_transcript_is_refused(text):
    with pytest.raises(InputError, match="expected a list of text, start and duration"):
        formats.read(Document.of_text(text), form="json")
