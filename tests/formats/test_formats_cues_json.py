"""loquitur/cues/1: valid by its schema, and nothing is lost in it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from formats_scenes import rich
from hypothesis import given, settings
from test_formats_webvtt import TRACKS

from loquitur import formats
from loquitur.errors import InputError
from loquitur.formats import Document

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "subtitles"
SCHEMA = json.loads((ROOT / "docs" / "cues.schema.json").read_text(encoding="utf-8"))
CHECK = settings(derandomize=True, deadline=None, max_examples=80)


def read(text):
    return formats.read(Document.of_text(text), form="json")


@CHECK
@given(track=TRACKS)
def test_what_is_written_is_valid_and_reads_back_the_same(track):
    text = formats.write_track("json", track).text
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(text))
    again = read(text)
    assert formats.write_track("json", again).text == text


def test_a_rich_track_reads_back_equal():
    assert read(formats.write_track("json", rich()).text) == rich()


@pytest.mark.skipif(not DATA.is_dir(), reason="the subtitle suites are not here")
def test_every_file_at_hand_keeps_all_in_it():
    count = 0
    for path in sorted(DATA.rglob("*.vtt"))[::7] + sorted(DATA.rglob("*.srt"))[::7]:
        try:
            track = formats.read(path)
        except InputError:
            continue
        text = formats.write_track("json", track).text
        again = read(text)
        assert again == track, path
        assert again.diagnostics == track.diagnostics
        count += 1
    assert count > 50


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "JSON"),
        ('{"schema": "loquitur/cues/2", "cues": []}', "schema loquitur/cues/2"),
        ('{"schema": "loquitur/cues/1"}', "cues"),
        ('{"schema": "loquitur/cues/1", "cues": [{"start_ms": 0.5, "end_ms": 1}]}', "int"),
        ('{"schema": "loquitur/cues/1", "cues": [{"start_ms": 0, "end_ms": 1, "notation": "x"}]}',
         "notation"),
        (('{"schema": "loquitur/cues/1", "cues": [{"start_ms": 0, "end_ms": 1, "settings": '
         '{"align": "middle"}}]}'), "middle"),
        ("[" * 100_000, "JSON"),
    ],
)  # fmt: skip
def test_what_is_not_of_the_schema_is_one_clear_line(text, said):
    with pytest.raises(InputError, match=said) as caught:
        read(text)
    assert "\n" not in caught.value.message


def test_cues_may_be_given_as_text_alone():
    cue = '{"start_ms": 0, "end_ms": 1000, "text": "1 < 2"}'
    track = read(f'{{"schema": "loquitur/cues/1", "cues": [{cue}]}}')
    assert track.cues[0].text == "1 < 2"
    assert "1 &lt; 2" in formats.write_track("vtt", track).text
