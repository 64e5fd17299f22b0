"""docs/youtube-transcripts.md names every failure and option, and its commands are ones."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import click
import pytest

from loquitur.cli.main import cli
from loquitur.cli.youtube_transcript import transcript as verb
from loquitur.youtube.keyless.failures import FAILURES
from loquitur.youtube.keyless.ways import WAYS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "youtube-transcripts.md").read_text(encoding="utf-8")


def test_the_table_of_failures_is_the_table():
    rows = re.findall(r"^\| `([a-z-]+)` \| (LQ-[A-Z-]+) \|", PAGE, re.MULTILINE)
    assert dict(rows) == {name: failure.code for name, failure in FAILURES.items()}


def test_every_way_is_named():
    for way in WAYS:
        assert f"`{way}`" in PAGE or way == "auto"


def test_every_option_of_ones_own_is_named():
    shared = {"--json", "--store", "--config", "--verbose", "--quiet", "--no-color", "--offline"}
    for option in verb.params:
        if isinstance(option, click.Option) and not set(option.opts) & shared:
            assert any(name in PAGE for name in option.opts), option.opts


@pytest.mark.parametrize(
    "line", [line for line in PAGE.splitlines() if "loquitur " in line and not line.startswith("`")
             and not line.startswith(("|", "-", "Ids"))],
)  # fmt: skip
def test_its_commands_parse(line):
    command = line.partition("#")[0].split("loquitur ", 1)[1].partition(">")[0]
    if line.startswith(("loquitur ", "cat ")):
        arguments = shlex.split(command)
        context = click.Context(cli, info_name="loquitur", **cli.context_settings)
        group = cli
        while isinstance(group, click.Group):
            context = click.Context(group, info_name="loquitur", parent=context)
            name, group, arguments = group.resolve_command(context, arguments)
            assert group is not None, name
        group.make_context(name, arguments, parent=context)


def test_the_schema_is_what_is_written():
    jsonschema = pytest.importorskip("jsonschema")
    from loquitur.formats import Document, read
    from loquitur.formats.words import words_of
    from loquitur.youtube.keyless.document import words_document
    from loquitur.youtube.keyless.reading import Transcript, whole_lines
    from loquitur.youtube.keyless.said import words_of as said_words
    from loquitur.youtube.keyless.tracks import Listing, Track

    schema = json.loads((ROOT / "docs" / "words.schema.json").read_text(encoding="utf-8"))
    segments = [{"utf8": "[Music]"}, {"utf8": " hi", "tOffsetMs": 300}]
    body = {"events": [{"tStartMs": 0, "dDurationMs": 900, "segs": segments}]}
    track = read(Document.of_text(json.dumps(body)), form="json3")
    lines, _ = whole_lines(track, generated=True)
    chosen = Track(id="a.en", language="en", is_generated=True)
    listing = Listing(video_id="dQw4w9WgXcQ", way="yt-dlp", tracks=(chosen,))
    for timed in (True, False):
        found = Transcript(
            video_id="dQw4w9WgXcQ", track=lines, chosen=chosen, listing=listing, way="yt-dlp",
            form="json3", timed=timed, words=said_words(lines, timed=timed),
        )  # fmt: skip
        document = words_document(found)
        jsonschema.validate(document, schema)
        again = read(Document.of_text(json.dumps(document)), form="json")
        assert [cue.text for cue in again.cues] == ["[Music] hi"]
        assert words_of(again).estimated == (0 if timed else 2)
