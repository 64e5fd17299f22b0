"""Files of labels and predictions: every form says the same, and nothing else is let in."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.errors import InputError
from loquitur.evaluation.labels import Evaluator
from loquitur.evaluation.labels.files import read_predictions, read_truth
from loquitur.evaluation.labels.numbering import Numbering

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("Guitar", "Game", "Drum kit", "Piano", "7")
LISTS = {"a": [(0, 0.5), (2, 0.25)], "b": [(1, 0.75)], "c": []}


def known() -> Numbering:
    """A vocabulary of five labels."""

    def find(name: str) -> int:
        if name not in NAMES:
            raise InputError(f"no label is called '{name}'")
        return NAMES.index(name)

    return Numbering(NAMES, find)


def lists_of(path: Path, numbering: Numbering) -> dict[str, list[tuple[int, float]]]:
    found = read_predictions(path, numbering)
    rows = zip(found.video_ids, found.offsets[:-1], found.offsets[1:], strict=True)
    return {
        video: [(int(found.labels[at]), float(found.scores[at])) for at in range(first, last)]
        for video, first, last in rows
    }


def objects(key: str, *, names: bool = True, index: bool = False) -> list[dict[str, Any]]:
    return [
        {
            key: video,
            "labels": [
                {"label": NAMES[label] if names else label, "score": score}
                | ({"index": label} if index else {})
                for label, score in pairs
            ],
        }
        for video, pairs in LISTS.items()
    ]


FORMS = {
    "challenge.csv": "VideoId,LabelConfidencePairs\n"
    + "".join(
        f"{video},{' '.join(f'{label} {score}' for label, score in pairs)}\n"
        for video, pairs in LISTS.items()
    ),
    "lines.jsonl": "".join(json.dumps(one) + "\n" for one in objects("video", index=True)),
    "numbers.jsonl": "".join(json.dumps(one) + "\n" for one in objects("video_id", names=False)),
    "list.json": json.dumps(objects("id"), indent=2),
    "wrapped.json": json.dumps({"results": objects("video")}),
    "pairs.jsonl": '{"video": "a", "labels": [["Guitar", 0.5], [2, 0.25]]}\n'
    '{"video": "b", "labels": {"Game": 0.75}}\n{"video": "c", "labels": []}\n',
    "capitals.jsonl": '{"Video": "a", "Labels": [{"Label": "Guitar", "Score": 0.5}, '
    '{"Name": "Drum kit", "Confidence": 0.25}]}\n{"VideoId": "b", "Labels": [["Game", 0.75]]}\n'
    '{"VIDEO": "c", "LABELS": []}\n',
    "bom.csv": "\ufeffvideo;labels\na;0 0.5 2 0.25\nb;1 0.75\nc;\n",
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_says_the_same(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(FORMS[name], encoding="utf-8")
    assert lists_of(path, known()) == LISTS


def test_a_row_for_each_label(tmp_path: Path) -> None:
    path = tmp_path / "long.tsv"
    path.write_text("video\tlabel\tscore\na\tGuitar\t0.5\na\tDrum kit\t.25\nb\tGame\t0.75\n")
    assert lists_of(path, known()) == {key: LISTS[key] for key in "ab"}
    path.write_text("video\tlabel\tscore\na\tGuitar\t0.5\nb\tGame\t0.75\na\tDrum kit\t.25\n")
    with pytest.raises(InputError, match="'a' stands twice"):
        read_predictions(path, known())


def test_a_label_called_7_is_not_label_7(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"video": "a", "labels": [{"label": "7", "score": 1}]}')
    assert lists_of(path, known()) == {"a": [(4, 1.0)]}
    path.write_text('{"video": "a", "labels": [{"label": 7, "score": 1}]}')
    with pytest.raises(InputError, match="label 7, the vocabulary has 5"):
        read_predictions(path, known())
    pairs = tmp_path / "p.csv"  # the challenge's form has numbers
    pairs.write_text("VideoId,LabelConfidencePairs\na,7 1\n")
    with pytest.raises(InputError, match="label 7, the vocabulary has 5"):
        read_predictions(pairs, known())


def test_matrices(tmp_path: Path) -> None:
    scores = np.random.default_rng(0).random((3, 5)).astype(np.float32)
    np.savez(tmp_path / "whole.npz", scores=scores, video_ids=np.array(list("abc")))
    found = read_predictions(tmp_path / "whole.npz", known())
    assert found.dense
    assert found.video_ids == ("a", "b", "c")
    np.savez(
        tmp_path / "best.npz",
        scores=np.array([[0.5, 0.25], [0.75, 0], [0, 0]], np.float32),
        indices=np.array([[0, 2], [1, -1], [-1, -1]]),
        video_ids=np.array([b"a", b"b", b"c"]),
    )
    assert lists_of(tmp_path / "best.npz", known()) == LISTS
    packed = pytest.importorskip("safetensors.numpy")
    packed.save_file({"scores": scores}, tmp_path / "w.safetensors", {"video_ids": '["a","b","c"]'})
    found = read_predictions(tmp_path / "w.safetensors", known())
    assert np.array_equal(found.scores, scores)
    assert found.video_ids == ("a", "b", "c")
    packed.save_file({"scores": scores}, tmp_path / "n.safetensors")
    assert read_predictions(tmp_path / "n.safetensors", known()).video_ids == ()


TRUTHS = {
    "t.jsonl": '{"video": "a", "labels": ["Guitar", "Drum kit"]}\n{"id": "b", "labels": [1]}\n'
    '{"video_id": "c", "labels": []}\n',
    "objects.jsonl": '{"video": "a", "labels": [{"label": "Guitar"}, {"label": "Drum kit"}]}\n'
    '{"video": "b", "labels": "Game"}\n{"video": "c", "labels": []}\n',
    "bars.csv": "video,video_id,labels,part\nx.mp4,a,Guitar|Drum kit,test\n,b,Game,test\nz,c,,\n",
    "numbers.csv": 'VideoId,Labels\na,0 2\nb,"1"\nc,\n',
}


@pytest.mark.parametrize("name", TRUTHS)
def test_what_holds_in_every_form(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(TRUTHS[name])
    found = read_truth(path, known())
    assert found.video_ids == ("a", "b", "c")
    assert found.labels.tolist() == [[0, 2], [1, -1], [-1, -1]]


def test_truths_as_matrices(tmp_path: Path) -> None:
    held = np.array([[1, 0, 1, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0]], bool)
    for name, labels in (("b.npz", held), ("i.npz", np.array([[0, 2], [1, -1], [-1, -1]]))):
        np.savez(tmp_path / name, labels=labels, video_ids=np.array(list("abc")))
        found = read_truth(tmp_path / name, known())
        assert found.labels.tolist() == [[0, 2], [1, -1], [-1, -1]]
    np.savez(tmp_path / "none.npz", labels=held)
    with pytest.raises(InputError, match="without ids"):
        read_truth(tmp_path / "none.npz", known())


def test_without_a_vocabulary_labels_are_numbered_as_they_are_met(tmp_path: Path) -> None:
    numbering = Numbering()
    (tmp_path / "t.jsonl").write_text(TRUTHS["objects.jsonl"])
    truth = read_truth(tmp_path / "t.jsonl", numbering)
    (tmp_path / "p.jsonl").write_text(FORMS["lines.jsonl"].replace("Drum kit", "Sitar"))
    found = read_predictions(tmp_path / "p.jsonl", numbering)
    assert numbering.names == ("Guitar", "Drum kit", "Game", "Sitar")
    evaluator = Evaluator(4)
    rows, told = found.rows_of(truth)
    found.measure(evaluator, truth, rows)
    assert told == ()
    scores = evaluator.result()
    assert (scores.videos, scores.positives, scores.hit_at_one) == (2, 3, 1.0)
    np.savez(tmp_path / "m.npz", scores=np.zeros((3, 4), np.float32))
    with pytest.raises(InputError, match="those of other files have names") as caught:
        read_predictions(tmp_path / "m.npz", numbering)
    assert "--vocabulary" in caught.value.hint


def test_numbers_without_names_are_the_columns_of_a_matrix(tmp_path: Path) -> None:
    numbering = Numbering()
    (tmp_path / "t.csv").write_text("video,labels\na,3|1\nb,4\n")
    truth = read_truth(tmp_path / "t.csv", numbering)  # met in another order
    scores = np.array([[0.1, 0.8, 0.2, 0.9], [0.4, 0.3, 0.2, 0.1]], np.float32)
    np.savez(tmp_path / "m.npz", scores=scores, video_ids=np.array(["a", "b"]))
    whole = read_predictions(tmp_path / "m.npz", numbering)
    best = np.array([[3, 1, -1], [0, 1, 5]])
    few = np.take_along_axis(np.pad(scores, ((0, 0), (0, 2))), np.maximum(best, 0), axis=1)
    np.savez(tmp_path / "l.npz", scores=few, indices=best, video_ids=np.array(["a", "b"]))
    listed = read_predictions(tmp_path / "l.npz", numbering)
    assert set(numbering.names) == set("012345")
    for found in (whole, listed):
        evaluator = Evaluator(len(numbering.names))
        found.widened(len(numbering.names)).measure(evaluator, truth, np.arange(2))
        scored = evaluator.result()
        assert (scored.positives, scored.hit_at_one, scored.perr) == (3, 0.5, 0.5)


@pytest.mark.parametrize("name", ["labels", "indices"])
def test_a_number_beyond_all_vocabularies_is_refused_at_once(tmp_path: Path, name: str) -> None:
    path = tmp_path / "m.npz"
    arrays = {name: np.array([[2**31 - 5]]), "video_ids": np.array(["a"])}
    np.savez(path, scores=np.ones((1, 1), np.float32), **arrays)
    read = read_truth if name == "labels" else read_predictions
    with pytest.raises(InputError, match=r"m\.npz: label 2,147,483,643"):
        read(path, Numbering())


def test_a_matrix_finds_nothing_in_videos_that_it_has_not(tmp_path: Path) -> None:
    """Not even label 0, which is the first of 5 equals where zeros stand for what is missing."""
    (tmp_path / "t.jsonl").write_text(
        "".join(f'{{"video": "{one}", "labels": [0]}}\n' for one in "abcd")
    )
    truth = read_truth(tmp_path / "t.jsonl", known())
    scores = np.full((2, 5), 0.5, np.float32)
    scores[:, 0] = 0.9
    np.savez(tmp_path / "m.npz", scores=scores, video_ids=np.array(["c", "a"]))
    found = read_predictions(tmp_path / "m.npz", known())
    rows, _ = found.rows_of(truth)
    evaluator = Evaluator(5)
    found.measure(evaluator, truth, rows)
    scored = evaluator.result()
    assert (scored.hit_at_one, scored.perr, scored.gap, scored.map) == (0.5, 0.5, 0.5, 0.5)
    assert scored.precision_at[1] == scored.recall_at[5] == 0.5
    assert scored.calibration is not None
    assert scored.calibration.pairs == 10
    assert scored.calibration_of_all is not None
    assert scored.calibration_of_all.pairs == 10


def test_what_one_side_lacks_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text(TRUTHS["t.jsonl"])
    truth = read_truth(tmp_path / "t.jsonl", known())
    (tmp_path / "p.csv").write_text("video,labels\na,0 0.5\nz,0 0.5\n")
    found = read_predictions(tmp_path / "p.csv", known())
    rows, told = found.rows_of(truth)
    assert rows.tolist() == [0, -1, -1]
    assert "nothing of 2 of 3 videos" in told[0]
    assert "1 video that t.jsonl has not" in told[1]
    (tmp_path / "p.csv").write_text("video,labels\nclips/b.mp4,0 0.5\nclips/c.mp4,1 0.5\n")
    rows, told = read_predictions(tmp_path / "p.csv", known()).rows_of(truth)
    assert rows.tolist() == [-1, 0, 1]
    assert "without folder and suffix" in told[0]
    (tmp_path / "p.csv").write_text("video,labels\nz,0 0.5\n")
    with pytest.raises(InputError, match="no video in common"):
        read_predictions(tmp_path / "p.csv", known()).rows_of(truth)
    np.savez(tmp_path / "p.npz", scores=np.zeros((2, 5), np.float32))
    with pytest.raises(InputError, match="2 rows without ids"):
        read_predictions(tmp_path / "p.npz", known()).rows_of(truth)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("p.csv", "", "is empty"),
        ("p.csv", "a,b\n1,2\n", "the first line is 'a,b'"),
        ("p.csv", "video,labels\nx,1 0.5 2\n", "line 2: .* is not pairs"),
        ("p.csv", "video,labels\nx,1 nan\n", "line 2: the score 'nan' is no probability"),
        ("p.csv", "video,labels\nx,1 1.5\n", "the score '1.5' is no probability"),
        ("p.csv", "video,labels\nx,9 0.5\n", "label 9, the vocabulary has 5"),
        ("p.csv", "video,labels\nx,1 0.5 1 0.4\n", "a label stands twice"),
        ("p.csv", "video,labels\nx,1 0.5\nx,1 0.5\n", "line 3: the video 'x' stands twice"),
        ("p.csv", "video,labels\nx,1 0.5,3\n", "3 cells, the header has 2"),
        ("p.csv", "video,labels\n", "no predictions"),
        ("p.jsonl", '{"video": "a", "labels": [{"label": "Gitar", "score": 1}]}', "Gitar"),
        ("p.jsonl", '{"video": "a", "labels": [{"label": "Game"}]}', "no score"),
        ("p.jsonl", '{"video": "a"}', "no labels, it has video"),
        ("p.jsonl", '{"labels": []}', "no video_id"),
        ("p.jsonl", '{"video": "", "labels": []}', "names no video"),
        ("p.jsonl", '{"video": "a", "labels": 5}', "is no list of labels"),
        ("p.jsonl", '{"video": "a", "labels": []}\n{"vid', "line 2: not JSON"),
        ("p.jsonl", "[1, 2]", "row 1: expected an object"),
        ("p.json", "[{", "not JSON"),
        ("p.json", "[" * 9000, "not JSON"),
        (
            "p.jsonl",
            '{"video": "a", "labels": [{"label": "Game", "index": 3, "score": 1}]}',
            "is label 3 there, 1 here",
        ),
        ("p.npz", "no zip", "cannot be read"),
    ],
)
def test_what_is_none_is_refused_with_its_place(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        read_predictions(path, known())
    assert name in caught.value.message


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"scores": np.zeros(3, np.float32)}, "no matrix of scores in it, it has scores"),
        ({"scores": np.zeros((3, 5), int)}, "no matrix of scores"),
        ({"other": np.zeros((3, 5))}, "it has other"),
        ({"scores": np.zeros((3, 5)), "video_ids": np.array(["a"])}, "1 ids of 3 rows"),
        ({"scores": np.zeros((2, 5)), "video_ids": np.array(["a", "a"])}, "stands twice"),
        ({"scores": np.zeros((2, 5)), "indices": np.zeros((2, 4), int)}, "expected the same"),
        ({"scores": np.zeros((2, 5)), "video_ids": np.array([{}, "a"])}, "cannot be read"),
    ],
)
def test_matrices_that_are_none(tmp_path: Path, arrays: dict[str, Any], said: str) -> None:
    """The last one is a pickle inside, which is not opened."""
    np.savez(tmp_path / "p.npz", **arrays)
    with pytest.raises(InputError, match=said):
        read_predictions(tmp_path / "p.npz", known())


def test_places_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_predictions(tmp_path / "absent.csv", known())
    with pytest.raises(InputError, match="No such file"):
        read_predictions(tmp_path / "absent.npz", known())
    with pytest.raises(InputError, match="is a folder"):
        read_truth(tmp_path, known())
    lines = b"".join(b"x%d,0\n" % at for at in range(9000))
    for head in (b"", b"video,labels\n" + lines):
        (tmp_path / "b.csv").write_bytes(head + b"\xff\xfe\x00")
        with pytest.raises(InputError, match="not UTF-8"):
            read_truth(tmp_path / "b.csv", known())


_BYTES = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(sorted(FORMS)).flatmap(
        lambda name: st.tuples(
            st.just(FORMS[name].encode()), st.integers(0, 400), st.binary(max_size=3)
        ).map(lambda it: it[0][: it[1]] + it[2] + it[0][it[1] + 1 :])
    ),
)


@given(_BYTES, st.sampled_from(["p.csv", "p.jsonl", "p.npz"]))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(data)
    for read in (read_predictions, read_truth):
        with contextlib.suppress(InputError):
            read(path, known())


def test_a_matrix_with_wrong_bytes_is_read_or_refused(tmp_path: Path) -> None:
    """What zip guards with a checksum is the same, or the file is refused."""
    scores = np.random.default_rng(0).random((3, 5)).astype(np.float32)
    np.savez(tmp_path / "p.npz", scores=scores, video_ids=np.array(list("abc")))
    sound = (tmp_path / "p.npz").read_bytes()
    chance = np.random.default_rng(1)
    refused = 0
    for _ in range(400):
        data = bytearray(sound)
        data[chance.integers(len(data))] ^= 1 << int(chance.integers(8))
        if chance.random() < 0.2:
            del data[chance.integers(len(data)) :]
        (tmp_path / "p.npz").write_bytes(data)
        try:
            found = read_predictions(tmp_path / "p.npz", known())
        except InputError:
            refused += 1
        else:
            assert np.array_equal(found.scores, scores)
            assert found.video_ids in (("a", "b", "c"), ())
    assert 200 < refused < 400
