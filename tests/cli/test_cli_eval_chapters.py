from __future__ import annotations

import json

import pytest

TRUE = "My talk\n0:00 Hello\n1:30 - Groups\n(5:00) Symmetry\n"


@pytest.fixture
def files(tmp_path):
    (tmp_path / "ref.txt").write_text(TRUE)
    (tmp_path / "hyp.json").write_text(
        json.dumps(
            {
                "windows": [],
                "chapters": [
                    {"start_ms": 0, "end_ms": 95_000, "title": "a", "terms": []},
                    {"start_ms": 95_000, "end_ms": 600_000, "title": "b", "terms": []},
                ],
            }
        )
    )
    return tmp_path


def test_as_json_beside_the_trivial_ones(loquitur, files):
    answer = loquitur("eval", "chapters", "ref.txt", "hyp.json", "--json")
    assert answer.code == 0, answer
    (one,) = answer.json["files"]
    assert (one["duration_s"], one["duration_known"]) == (600, True)
    assert (one["reference_borders"], one["found_within_10_s"], one["borders"]) == (2, 1, 1)
    # window 100 s: the probes that begin at 90..94, and those at 200..299
    assert answer.json["pk"] == pytest.approx((5 + 100) / 500)
    assert set(one["trivial"]) == {"none", "even", "random"}
    assert one["trivial"]["none"]["pk"] == pytest.approx((90 + 100) / 500)


def test_for_people_a_guessed_length_is_told(loquitur, files):
    answer = loquitur("eval", "chapters", "ref.txt", "ref.txt")
    assert answer.code == 0
    header, row, _, *rest = answer.out.splitlines()
    assert header.split()[:3] == ["file", "seconds", "borders"]
    assert row.split() == ["ref", "450", "2", "2", "2", "0.0000", "0.0000"]
    assert [line.split(",")[0] for line in rest] == ["none", "even", "random"]
    assert "--duration" in answer.err
    told = loquitur("eval", "chapters", "ref.txt", "ref.txt", "--duration", "10:00")
    assert "--duration" not in told.err


def test_folders_lists_captions_and_outlines(loquitur, files):
    for name in ("true", "made"):
        (files / name).mkdir()
    (files / "true/a.txt").write_text(TRUE)
    (files / "made/a.vtt").write_text("WEBVTT\n\n00:00.000 --> 01:30.000\nHello\n")
    (files / "true/b.json").write_text('[{"start_ms": 0}, {"start_ms": 60000}]')
    (files / "made/b.json").write_text(
        '{"outline": {"chapters": [{"start_ms": 0}]}, "duration_ms": 99000}'
    )
    answer = loquitur("eval", "chapters", "true", "made", "--json")
    assert answer.code == 0, answer
    assert [(one["name"], one["borders"]) for one in answer.json["files"]] == [("a", 0), ("b", 0)]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("x.txt", "no times here", "no line begins with a time"),
        ("x.json", '{"windows": []}', "no `chapters`"),
        ("x.json", "{", "x.json"),
        ("x.json", '[{"start_ms": -5}]', "before 0"),
        ("x.srt", "1\n00:00:00,000 --> 00:00:02,000\nSo\n", "captions, no chapters"),
    ],
)
def test_what_are_no_chapters_is_said(loquitur, files, name, text, says):
    (files / name).write_text(text)
    answer = loquitur("eval", "chapters", "ref.txt", name)
    assert answer.code == 4
    assert says in answer.err


def test_a_file_and_a_folder_are_no_pair(loquitur, files):
    assert loquitur("eval", "chapters", "ref.txt", ".").code == 2
    assert loquitur("eval", "chapters", "ref.txt", "ref.txt", "--duration", "soon").code == 2
