"""Tables of videos and labels, as people keep them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.errors import InputError, LoquiturError, UsageError
from loquitur.vision.labels.own.parts import part_for, shares_of
from loquitur.vision.labels.own.video_tables import TableOptions, TableRead, read_table
from loquitur.vision.labels.own.videos import LabelledVideo, read_videos, write_videos
from loquitur.vision.labels.vocabulary import Label, LabelVocabulary

if TYPE_CHECKING:
    from pathlib import Path

WORDS = LabelVocabulary(
    labels=(
        Label(name="Game", entity="/m/03bt1gh"),
        Label(name="Action, drama", entity="/m/01z4y"),
        Label(name="2", entity="/m/0two"),
        Label(name="Car", entity="/m/0k4j"),
    )
)
A, B = "dQw4w9WgXcQ", "-abcdefghij"


def table(tmp_path: Path, text: str, name: str = "t.csv", **options: object) -> TableRead:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_table(path, TableOptions(**options))  # type: ignore[arg-type]


def test_rows_of_a_video_are_joined(tmp_path: Path) -> None:
    read = table(
        tmp_path,
        f"video_id,label\n{A},Game\n{B},Car\nhttps://youtu.be/{A}?t=3,Car\n{A},Game\n",
    )
    assert [(one.video_id, one.labels) for one in read.videos] == [
        (A, ("Game", "Car")),
        (B, ("Car",)),
    ]
    assert (read.rows, read.joined) == (4, 2)
    assert read.videos[0].video == f"https://www.youtube.com/watch?v={A}"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Game|Car", ("Game", "Car")),
        ("Game; Car", ("Game", "Car")),
        ('"Game, Car"', ("Game", "Car")),
        ('"Action, drama"', ("Action, drama",)),
        ('"0, 3"', ("Game", "Car")),
        ("2", ("2",)),  # a name goes before a number
        ("3", ("Car",)),
        ("/m/01z4y", ("Action, drama",)),
        ('"/m/03bt1gh,/m/0k4j"', ("Game", "Car")),
        ("game", ("Game",)),
        ("", ()),
    ],
)
def test_labels_by_name_number_and_entity(
    tmp_path: Path, cell: str, expected: tuple[str, ...]
) -> None:
    read = table(tmp_path, f"video_id,labels\n{A},{cell}\n", vocabulary=WORDS)
    assert read.videos[0].labels == expected


def test_without_a_vocabulary_a_comma_parts_nothing_but_numbers(tmp_path: Path) -> None:
    read = table(tmp_path, f'id,label\n{A},"Rock, Paper"\n{B},"4,7"\n')
    assert [one.labels for one in read.videos] == [("Rock, Paper",), ("4", "7")]


def test_other_separators_and_forms(tmp_path: Path) -> None:
    tabs = table(tmp_path, f"ytid\tpositive_labels\tsplit\n{A}\t/m/a,/m/b\tval\n", "t.tsv")
    assert tabs.videos[0].labels == ("/m/a", "/m/b")
    assert tabs.videos[0].part == "validate"
    lines = table(tmp_path, f'{{"video": "{A}", "labels": ["x", "y|z"]}}\n', "t.jsonl")
    assert lines.videos[0].labels == ("x", "y|z")
    own = table(tmp_path, f"who,what\n{A},a b/c\n", video="who", labels=("what",), separator="/")
    assert own.videos[0].labels == ("a b", "c")


def test_paths_lie_beside_the_table(tmp_path: Path) -> None:
    read = table(tmp_path, "path,label\nclips/a.mp4,x\nother/a.mp4,y\nb.webm,z\n")
    assert [one.video for one in read.videos] == [
        str(tmp_path / name) for name in ("clips/a.mp4", "other/a.mp4", "b.webm")
    ]
    assert len({one.video_id for one in read.videos}) == 3
    assert read.videos[2].video_id == "b"
    both = table(tmp_path, f"video_id,path,label\n{A},clips/a.mp4,x\n")
    assert both.videos[0] == LabelledVideo(
        video=str(tmp_path / "clips/a.mp4"), video_id=A, labels=("x",)
    )


def test_a_table_of_our_own_form_keeps_its_names(tmp_path: Path) -> None:
    """`label features` takes a `video` with any `video_id`: so does what is made into its table."""
    read = table(tmp_path, f"video,video_id,label\na.mp4,harbour,x\n{A},{A},y\n")
    assert [(one.video, one.video_id) for one in read.videos] == [
        (str(tmp_path / "a.mp4"), "harbour"),
        (f"https://www.youtube.com/watch?v={A}", A),
    ]


def test_categories_of_youtube_are_numbers_of_their_own(tmp_path: Path) -> None:
    read = table(tmp_path, f"video_id,category_id\n{A},10\n{B},28\n", vocabulary=WORDS)
    assert [one.labels for one in read.videos] == [("Music",), ("Science & Technology",)]
    with pytest.raises(InputError, match="none of YouTube's categories"):
        table(tmp_path, f"video_id,category_id\n{A},43\n")


BAD = {
    "an unknown label": (f"video_id,label\n{A},Gmae\n", "line 2"),
    "a number too high": (f"video_id,label\n{A},9999\n", "another version"),
    "no video": ("video_id,label\n,Game\n", "without a video"),
    "no such id": ("video_id,label\nhello,Game\n", "line 2"),
    "a playlist": ("video_id,label\nhttps://www.youtube.com/playlist?list=PL1,Game\n", "line 2"),
    "two parts": (f"video_id,label,part\n{A},Game,train\n{A},Car,test\n", "parts train and test"),
    "a strange part": (f"video_id,label,part\n{A},Game,unseen\n", "no part"),
    "no rows": ("video_id,label\n", "no rows"),
    "too many cells": (f"video_id,label\n{A},Game,x\n", "3 cells"),
    "no header": (f"{A},Game\n{B},Car\n", "no column of videos"),
    "an open quote": (f'video_id,label\n{A},"Game\n{B},Car\n', "never closed"),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_bad_tables_are_refused_with_their_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises((InputError, UsageError)) as caught:
        table(tmp_path, text, vocabulary=WORDS)
    assert said in f"{caught.value.message} {caught.value.hint}"


def test_unknown_labels_are_counted_where_asked_for(tmp_path: Path) -> None:
    read = table(
        tmp_path, f"video_id,label\n{A},Gmae|Car\n{B},Gmae\n", vocabulary=WORDS, skip_unknown=True
    )
    assert read.unknown == {"Gmae": 2}
    assert [one.labels for one in read.videos] == [("Car",), ()]


@given(text=st.text(max_size=300))
def test_no_text_crashes_the_reader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("t") / "t.csv"
    path.write_text("video_id,label\n" + text, encoding="utf-8", errors="replace")
    with contextlib.suppress(LoquiturError):
        read = read_table(path, TableOptions(vocabulary=WORDS))
        assert {label for one in read.videos for label in one.labels} <= set(WORDS.names)


texts = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="|\x85"))
videos = st.builds(
    LabelledVideo,
    video=st.from_regex(r"/v/[a-z]{1,9}\.mp4", fullmatch=True),
    video_id=st.from_regex(r"[A-Za-z0-9_-]{1,11}", fullmatch=True),
    labels=st.lists(texts.filter(str.strip), unique=True, max_size=4).map(tuple),
    part=st.sampled_from(["", "train", "validate", "test"]),
    title=texts,
    description=st.text(st.characters(blacklist_categories=("Cs", "Cc")) | st.just("\n")),
    tags=st.lists(texts.filter(str.strip), max_size=3).map(tuple),
    category=texts,
)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@given(rows=st.lists(videos, min_size=1, max_size=4, unique_by=lambda one: one.video_id))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, form: str, rows: list[LabelledVideo]
) -> None:
    path = tmp_path_factory.mktemp("v") / f"v.{form}"
    assert write_videos(path, rows) == len(rows)
    assert read_videos(path) == tuple(rows)


def test_a_label_with_the_joining_sign_needs_lines(tmp_path: Path) -> None:
    video = LabelledVideo(video="a.mp4", video_id="a", labels=("x|y",))
    with pytest.raises(InputError, match="joins labels"):
        write_videos(tmp_path / "v.csv", [video])
    write_videos(tmp_path / "v.jsonl", [video])
    assert read_videos(tmp_path / "v.jsonl") == (video,)


def test_a_table_of_ones_own_needs_videos_alone(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text("video,labels\nclips/a.mp4,x|y\n")
    assert read_videos(path) == (
        LabelledVideo(video="clips/a.mp4", video_id="a", labels=("x", "y")),
    )
    path.write_text("video,part\na.mp4,dev\n")
    with pytest.raises(InputError, match="line 2"):
        read_videos(path)
    path.write_text("video\na.mp4\na.mp4\n")
    with pytest.raises(InputError, match="stands twice"):
        read_videos(path)


def test_the_part_of_a_video_is_its_own() -> None:
    ids = [f"video{at:05d}" for at in range(20_000)]
    parts = [part_for(one) for one in ids]
    assert [round(parts.count(name) / 200) for name in ("train", "validate", "test")] == [
        80,
        10,
        10,
    ]
    assert part_for(ids[7]) == parts[7]
    moved = sum(part_for(one, seed=1) != part for one, part in zip(ids, parts, strict=True))
    assert 0.3 < moved / len(ids) < 0.37  # 1 - .8^2 - .1^2 - .1^2
    wider = [part_for(one, (90.0, 5.0, 5.0)) for one in ids]
    assert all(new == "train" for new, old in zip(wider, parts, strict=True) if old == "train")


@pytest.mark.parametrize("text", ["80,20", "80,10,5", "a,b,c", "110,-5,-5", "nan,1,1", ""])
def test_shares_are_a_whole(text: str) -> None:
    with pytest.raises(UsageError):
        shares_of(text)
    assert shares_of("80, 20, 0") == (80, 20, 0)
