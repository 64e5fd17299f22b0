"""docs/label-fetch.md: its commands exist and run, its Python runs against a local mirror."""

from __future__ import annotations

import random
import re
import shlex
from pathlib import Path

import pytest

from loquitur.cli.label_data_fetch import fetch
from loquitur.cli.label_data_videos import videos
from loquitur.testing.shard_server import shard_server
from loquitur.vision.labels.fetching import bringing, sizes
from loquitur.vision.labels.own import video_tables
from loquitur.vision.labels.own.videos import COLUMNS
from loquitur.vision.labels.records import blocks, remote

PAGE = (Path(__file__).parents[2] / "docs" / "label-fetch.md").read_text(encoding="utf-8")
VERBS = {"fetch": fetch, "videos": videos}


def commands(verb):
    found = re.findall(r"^loquitur (label data .+?)(?:\s+#.*)?$", PAGE, re.MULTILINE)
    return [shlex.split(one) for one in found if one.split()[2] == verb]


@pytest.mark.parametrize("verb", VERBS)
def test_the_options_exist(verb):
    assert len(commands(verb)) >= 4
    known = {name for option in VERBS[verb].params for name in option.opts} | {"--json"}
    for words in commands(verb):
        assert {word for word in words if word.startswith("-")} <= known


@pytest.fixture
def server():
    with shard_server() as served:
        made = {f"train{at:02d}.tfrecord": random.Random(at).randbytes(9_000) for at in range(4)}
        served.add("video", "train", made)
        yield served


def test_the_python_runs(server, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOQUITUR_ALLOW_PRIVATE", "true")
    for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(code, "label-fetch.md", "exec"), {"url": server.url})
    assert "18000 {'fetched': 2}" in capsys.readouterr().out


def test_the_tables_of_the_page_are_made(tmp_path, monkeypatch, shared):
    from loquitur.cli.main import _run

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOQUITUR_STORE", str(tmp_path / "store"))
    (tmp_path / "mine.csv").write_text("video_id,label\ndQw4w9WgXcQ,Game\n", encoding="utf-8")
    (tmp_path / "yt8m").mkdir()
    names = shared / "vision" / "yt8m_vocabulary_2018.csv"
    (tmp_path / "yt8m" / "vocabulary.csv").write_bytes(names.read_bytes())
    for words in commands("videos"):
        if "category" in words:  # asks YouTube
            continue
        more = [] if "--plan" in words or "--no-youtube" in words else ["--no-youtube"]
        assert _run([*words, *more]) == 0, words
    assert (tmp_path / "videos.csv").is_file()


def test_its_figures_are_those_of_the_code():
    assert f"up to {sizes.MOST_ASKED} shards" in PAGE
    assert bringing.RESERVE_BYTES == 256 << 20
    assert (blocks.BLOCK_BYTES, blocks.MOST_BLOCKS) == (1 << 20, 16)
    for scheme in remote.SCHEMES:
        assert f"`{scheme}://`" in PAGE
    for name in video_tables.VIDEO_COLUMNS:
        assert f"`{name}`" in PAGE
    for name in (*video_tables.PART_COLUMNS, *(column.name for column in COLUMNS)):
        assert f"`{name}`" in PAGE
