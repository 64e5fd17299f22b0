"""`subs` for caption files as they are found, through the command line."""

from __future__ import annotations

import pytest

from loquitur import formats
from loquitur.cli.caption_files import offset_ms

SRT = (
    "1\n00:00:01,000 --> 00:00:02,000\n- [door slams] JOHN: What?\n- MARY: No.\n\n"
    "2\n00:00:03,000 --> 00:00:04,000\nWell, well.\n"
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "talk.en.srt"
    path.write_text(SRT, encoding="utf-8")
    return path


def spans(path):
    return [(cue.start_ms, cue.end_ms) for cue in formats.read(path).cues]


def test_clean_writes_and_tells(loquitur, file, tmp_path):
    out = tmp_path / "out.srt"
    answer = loquitur("subs", "clean", file, "--sdh", "-o", out, "--json")
    assert answer.code == 0
    assert answer.json["counts"] == {"sounds": 1, "speakers": 1}
    assert answer.json["changes"][0]["after"] == "- What?\n- No."
    assert formats.read(out).cues[0].payload == "- What?\n- No."
    assert loquitur("subs", "clean", out, "--sdh", "--json").json["changes"] == []


def test_clean_of_rolling_captions_and_of_a_transcript(loquitur, shared, tmp_path):
    sample = shared / "subtitles" / "youtube-rolling" / "sample.vtt"
    answer = loquitur("subs", "clean", sample, "--to", "srt")
    assert answer.code == 0
    assert answer.out.count("-->") == 40
    assert "79 lines" in answer.err
    seed = shared / "seeds" / "equivariant_2bP_KuBrXSc.en.json"
    found = loquitur("subs", "clean", seed, "-o", tmp_path / "x.vtt", "--json").json
    assert (found["rolling"], found["output"]) == ("overlapping", str(tmp_path / "x.vtt"))


@pytest.mark.parametrize(
    ("by", "first"),
    [
        ("-1500", (0, 500)),
        ("+2s", (3_000, 4_000)),
        ("00:00:00.250", (1_250, 2_250)),
        ("2.5", (3_500, 4_500)),
    ],
)
def test_shift_by_any_way_to_say_it(loquitur, file, tmp_path, by, first):
    out = tmp_path / "out.srt"
    assert loquitur("subs", "shift", file, by, "-o", out).code == 0
    assert spans(out)[0] == first


def test_shift_tells_what_was_before_zero(loquitur, file, tmp_path):
    answer = loquitur("subs", "shift", file, "--by", "-2500", "-o", tmp_path / "o.srt", "--json")
    assert (answer.json["dropped"], answer.json["cues"]) == ([1], 1)
    answer = loquitur("subs", "shift", file, "500", "--start", "3s", "-o", tmp_path / "o.srt")
    assert spans(tmp_path / "o.srt") == [(1_000, 2_000), (3_500, 4_500)]


def test_scale_by_rates_and_by_points(loquitur, file, tmp_path):
    out = tmp_path / "o.srt"
    assert loquitur("subs", "scale", file, "25", "23.976", "-o", out).code == 0
    assert spans(out) == [(1_043, 2_085), (3_128, 4_171)]
    back = tmp_path / "back.srt"
    assert (
        loquitur("subs", "scale", out, "--from-fps", "23.976", "--to-fps", "25", "-o", back).code
        == 0
    )
    assert spans(back) == [(1_000, 2_000), (3_000, 4_000)]
    given = ("--point", "1s=2s", "--point", "3s=6s")
    assert loquitur("subs", "scale", file, *given, "-o", out).code == 0
    assert spans(out) == [(2_000, 4_000), (6_000, 8_000)]


def test_merge_and_split_again(loquitur, file, tmp_path):
    other = tmp_path / "talk.de.srt"
    other.write_text(SRT.replace("Well, well.", "Na ja."), encoding="utf-8")
    out = tmp_path / "both.vtt"
    assert loquitur("subs", "merge", file, other, "-o", out).code == 0
    assert formats.read(out).cues[1].text == "Well, well.\nNa ja."
    answer = loquitur(
        "subs", "merge", file, other, "--name", "Ann", "--name", "Bob", "-o", out, "--json"
    )
    assert (answer.json["how"], answer.json["cues"]) == ("speakers", 4)
    assert loquitur("subs", "merge", file, other, "--how", "append", "-o", out).code == 0
    assert spans(out)[2] == (5_000, 6_000)
    answer = loquitur("subs", "split", out, "--at", "4.5s", "-o", tmp_path / "parts", "--json")
    paths = [part["path"] for part in answer.json["parts"]]
    assert [spans(path_of(path)) for path in paths] == [
        [(1_000, 2_000), (3_000, 4_000)],
        [(500, 1_500), (2_500, 3_500)],
    ]


def path_of(text):
    from pathlib import Path

    return Path(text)


def test_split_by_chapters_names_the_parts(loquitur, file, tmp_path):
    chapters = tmp_path / "chapters.vtt"
    chapters.write_text("WEBVTT\n\n00:00.000 --> 00:02.500\nIntro/one\n\n"
                        "00:02.500 --> 00:09.000\nRest\n")  # fmt: skip
    answer = loquitur("subs", "split", file, "--chapters", chapters, "-o", tmp_path / "p", "--json")
    names = [path_of(part["path"]).name for part in answer.json["parts"]]
    assert names == ["talk.en.01 Intro_one.srt", "talk.en.02 Rest.srt"]


def test_labels_and_karaoke(loquitur, file, tmp_path):
    answer = loquitur("subs", "label", file, "--style", "arrows", "--rename", "JOHN=Jo", "--json")
    assert answer.json["speakers"] == ["MARY"]
    answer = loquitur("subs", "karaoke", file, "-o", tmp_path / "k.vtt")
    assert answer.code == 0
    assert "<00:00:03.500>well." in (tmp_path / "k.vtt").read_text()


def test_extract_lists_and_writes(loquitur, shared, tmp_path):
    medium = shared / "media" / "video" / "nasa_13013.mp4"
    rows = loquitur("subs", "extract", medium, "--json").json["tracks"]
    assert [(row["track"], row["codec"], row["language"]) for row in rows] == [
        (2, "mov_text", "en"), (5, "mov_text", "en"),
    ]  # fmt: skip
    answer = loquitur("subs", "extract", medium, "-o", tmp_path / "tracks")
    names = [path_of(line).name for line in answer.out.splitlines()]
    assert names == ["nasa_13013.en.vtt", "nasa_13013.en.5.vtt"]
    assert loquitur("subs", "extract", medium, "--track", "2", "-o", tmp_path / "x.srt").code == 0
    assert spans(tmp_path / "x.srt")[0] == (210, 4_260)
    answer = loquitur("subs", "extract", medium, "--language", "fr")
    assert answer.code == 4
    assert "tracks: 2 (eng), 5 (eng)" in answer.err


def test_sync_to_a_reference_file(loquitur, shared, tmp_path):
    talk = shared / "subtitles" / "google-captions" / "en" / "AGU-EPA.srt"
    moved, out = tmp_path / "moved.srt", tmp_path / "out.srt"
    assert loquitur("subs", "shift", talk, "9s", "-o", moved).code == 0
    answer = loquitur("subs", "sync", moved, talk, "-o", out, "--json")
    assert (answer.json["by"], answer.json["share"]) == ("words", 1.0)
    assert spans(out) == spans(talk)


@pytest.mark.slow
def test_sync_to_the_sound_of_the_sample(loquitur, sample, tmp_path):
    import json

    truth = json.loads(sample.with_suffix(".truth.json").read_text())
    cues = [(said["start_ms"], said["end_ms"], said["text"]) for said in truth["utterances"]]
    path = tmp_path / "late.vtt"
    stamp = "00:00:{:06.3f}".format
    path.write_text("WEBVTT\n\n" + "\n\n".join(
        f"{stamp((start + 4_000) / 1000)} --> {stamp((end + 4_000) / 1000)}\n{text}"
        for start, end, text in cues), encoding="utf-8")  # fmt: skip
    out = tmp_path / "out.vtt"
    answer = loquitur("subs", "sync", path, sample, "-o", out, "--json")
    assert answer.code == 0, answer.err
    assert answer.json["by"] == "speech"
    got = [start for start, _ in spans(out)]
    assert max(abs(a - b[0]) for a, b in zip(got, cues, strict=True)) <= 100


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("shift", "FILE"), 2, "by how much"), (("shift", "FILE", "soon"), 2, "not a time"),
        (("scale", "FILE", "25"), 2, "two frame rates"),
        (("scale", "FILE", "25", "x"), 2, "frame rate"),
        (("merge", "FILE"), 2, "nothing to merge"), (("split", "FILE"), 2, "split where"),
        (("split", "FILE", "--at", "-5"), 2, "not a time"), (("sync", "FILE"), 2, "sync to what"),
        (("clean", "nothing.srt"), 4, "cannot read"), (("extract", "FILE"), 4, "is a text file"),
        (("label", "FILE", "--rename", "x"), 2, "not a pair"),
        (("clean", "FILE", "--to", "nothing"), 2, "unknown format"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(loquitur, file, arguments, code, says):
    answer = loquitur("subs", *(file if item == "FILE" else item for item in arguments))
    assert (answer.code, answer.out) == (code, "")
    assert says in answer.err
    assert len(answer.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "ms"),
    [("-1500", -1500), ("2.5s", 2500), ("10m", 600_000), ("2 min", 120_000), ("1h", 3_600_000),
     ("1:30", 90_000), ("-00:00:02.500", -2500), ("500ms", 500)],
)  # fmt: skip
def test_spans_as_people_type_them(text, ms):
    assert offset_ms(text) == ms
