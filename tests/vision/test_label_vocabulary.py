"""Vocabularies: YouTube-8M's file, ours, lists; numbers, names, verticals."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import fsspec
import numpy as np
import pytest

from loquitur.errors import InputError
from loquitur.vision.labels.dataset import YOUTUBE_8M, YT8M_LABELS
from loquitur.vision.labels.vocabulary import (
    VERTICALS,
    Label,
    LabelVocabulary,
    genre_labels,
    genre_scores,
    label_names,
)
from loquitur.vision.labels.vocabulary_files import (
    read_label_ids,
    read_vocabulary,
    vocabulary_of_data,
    write_vocabulary,
)
from loquitur.vision.labels.youtube_categories import YOUTUBE_CATEGORIES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def real(shared: Path) -> LabelVocabulary:
    """That of May 2018."""
    return read_vocabulary(shared / "vision" / "yt8m_vocabulary_2018.csv")


SMALL = LabelVocabulary(
    labels=(
        Label(name="Game", entity="/m/03bt1gh", verticals=("Games",), videos=10),
        Label(name="/m/0dxrf", entity="/m/0dxrf", verticals=("Food & Drink", "Science")),
        Label(name='"Quoted", with\u00e9', entity="/m/3"),
        Label(name="game", entity="/m/4", verticals=("Sports",)),
    )
)


def test_the_real_file_is_read_whole(real: LabelVocabulary) -> None:
    assert len(real) == YT8M_LABELS
    assert real.verticals == VERTICALS
    assert sum(label.name == label.entity for label in real.labels) == 56
    assert sum(not label.verticals for label in real.labels) == 138
    assert sum(len(label.verticals) > 1 for label in real.labels) == 584
    assert real.labels[0] == Label(
        name="Game", entity="/m/03bt1gh", verticals=("Games",), videos=788_288
    )
    assert sum(label.videos for label in real.labels) == 11_711_620
    first = [label.verticals[0] for label in real.labels if label.verticals]
    assert first.count("Games") == 734
    assert first.count("Real Estate") == 6
    assert real.vertical_matrix().shape == (3862, 24)


def test_the_list_of_names_is_numbered_by_its_ids(shared: Path, real: LabelVocabulary) -> None:
    """Its rows are in no order."""
    found = read_vocabulary(shared / "vision" / "yt8m_label_names_2018.csv")
    same = [one == two for one, two in zip(found.names, real.names, strict=True)]
    assert same.count(False) == 56
    assert found.names[120] == "label 120"
    assert found.digest != real.digest


def test_segment_labels(shared: Path) -> None:
    found = read_label_ids(shared / "vision" / "yt8m_segment_label_ids.csv", labels=3862)
    assert len(found) == 1000
    assert found[:3] == (3, 7, 8)


@pytest.mark.parametrize("name", ["v.csv", "v.json"])
def test_what_is_written_is_read_again(tmp_path: Path, name: str) -> None:
    write_vocabulary(tmp_path / name, SMALL)
    found = read_vocabulary(tmp_path / name)
    assert found == SMALL
    assert found.digest == SMALL.digest


def test_plain_lists_are_vocabularies(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("cat\n  dog \n\nred  car\n")
    (tmp_path / "odd.txt").write_text("Identity, lost\nLabel, red\n")
    assert read_vocabulary(tmp_path / "odd.txt").names == ("Identity, lost", "Label, red")
    (tmp_path / "names.json").write_text('["cat", "dog", "red car"]')
    for name in ("names.txt", "names.json"):
        assert read_vocabulary(tmp_path / name).names == ("cat", "dog", "red car")


@pytest.mark.parametrize("separator", [";", "\t"])
def test_cells_may_be_parted_otherwise(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "v.tsv"
    path.write_text("Index,Name,Vertical1\n1,b,Games\n0,a,News\n".replace(",", separator))
    found = read_vocabulary(path)
    assert found.names == ("a", "b")
    assert found.verticals == ("Games", "News")


def test_the_digest_is_of_the_labels_alone() -> None:
    counted = LabelVocabulary(
        labels=tuple(Label(name=one.name, entity=one.entity, verticals=one.verticals, videos=7)
                     for one in SMALL.labels)
    )  # fmt: skip
    assert counted.digest == SMALL.digest
    swapped = LabelVocabulary(labels=(SMALL.labels[1], SMALL.labels[0], *SMALL.labels[2:]))
    assert swapped.digest != SMALL.digest


def test_labels_are_found_by_name_and_by_entity() -> None:
    assert SMALL.find("Game") == 0
    assert SMALL.find("game") == 3
    assert SMALL.find("/m/0dxrf") == 1
    with pytest.raises(InputError, match="2 labels are called 'GAME'"):
        SMALL.find("GAME")
    with pytest.raises(InputError) as caught:
        SMALL.find("Gane")
    assert "Game" in caught.value.hint


def test_genres_follow_from_labels() -> None:
    matrix = SMALL.vertical_matrix()
    assert SMALL.verticals == ("Food & Drink", "Games", "Science", "Sports")
    scores = np.array([[0.5, 0.2, 0.9, 0.0], [1.0, 1.0, 0.0, 1.0]])
    assert genre_scores(scores, matrix) == pytest.approx(
        np.array([[0.2, 0.5, 0.2, 0.0], [1, 1, 1, 1]])
    )
    two = np.array([[True], [True]])
    assert genre_scores(np.array([[0.5, 0.5]]), two)[0, 0] == pytest.approx(0.75)
    found = genre_labels(np.array([[0, 1], [2, -1], [3, -1]]), matrix)
    assert found.tolist() == [[0, 1, 2], [-1, -1, -1], [3, -1, -1]]


def test_names_of_numbers_without_a_vocabulary() -> None:
    assert label_names(None, 2) == ("label 0", "label 1")
    assert label_names(SMALL, 4)[0] == "Game"
    with pytest.raises(InputError, match="has 4 labels, what is scored has 5"):
        label_names(SMALL, 5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Index,Name\n0,a\n2,c\n", "label 1 is missing"),
        ("Index,Name\n0,a\n0,b\n", "stands twice"),
        ("Index,Name\n-1,a\n", "no number of a label"),
        ("Index,Name\n1e3,a\n", "no number of a label"),
        ("Index,Name\n", "no labels"),
        ('{"schema": "other", "labels": []}', "schema 'other'"),
        ('{"schema": "loquitur/label-vocabulary/1", "labels": [{"nome": 1}]}', "no vocabulary"),
        ("[1, 2]", "no vocabulary"),
        ('["", "a"]', "has no name"),
        ("", "without labels"),
        ("[" * 5000, "no vocabulary"),
        ("Vertical1,Title\nGames,a\n", "no column of numbers and none of names"),
    ],
)
def test_what_is_no_vocabulary_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "v.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        read_vocabulary(path)
    assert "v.csv" in caught.value.message


def test_places_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_vocabulary(tmp_path / "absent.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match="not UTF-8"):
        read_vocabulary(tmp_path / "binary.csv")
    (tmp_path / "ids.csv").write_text("Index\n3\n4000\n")
    with pytest.raises(InputError, match="line 3"):
        read_label_ids(tmp_path / "ids.csv", labels=3862)


def test_a_vocabulary_of_another_version_is_refused(tmp_path: Path) -> None:
    write_vocabulary(tmp_path / "v.json", SMALL)
    with pytest.raises(InputError, match="another vocabulary") as caught:
        vocabulary_of_data(YOUTUBE_8M, str(tmp_path), tmp_path / "v.json")
    assert caught.value.code == "LQ-OTHER-VOCABULARY"
    assert vocabulary_of_data(YOUTUBE_8M, str(tmp_path)) is None


def test_the_vocabulary_of_a_data_set_lies_beside_it(tmp_path: Path) -> None:
    """In its folder, beside its shard, at its address."""
    info = dataclasses.replace(
        YOUTUBE_8M, labels=len(SMALL), vocabulary=SMALL.digest, vocabulary_file="v.csv"
    )
    write_vocabulary(tmp_path / "v.csv", SMALL)
    assert vocabulary_of_data(info, str(tmp_path)) == SMALL
    shard = tmp_path / "train00.tfrecord"
    shard.touch()
    assert vocabulary_of_data(info, str(shard)) == SMALL
    far = fsspec.filesystem("memory")
    far.pipe_file("/vocabulary-test/v.csv", (tmp_path / "v.csv").read_bytes())
    assert vocabulary_of_data(info, "memory://vocabulary-test") == SMALL


def test_youtube_has_categories_of_its_own() -> None:
    assert len(YOUTUBE_CATEGORIES) == 15
    assert set(YOUTUBE_CATEGORIES.values()) & set(VERTICALS) == {
        "Autos & Vehicles", "Pets & Animals", "Sports",
    }  # fmt: skip
