"""Files of corpora that people or programs spoilt: one clear line, and never more than that."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.errors import InputError, UsageError
from loquitur.vision.corpora import read
from loquitur.vision.corpora.msvd import COLUMNS

HEAD = ",".join(COLUMNS) + "\n"


def table_of(tmp_path: Path, rows: str) -> Path:
    path = tmp_path / "video_corpus.csv"
    path.write_text(HEAD + rows, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.jsonl", b'{"clip": "a", "captions": ["x"]}\n{"clip": \n', "line 2: not a clip"),
        ("a.jsonl", b'{"clip": "a", "start": "soon", "captions": ["x"]}', "line 1: not a clip"),
        ("a.jsonl", b'{"clip": "a", "start": NaN, "captions": ["x"]}', "line 1: not a clip"),
        ("a.jsonl", b'{"clip": "a", "captions": "x"}', "line 1: not a clip"),
        ("a.jsonl", b'{"clip": {"a": 1}}', "line 1: not a clip"),
        ("a.jsonl", b"[" * 100_000, "line 1: not a clip"),
        ("a.jsonl", b'{"schema": "loquitur/clips/9", "clip": "a"}', "of the form"),
        ("a.jsonl", b"", "no clip with a sentence"),
        ("a.jsonl", b'ok\xff\xfe"', "line 1: not UTF-8"),
        ("a.jsonl", b'{"clip": "a"}' + b" " * (1 << 24), "line of more than 16 MB"),
        ("a.csv", b"clip,caption\na,b,c\n", "line 2: 3 cells under 2 columns"),
        ("a.csv", b"clip,caption,start\na,b,never\n", "line 2: not a clip"),
        ("a.csv", b'clip,caption\na,b\nc,"d\ne,f\ng,h\n', "line 3: a quote begins here"),
        ("a.csv", b"clip,caption,start_ms\na,b,1.5\n", "line 2: not a clip"),
        ("a.csv", b"this,that\n1,2\n", "not a corpus of described clips"),
        ("a.csv", b"", "not a corpus of described clips"),
        ("a.json", b'{"videos": [{"url": 3}]}', "not MSR-VTT's JSON"),
        ("a.json", b'{"videos": {}, "sentences": []}', "not MSR-VTT's JSON"),
        ("a.json", b'[{"videoID": 5}]', "not VATEX's JSON"),
        ("a.json", b'{"v_a": {"timestamps": [[1]], "sentences": ["x"]}}', "not ActivityNet"),
        ("a.json", b'{"videos": []}', "no clip with a sentence"),
        ("a.json", b"[1, 2]", "not a corpus of described clips"),
        ("a.txt", b"mv89psg6zh4_33_46 vid1\nnonsense\n", "line 2: not a line of a mapping"),
        ("a.txt", b"mv89psg6zh4_33_46 vid1\nmv89psg6zh4_3_4 vid1\n", "two clips have one number"),
    ],
)
def test_spoilt_files_are_one_clear_line(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=message) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "gone.csv")
    with pytest.raises(UsageError, match="no corpus is called 'msvt'") as caught:
        read(tmp_path, kind="msvt")
    assert "msvd" in caught.value.hint
    with pytest.raises(UsageError, match="no language is called 'Klingon'"):
        read(tmp_path, kind="msvd", language="Klingon")
    with pytest.raises(InputError, match="no clip with a sentence"):
        read(table_of(tmp_path, "mv89psg6zh4,1,2,1,clean,2,Dutch,een man\n"))


@settings(max_examples=20)
@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("b") / "a.csv"
    for head in (b"", HEAD.encode(), b"clip,caption\n", b"{"):
        path.write_bytes(head + data)
        with contextlib.suppress(InputError):
            found = read(path).clips
            assert len({clip.clip_id for clip in found}) == len(found) > 0
            assert all(clip.sentences for clip in found)


def test_many_rows_take_linear_time(tmp_path: Path) -> None:
    row = "mv89psg6zh4,{},{},1,clean,2,English,a man rides\n"

    def seconds(many: int) -> float:
        path = table_of(tmp_path, "".join(row.format(k % 99, k % 99 + 5) for k in range(many)))
        begun = time.process_time()
        read(path)
        return time.process_time() - begun

    times = [min(seconds(many) for _ in range(3)) for many in (1_000, 4_000)]
    assert times[1] < 12 * times[0] + 0.2
    path = table_of(tmp_path, 'mv89psg6zh4,1,5,1,clean,2,English,"open\n' + "more\n" * 10_000)
    begun = time.process_time()
    with pytest.raises(InputError, match="more than 5000 characters: 1"):
        read(path)
    assert time.process_time() - begun < 20
