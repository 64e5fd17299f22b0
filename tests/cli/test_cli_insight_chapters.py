from __future__ import annotations

import pytest

pytest.importorskip("scipy")
pytest.importorskip("textblob")


@pytest.fixture
def captions(tmp_path):
    """Three subjects of two minutes each, as bare captions."""
    lines, at_s = [], 0
    for subject in ("lava magma crater", "violin melody sonata", "parser compiler token"):
        for number in range(30):
            words = subject.split()
            said = f"we see the {words[number % 3]} and the {words[(number * 7 + 1) % 3]} here"
            clocks = [f"00:{at // 60:02d}:{at % 60:02d},000" for at in (at_s, at_s + 4)]
            lines.append(f"{len(lines) + 1}\n{clocks[0]} --> {clocks[1]}\n{said}\n")
            at_s += 4
    (tmp_path / "talk.srt").write_text("\n".join(lines))
    return tmp_path


def test_a_list_for_the_description_is_written_and_scored(loquitur, captions):
    answer = loquitur(
        "insight", "transcript", "talk.srt", "--engine", "none", "--chapter-list", "list.txt",
        "--chapter-count", 3, "--json",
    )  # fmt: skip
    assert answer.code == 0, answer
    starts = [one["start_ms"] for one in answer.json["chapters"]]
    assert len(starts) == 3
    lines = (captions / "list.txt").read_text().splitlines()
    assert lines[0].startswith("0:00 ")
    assert [line.split(" ", 1)[1] for line in lines] == [
        one["title"] for one in answer.json["chapters"]
    ]
    (captions / "true.txt").write_text("0:00 a\n2:00 b\n4:00 c\n")
    score = loquitur("eval", "chapters", "true.txt", "list.txt", "--duration", "6:00", "--json")
    assert score.json["pk"] < score.json["trivial"]["none"]["pk"]


def test_what_youtube_refuses_is_told(loquitur, captions):
    answer = loquitur(
        "insight", "transcript", "talk.srt", "--engine", "none", "--chapter-list", "list.txt",
        "--chapter-count", 2,
    )  # fmt: skip
    assert answer.code == 0
    assert "at least 3" in answer.err
    no = loquitur(
        "insight", "transcript", "talk.srt", "--no-chapters", "--chapter-list", "list.txt"
    )
    assert no.code == 2
    full = loquitur(
        "insight", "transcript", "talk.srt", "--engine", "none", "--chapter-count", 2,
        "--chapter-list", "none/list.txt",
    )  # fmt: skip
    assert full.code == 1
    assert "none/list.txt" in full.err


def test_no_file_where_there_are_no_chapters(loquitur, captions):
    (captions / "short.srt").write_text("1\n00:00:00,000 --> 00:00:04,000\nhello there\n")
    answer = loquitur(
        "insight", "transcript", "short.srt", "--engine", "none", "--chapter-list", "list.txt"
    )
    assert answer.code == 0
    assert "too short" in answer.err
    assert not (captions / "list.txt").exists()
