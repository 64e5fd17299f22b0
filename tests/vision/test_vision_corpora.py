"""Corpora in the forms that people published them in, and in forms of one's own."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.errors import InputError
from loquitur.testing import tiny_corpora as tiny
from loquitur.vision.clips import Clip, Corpus, Sentence
from loquitur.vision.corpora import ids_in, material, msvd, read
from loquitur.vision.corpora.written import write

FILMS = tiny.films()
HEAD = "VideoID,Start,End,WorkerID,Source,AnnotationTime,Language,Description\n"


def said(corpus: Corpus) -> dict[str, list[tuple[str, str]]]:
    return {one.clip_id: [(s.language, s.text) for s in one.sentences] for one in corpus.clips}


def dropped(corpus: Corpus) -> dict[str, int]:
    return {one.reason: one.count for one in corpus.dropped}


def table_of(tmp_path: Path, rows: str, *, head: str = HEAD) -> Path:
    path = tmp_path / "video_corpus.csv"
    path.write_text(head + rows, encoding="utf-8")
    return path


# -- MSVD -------------------------------------------------------------------------------------


def test_msvd_takes_english_and_counts_the_rest(tmp_path: Path) -> None:
    corpus = read(tiny.write_msvd(tmp_path, FILMS))
    assert corpus.name == "MSVD"
    assert len(corpus.clips) == 12
    first = corpus.clips[0]
    assert first.clip_id == f"{FILMS[0].video_id}_0_2"
    assert first.video_id == first.source == FILMS[0].video_id
    assert first.source.startswith("-")
    assert (first.start_ms, first.end_ms) == (0, 2000)
    assert first.sentences[-1].text == 'The so-called "square"'
    assert first.sentences[2].text == "The square goes left, and it's red"
    assert dropped(corpus) == {
        "sentence in another language (de)": 12,
        "sentence in another language (hi)": 12,
        "sentence in another language (zh)": 12,
        "sentence without text": 12,
    }


def test_msvd_in_every_language_in_one_pass(tmp_path: Path) -> None:
    corpus = read(tiny.write_msvd(tmp_path, FILMS), language="all")
    tags = Counter(one.language for clip in corpus.clips for one in clip.sentences)
    assert tags == {"en": 37, "de": 12, "zh": 12, "hi": 12}
    hindi = read(tmp_path / "video_corpus.csv", language="Hindi")
    assert {one.language for clip in hindi.clips for one in clip.sentences} == {"hi"}


def test_msvd_has_its_usual_split_by_the_mapping(tmp_path: Path) -> None:
    tiny.write_msvd(tmp_path, FILMS)
    corpus = read([tmp_path / "video_corpus.csv", tmp_path / "youtube_mapping.txt"])
    assert corpus.sizes() == {"train": 6, "validation": 2, "test": 4}


@pytest.mark.parametrize("first", [0, 1])
def test_the_usual_split_has_its_sizes_wherever_the_list_begins(tmp_path: Path, first: int) -> None:
    """Some lists count from vid0: taken as they stand, two clips would change their split."""
    rows = [f"v{k:010d}_1_2 vid{first + k}" for k in range(1970)]
    (tmp_path / "mapping.txt").write_text("\n".join(rows))
    from loquitur.vision.corpora.material import Material

    numbers = msvd.mapping(Material(tmp_path / "mapping.txt"))
    sizes = Counter(map(msvd.usual_split, numbers.values()))
    assert sizes == {"train": 1200, "validation": 100, "test": 670}
    assert msvd.usual_split(numbers["v0000001199_1_2"]) == "train"
    assert msvd.usual_split(numbers["v0000001200_1_2"]) == "validation"
    assert msvd.usual_split(None) == msvd.usual_split(1971) == ""


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("a man sings", "a man sings"),
        ('"a man, who sings"', "a man, who sings"),
        ('"he says ""hi"" twice"', 'he says "hi" twice'),
        ('"he says "hi" twice"', 'he says "hi" twice'),
        ('"the so-called "square"', 'the so-called "square"'),
        ('"never closed', "never closed"),
        ('a 5" screen', 'a 5" screen'),
        ("a man, a plan, a canal", "a man, a plan, a canal"),
        ('"two\nlines"', "two lines"),
        ('"three\n\nlines, and\nmore"', "three lines, and more"),
        ("  wide   space\t", "wide space"),
    ],
)
def test_msvd_sentences_survive_their_quotes(tmp_path: Path, cell: str, text: str) -> None:
    row = "mv89psg6zh4,33,46,1,clean,2,English,"
    path = table_of(tmp_path, f"{row}{cell}\n{row}the next one\n")
    assert said(read(path))["mv89psg6zh4_33_46"] == [("en", text), ("en", "the next one")]


def test_an_open_quote_swallows_no_row(tmp_path: Path) -> None:
    rows = "".join(
        f"{name},1,5,1,clean,2,English,{quote}sentence of {name}\n"
        for name, quote in (("a" * 11, '"'), ("b" * 11, ""), ("c" * 11, '"'), ("d" * 11, ""))
    )
    assert len(read(table_of(tmp_path, rows)).clips) == 4


def test_msvd_rows_that_are_none_are_counted(tmp_path: Path) -> None:
    rows = (
        "mv89psg6zh4,33,46,1,clean,2,English,good\n"
        "mv89psg6zh4,,46,1,clean,2,English,no start\n"
        "mv89psg6zh4,46,33,1,clean,2,English,backwards\n"
        "too,few\n"
        "mv89psg6zh4,1e9,2e9,1,clean,2,English,far\n"
        "mv89psg6zh4,1,nan,1,clean,2,English,never\n"
        "mv89psg6zh4,33,46,1,clean,2,Klingon,Qapla\n"
        "mv89psg6zh4,33,46,1,clean,2,English,?!\n"
        f"mv89psg6zh4,33,46,1,clean,2,English,{'very ' * 2000}long\n"
        f"mv89psg6zh4,33,46,1,clean,2,English,{'word ' * 200}\n"
    )
    corpus = read(table_of(tmp_path, rows))
    assert [len(text.split()) for _, text in said(corpus)["mv89psg6zh4_33_46"]] == [1, 200]
    assert dropped(corpus) == {
        "row without a span": 2,
        "row without eight cells": 1,
        "span that ends before it begins": 1,
        "a time that no clip has": 1,
        "sentence in another language (mis)": 1,
        "sentence without words": 1,
        "sentence of more than 5000 characters": 1,
    }
    assert corpus.dropped[0].examples == ("line 3", "line 7")


def test_msvd_without_a_header_quoted_or_in_utf16(tmp_path: Path) -> None:
    row = '"mv89psg6zh4","33","46","1","clean","2","English","a bird, bathing"\n'
    for head, encoding in (("", "utf-8"), (HEAD, "utf-8-sig"), (HEAD, "utf-16")):
        path = tmp_path / f"{encoding}.csv"
        path.write_text(head + row, encoding=encoding, newline="\r\n")
        assert said(read(path)) == {"mv89psg6zh4_33_46": [("en", "a bird, bathing")]}


def test_all_video_descriptions(tmp_path: Path) -> None:
    path = tmp_path / "AllVideoDescriptions.txt"
    path.write_text(
        "# comment\n\n-4wsuPCjDBc_5_15 a squirrel eats\n-4wsuPCjDBc_5_15 a chipmunk\n"
        "a_b_c_d_e_f_1_9 an id of underscores\nnothing here\n"
    )
    corpus = read(path)
    assert list(said(corpus)) == ["-4wsuPCjDBc_5_15", "a_b_c_d_e_f_1_9"]
    assert corpus.clips[0].source == corpus.clips[0].video_id == "-4wsuPCjDBc"
    assert corpus.clips[1].video_id == "a_b_c_d_e_f"
    assert dropped(corpus) == {"line that is no sentence of a clip": 1}


@pytest.mark.parametrize("apart", [",", "\t"])
@pytest.mark.parametrize("header", [True, False])
def test_chinese_msvd_with_its_mapping_and_without(
    tmp_path: Path, apart: str, header: bool
) -> None:
    path = tmp_path / "msvd_cn.csv"
    rows = [("1", "vid1201", "一个人，在弹吉他"), ("2", "vid1", '"他在跑"')]
    head = [("sentence id", "video id", "sentence")] if header else []
    path.write_text("\n".join(apart.join(row) for row in [*head, *rows]), encoding="utf-8")
    corpus = read(path, language="zh")
    assert said(corpus) == {"vid1201": [("zh", "一个人，在弹吉他")], "vid1": [("zh", "他在跑")]}
    assert [clip.split for clip in corpus.clips] == ["validation", "train"]
    (tmp_path / "youtube_mapping.txt").write_text("mv89psg6zh4_33_46 vid1\n")
    english = table_of(tmp_path, "mv89psg6zh4,33,46,1,clean,2,English,a man runs\n")
    both = read([english, path, tmp_path / "youtube_mapping.txt"], language="all")
    assert said(both)["mv89psg6zh4_33_46"] == [("en", "a man runs"), ("zh", "他在跑")]


# -- the others -------------------------------------------------------------------------------


def test_msrvtt(tmp_path: Path) -> None:
    corpus = read(tiny.write_msrvtt(tmp_path, FILMS))
    assert corpus.sizes() == {"train": 6, "validation": 2, "test": 4}
    second = corpus.clips[1]
    assert (second.clip_id, second.video_id) == ("video1", FILMS[0].video_id)
    assert (second.start_ms, second.end_ms) == (2000, 4000)
    assert second.category == "people"
    assert len(second.sentences) == 3


def test_msrvtt_of_several_files_and_with_orphans(tmp_path: Path) -> None:
    one = {"videos": [{"video_id": "video1", "url": "", "split": "train"}]}
    two = {
        "videos": [{"video_id": "video2", "category": 99, "split": "test"}],
        "sentences": [
            {"video_id": "video1", "caption": "a"},
            {"video_id": "video2", "caption": "b"},
            {"video_id": "video3", "caption": "c"},
            {"video_id": "video1", "caption": None},
        ],
    }
    for name, document in (("one", one), ("two", two)):
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    corpus = read([tmp_path / "one.json", tmp_path / "two.json"])
    assert said(corpus) == {"video1": [("en", "a")], "video2": [("en", "b")]}
    assert dropped(corpus) == {
        "sentence of a clip that is not there": 1,
        "sentence without text": 1,
    }
    assert corpus.clips[1].category == "99"


def test_msrvtt_split_lists(tmp_path: Path) -> None:
    path = tiny.write_msrvtt(tmp_path, FILMS)
    (tmp_path / "train.csv").write_text("video_id\nvideo0\nvideo1\n")
    (tmp_path / "test.csv").write_text(
        'key,vid_key,video_id,sentence\nret0,msr5,video5,"a, b"\nret1,msr9,video999,c\n'
    )
    (tmp_path / "val.txt").write_text("video7\n\n")
    lists = {name: tmp_path / f"{name}.csv" for name in ("train", "test")}
    corpus = read(path, lists={**lists, "val": tmp_path / "val.txt"})
    assert {clip.clip_id: clip.split for clip in corpus.clips} == {
        "video0": "train",
        "video1": "train",
        "video5": "test",
        "video7": "validation",
    }
    assert dropped(corpus) == {
        "clip in none of the lists of splits": 8,
        "id in a list of a split, of no clip": 1,
    }
    with pytest.raises(InputError, match="none of its clips is in the lists"):
        read(tiny.write_table(tmp_path / "t", FILMS[:1]), lists=lists)
    (tmp_path / "ids.json").write_text('["a", "b", "a"]')
    assert ids_in(tmp_path / "ids.json") == ("a", "b")
    (tmp_path / "none.txt").write_text("\n")
    with pytest.raises(InputError, match="no ids in it"):
        ids_in(tmp_path / "none.txt")


def test_a_document_of_one_long_line_is_no_endless_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MSR-VTT's JSON is one line of 20 MB and more."""
    monkeypatch.setattr(material, "MOST_LINE_BYTES", 1000)
    monkeypatch.setattr(material, "HEAD_BYTES", 500)
    assert len(read(tiny.write_msrvtt(tmp_path, FILMS)).clips) == 12
    assert len(read(tiny.write_vatex(tmp_path, FILMS)).clips) == 12


def test_vatex(tmp_path: Path) -> None:
    paths = tiny.write_vatex(tmp_path, FILMS)
    corpus = read(paths)
    assert corpus.sizes() == {"train": 10, "validation": 2}
    assert corpus.clips[0].video_id == FILMS[0].video_id
    chinese = read(paths, language="zh")
    assert all(one.language == "zh" for clip in chinese.clips for one in clip.sentences)
    entry = [{"videoID": "a_b-_d_fgh_j_000012_000022", "enCap": ["x"]}, {"videoID": "bad"}]
    (tmp_path / "v.json").write_text(json.dumps(entry))
    corpus = read(tmp_path / "v.json")
    assert corpus.clips[0].video_id == "a_b-_d_fgh_j"
    assert (corpus.clips[0].start_ms, corpus.clips[0].end_ms) == (12_000, 22_000)
    assert dropped(corpus) == {"id without its times": 1}


def test_activitynet(tmp_path: Path) -> None:
    corpus = read(tiny.write_activitynet(tmp_path, FILMS))
    assert corpus.sizes() == {"train": 10, "validation": 3}
    both = [clip for clip in corpus.clips if len(clip.sentences) == 2]
    assert len(both) == 1  # the span on which the two annotators agree
    document = {
        "v_abcdefghijk": {
            "duration": 10.0,
            "timestamps": [[0, 99], [5, 5], [7.25, 9], [8, 2]],
            "sentences": [" one", "two", "three", "four"],
        },
        "v_bbcdefghijk": {"timestamps": [[0, 1]], "sentences": []},
    }
    (tmp_path / "a.json").write_text(json.dumps(document))
    corpus = read(tmp_path / "a.json")
    assert [(clip.start_ms, clip.end_ms) for clip in corpus.clips] == [(0, 10_000), (7250, 9000)]
    assert corpus.clips[0].source == "abcdefghijk"
    assert dropped(corpus) == {
        "span that is none in its video": 2,
        "video with more spans than sentences, or fewer": 1,
    }


def test_a_folder_of_clips_with_texts(tmp_path: Path) -> None:
    tiny.write_folder(tmp_path / "own", FILMS[:3])
    (tmp_path / "own" / "alone.txt").write_text("no video")
    (tmp_path / "own" / "silent.mp4").write_bytes(b"")
    corpus = read(tmp_path / "own")
    assert corpus.name == "own"
    assert len(corpus.clips) == 3
    assert corpus.sizes() == {"": 2, "test": 1}
    assert Counter(one.language for one in corpus.clips[0].sentences) == {"": 3, "de": 1}
    assert dropped(corpus) == {"clip without a sentence": 1, "text without its video": 1}
    assert len(read(tmp_path / "own", silent=True).clips) == 4


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    corpus = read(tiny.write_table(tmp_path, FILMS))
    assert len(corpus.clips) == 12
    assert {clip.category for clip in corpus.clips} == {"red", "green", "blue"}
    assert Path(corpus.clips[0].source).is_file()
    assert corpus.clips[0].video_id == corpus.clips[1].video_id
    (tmp_path / "t.csv").write_text("file;caption;start;lang\nx.mp4;a cat;1:30;German\n")
    (clip,) = read(tmp_path / "t.csv").clips
    assert (clip.clip_id, clip.start_ms, clip.end_ms) == ("x_90_end", 90_000, None)
    assert clip.sentences == (Sentence(text="a cat", language="de"),)


def test_lines_of_ones_own_in_their_short_form(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(
        '{"clip": "a.mp4", "start": 1.5, "end": "0:04", "captions": ["one", "two"]}\n\n'
        '{"clip": 7, "video": "v", "caption": "three", "language": "French", "extra": [1]}\n'
        '{"clip": "a", "source": "a.mp4", "start_ms": 1500, "end": 4, "captions": ["four"]}\n'
        '{"clip": "a", "source": "a.mp4", "start": 9, "captions": ["five"]}\n'
        '{"source": "https://youtu.be/abcdefghijk", "captions": [{"text": "six"}]}\n'
    )
    corpus = read(path)
    first, second, third = corpus.clips
    assert first.clip_id == "a"
    assert first.source == str(tmp_path / "a.mp4")
    assert (first.start_ms, first.end_ms) == (1500, 4000)
    assert first.texts() == ("one", "two", "four")
    assert (second.clip_id, second.sentences[0].language) == ("7", "fr")
    assert third.source == third.clip_id == "https://youtu.be/abcdefghijk"
    assert dropped(corpus) == {"clip id again, of another video or span": 1}


def test_a_clip_again_with_a_time_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(
        '{"clip": "a", "video": "v", "start": 1, "end": 2, "captions": ["one"]}\n'
        '{"clip": "a", "video": "v", "start": 1, "end": 1e300, "captions": ["two"]}\n'
    )
    corpus = read(path)
    assert said(corpus) == {"a": [("", "one")]}
    assert dropped(corpus) == {"a time that no clip has": 1}


@pytest.mark.skipif(sys.platform != "linux", reason="names are text there")
def test_a_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    for name in (b"\xff", b"\xfe", b"good"):
        for suffix, data in ((b".mp4", b""), (b".txt", b"a cat")):
            Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name + suffix)).write_bytes(data)
    corpus = read(tmp_path)
    assert [clip.clip_id for clip in corpus.clips] == ["good"]
    assert dropped(corpus) == {"video whose name is not UTF-8": 2, "text without its video": 2}


def test_spans_of_one_file_are_clips_each(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(
        "clip,start,end,caption\na.mp4,0,2,one\na.mp4,2,4.5,two\na.mp4,0,2,three\n"
        "a.mp4,2,4.5,four\n"
    )
    corpus = read(tmp_path / "own.csv")
    assert {clip.clip_id: clip.texts() for clip in corpus.clips} == {
        "a": ("one", "three"),
        "a_2_4.5": ("two", "four"),
    }
    assert len({clip.source for clip in corpus.clips}) == 1
    assert dropped(corpus) == {}


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
names = st.text(st.sampled_from("abc-_/ é漢.#\"'"), min_size=1, max_size=8)


@settings(max_examples=15)
@given(st.lists(st.tuples(names, texts, st.sampled_from(["", "en", "zh"])), min_size=1, max_size=6))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    clips: dict[str, Clip] = {}
    for name, text, language in rows:
        said = " ".join(text.split())
        if any(char.isalnum() for char in said):
            clips[name] = Clip(
                clip_id=name,
                video_id=f"v{name}",
                source=f"shapes:{name}",
                start_ms=5,
                sentences=(Sentence(text=said, language=language),),
                split="train",
            )
    if not clips:
        return
    path = tmp_path_factory.mktemp("w") / "clips.jsonl"
    write(Corpus(name="clips", clips=tuple(clips.values())), path)
    again = read(path)
    assert again.clips == tuple(clips.values())
    assert again.dropped == ()
    first = path.read_bytes()
    write(again, path)
    assert path.read_bytes() == first


def test_a_corpus_moves_with_its_videos(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    corpus = read(tiny.write_table(folder, FILMS[:1]))
    write(corpus, folder / "clips.jsonl")
    assert f'"source": "{FILMS[0].video_id}.mp4"' in (folder / "clips.jsonl").read_text()
    folder.rename(tmp_path / "there")
    moved = read(tmp_path / "there" / "clips.jsonl")
    assert all(Path(clip.source).is_file() for clip in moved.clips)
