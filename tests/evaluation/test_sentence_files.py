"""Sentences out of the files of any tool."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from loquitur.errors import InputError
from loquitur.evaluation.sentences.comparing import compare_files
from loquitur.evaluation.sentences.files import Role, read_sentences, same_ids

if TYPE_CHECKING:
    from pathlib import Path

ONE = {"v1": ["a cat, sitting"], "v2": ["a dog"]}
FORMS = {
    "coco.json": json.dumps(
        [{"image_id": "v1", "caption": "a cat, sitting"}, {"image_id": "v2", "caption": "a dog"}]
    ),
    "annotations.json": json.dumps(
        {
            "images": [],
            "annotations": [{"image_id": one, "caption": said[0]} for one, said in ONE.items()],
        }
    ),
    "map.json": json.dumps({"v1": "a cat, sitting", "v2": ["a dog"]}),
    "wrapped.json": json.dumps(
        {"predictions": {one: [{"image_id": one, "caption": said[0]}] for one, said in ONE.items()}}
    ),
    "challenge.json": json.dumps(
        {
            "version": "1",
            "result": [{"video_id": one, "caption": said[0]} for one, said in ONE.items()],
        }
    ),
    "msrvtt.json": json.dumps(
        {
            "info": {},
            "videos": [{"id": 1, "video_id": "v1", "split": "test"}],
            "sentences": [
                {"sen_id": 1, "video_id": one, "caption": said[0]} for one, said in ONE.items()
            ],
        }
    ),
    "rows.jsonl": '{"clip": "v1", "prediction": "a cat, sitting"}\n'
    '{"clip": "v2", "prediction": "a dog"}\n',
    "clips.jsonl": '{"clip": "v1", "captions": [{"text": "a cat, sitting", "language": "en"}, '
    '{"text": "eine Katze", "language": "de"}]}\n{"clip": "v2", "captions": ["a dog"]}\n',
    "table.csv": 'video_id,caption\nv1,"a cat, sitting"\nv2,a dog\n',
    "semicolons.csv": "video_name;caption\nv1;a cat, sitting\nv2;a dog\n",
    "null.jsonl": '{"clip": "v1", "caption": "a cat, sitting"}\n'
    '{"clip": "v2", "caption": "a dog"}\n'
    '{"clip": "v3", "caption": null}\n',
    "table.tsv": "id\tsentence\nv1\ta cat, sitting\nv2\ta dog\n",
    "tabs.txt": "# of a tool\nv1\ta cat, sitting\n\nv2\ta dog\n",
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("role", ["references", "predictions"])
def test_every_form_says_the_same(tmp_path: Path, name: str, role: Role) -> None:
    (tmp_path / name).write_text(FORMS[name], "utf-8")
    found = read_sentences(tmp_path / name, role=role, language="en")
    assert found.sentences == ONE
    assert not found.by_line


def test_a_file_with_both_sides_gives_the_one_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "both.jsonl"
    path.write_text('{"clip": "v", "prediction": "said", "references": ["one", "two"]}\n', "utf-8")
    assert read_sentences(path, role="references").sentences == {"v": ["one", "two"]}
    assert read_sentences(path, role="predictions").sentences == {"v": ["said"]}


def test_names_that_tools_give_to_what_they_say(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"video_path": "v.mp4", "pred": "said"}\n{"video_path": "w", "pred": "b"}\n')
    assert read_sentences(path, role="predictions").sentences == {"v.mp4": ["said"], "w": ["b"]}
    path.write_text('{"video": "v", "answr": "said"}\n{"video": "w", "answr": "b"}\n')
    with pytest.raises(InputError, match="no sentence of a clip") as caught:
        read_sentences(path, role="predictions")
    assert "its rows have video, answr" in caught.value.hint


def test_vatex_has_two_languages_in_a_row(tmp_path: Path) -> None:
    path = tmp_path / "v.json"
    path.write_text('[{"videoID": "a", "enCap": ["a cat"], "chCap": ["一只猫"]}]', "utf-8")
    for language, said in (("en", "a cat"), ("zh", "一只猫"), ("zh-Hans", "一只猫")):
        found = read_sentences(path, role="references", language=language)
        assert found.sentences == {"a": [said]}


def test_sentences_without_names_are_no_predictions_of_named_clips(tmp_path: Path) -> None:
    (tmp_path / "r.tsv").write_text("v1\ta cat\nv2\ta dog\n")
    (tmp_path / "p.csv").write_text("v1,a cat\nv2,a dog\n")
    with pytest.raises(InputError, match=r"p\.csv names no clips") as caught:
        compare_files(tmp_path / "r.tsv", tmp_path / "p.csv")
    assert "names of columns" in caught.value.hint


def test_lines_and_lists_are_numbered(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a cat\n\na dog\n", "utf-8")
    (tmp_path / "b.json").write_text('[["a cat", "the cat"], ["a cow"], ["a dog"]]', "utf-8")
    said = read_sentences(tmp_path / "a.txt", role="predictions")
    assert said.by_line
    assert said.sentences == {"1": ["a cat"], "2": [""], "3": ["a dog"]}
    scores, _ = compare_files(tmp_path / "b.json", tmp_path / "a.txt", measures=("bleu1",))
    assert [one.values["bleu1"] for one in scores.rows] == pytest.approx([1, 0, 1])
    (tmp_path / "c.txt").write_text("a cat\n", "utf-8")
    with pytest.raises(InputError, match="3 clips by number"):
        compare_files(tmp_path / "b.json", tmp_path / "c.txt")


def test_splits_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "clips.jsonl"
    path.write_text(
        '{"clip": "a", "split": "train", "captions": ["x"], "source": "shapes:1"}\n'
        '{"clip": "b", "split": "test", "captions": ["y"]}\n',
        "utf-8",
    )
    found = read_sentences(path, role="references")
    assert found.of("test") == {"b": ["y"]}
    assert found.sources == {"a": "shapes:1"}
    with pytest.raises(InputError) as caught:
        found.of("validation")
    assert caught.value.hint == "it has test, train"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("[]", "no sentence of a clip"),
        ("[" * 90_000, "not JSON"),
        ("[" * 900 + "]" * 900, "no sentence of a clip"),
        ('{"clip": "a", "caption": "x"}\n{"clip"', "line 2: not JSON"),
        ("a\tx\nb", "line 2: no tab"),
        ('video_id,caption\nv1,"' + "x" * 200_000, "line 2: field larger"),
        ("\x00\x01", None),
    ],
)
def test_a_file_that_is_none_is_one_clear_line(tmp_path: Path, text: str, said: str | None) -> None:
    path = tmp_path / "broken"
    path.write_text(text, "utf-8")
    if said is None:
        assert read_sentences(path, role="predictions").by_line
        return
    with pytest.raises(InputError, match=said) as caught:
        read_sentences(path, role="predictions")
    assert "\n" not in caught.value.message


def test_ids_may_differ_by_folder_and_suffix() -> None:
    assert same_ids(["v1", "v2"], {"clips/v1.mp4": "x"}) == ({"v1": "x"}, True)
    assert same_ids(["v1"], {"v1": "x", "v2.mp4": "y"}) == ({"v1": "x", "v2.mp4": "y"}, False)
    # two predictions of what would be one clip: nothing is guessed
    both = {"a/v1.mp4": "x", "b/v1.mp4": "y"}
    assert same_ids(["v1"], both) == (both, False)


def test_of_several_sentences_the_first_counts_and_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text('{"a": ["a cat"], "b": ["a dog"]}', "utf-8")
    (tmp_path / "h.json").write_text('{"a": ["a cat", "nonsense"], "b": "a dog"}', "utf-8")
    scores, notices = compare_files(tmp_path / "r.json", tmp_path / "h.json", measures=("bleu1",))
    assert scores.values["bleu1"] == pytest.approx(1)
    assert "the first counts" in notices[0]
