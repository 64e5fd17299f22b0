"""`label data fetch` against a local mirror."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from loquitur.testing.shard_server import Fault, ShardServer, shard_server
from loquitur.vision.labels.dataset import YT8M_LABELS
from loquitur.vision.labels.dataset_files import open_dataset, write_dataset

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MADE = {f"train{at:02d}.tfrecord": random.Random(at).randbytes(50_000 + at) for at in range(4)}
VOCABULARY = (
    "Index,TrainVideoCount,KnowledgeGraphId,Name,WikiUrl,Vertical1,Vertical2,Vertical3,"
    "WikiDescription\n"
    + "".join(f'{at},{9000 - at},/m/{at:04x},Thing {at},,Games,,,"a, b"\n' for at in range(3862))
)


@pytest.fixture
def server() -> Iterator[ShardServer]:
    with shard_server() as served:
        served.add("video", "train", MADE)
        served.add("video", "validate", {"validate0a.tfrecord": b"v" * 1000})
        served.files["/vocabulary.csv"] = VOCABULARY.encode()
        yield served


@pytest.fixture
def fetch(loquitur: Any, server: ShardServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LOQUITUR_OFFLINE", "false")

    def run(*words: object) -> Any:
        return loquitur("label", "data", "fetch", "--base-url", server.url, *words)

    return run


def test_shards_come_with_what_they_are(fetch: Any, server: ShardServer, tmp_path: Path) -> None:
    answer = fetch("-o", "data", "--part", "train", "--part", "validate")
    assert answer.code == 0
    assert "5 shards chosen, 0 here and right" in answer.err
    assert "to come: 201.01 kB (as the server says)" in answer.err
    assert "free on the disk" in answer.err
    assert answer.out == "data: fetched 5; 201.01 kB fetched\n"
    info, shards = open_dataset(tmp_path / "data")
    assert (info.level, info.labels, len(shards)) == ("video", YT8M_LABELS, 5)
    assert len(info.vocabulary) == 64
    assert (tmp_path / "data" / "vocabulary.csv").read_text() == VOCABULARY
    again = fetch("-o", "data", "--part", "train", "--part", "validate", "--json").json
    assert again["counts"] == {"here": 5}
    assert again["survey"]["coming_bytes"] == 0
    assert {row["state"] for row in again["shards"]} == {"here"}


def test_a_dry_run_says_what_would_come(fetch: Any, tmp_path: Path) -> None:
    answer = fetch("-o", "data", "--part", "train", "--dry-run", "--shard", "1,2", "--json")
    assert answer.json["counts"] == {"not-asked": 2}
    assert answer.json["survey"]["coming_bytes"] == 100_002
    assert not list((tmp_path / "data").glob("*.tfrecord"))


def test_what_cannot_be_had_is_told_and_is_no_success(
    fetch: Any, server: ShardServer, tmp_path: Path
) -> None:
    server.faults["/video/train/train01.tfrecord"] = [Fault(status=404)]
    answer = fetch("-o", "data", "--part", "train")
    assert answer.code == 5
    assert "train01.tfrecord: " in answer.err
    assert "(404)" in answer.err
    assert "fetched 3, failed 1" in answer.out or "failed 1, fetched 3" in answer.out
    assert fetch("-o", "data", "--part", "train").code == 0


def test_without_a_vocabulary_it_is_said(
    fetch: Any, loquitur: Any, server: ShardServer, tmp_path: Path
) -> None:
    del server.files["/vocabulary.csv"]
    answer = fetch("-o", "data", "--part", "train")
    assert answer.code == 0
    assert "--vocabulary FILE names one" in answer.err
    assert open_dataset(tmp_path / "data")[0].vocabulary == ""
    own = tmp_path / "mine.csv"
    own.write_text(VOCABULARY)
    assert fetch("-o", "data", "--part", "train", "--vocabulary", own).code == 0
    assert open_dataset(tmp_path / "data")[0].vocabulary
    own.write_text(VOCABULARY.rsplit("\n", 2)[0] + "\n")
    answer = fetch("-o", "data", "--part", "train", "--vocabulary", own)
    assert answer.code == 4
    assert "another version" in answer.err
    assert (tmp_path / "data" / "vocabulary.csv").read_text() == VOCABULARY  # the right one stays
    answer = loquitur("label", "data", "fetch", "-o", "official", "--vocabulary", own)
    assert (answer.code, "another version" in answer.err) == (4, True)
    assert not (tmp_path / "official").exists()


def test_a_mirror_of_ones_own_says_what_it_has(
    fetch: Any, server: ShardServer, tmp_path: Path
) -> None:
    import dataclasses

    from loquitur.vision.labels.dataset import YOUTUBE_8M_MEANS

    (tmp_path / "theirs").mkdir()
    info = dataclasses.replace(YOUTUBE_8M_MEANS, name="ours", labels=7)
    index = write_dataset(tmp_path / "theirs", info)
    server.files["/dataset.json"] = index.read_bytes()
    server.files["/vocabulary.csv"] = "".join(f"label {at}\n" for at in range(7)).encode()
    assert fetch("-o", "data", "--part", "train").code == 0
    found, _ = open_dataset(tmp_path / "data")
    assert (found.name, found.labels) == ("ours", 7)
    del server.files["/dataset.json"]  # away today: what is known stays
    assert fetch("-o", "data", "--part", "train").code == 0
    assert open_dataset(tmp_path / "data")[0] == found


def test_levels_are_not_mixed(fetch: Any, tmp_path: Path) -> None:
    assert fetch("-o", "data", "--part", "train").code == 0
    answer = fetch("-o", "data", "--level", "frame")
    assert answer.code == 2
    assert "holds shards of the video level" in answer.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--shard", "5"), "not a share"),
        (("--shard", "5,4"), "no share"),
        (("--shard", "0,4"), "no share"),
        (("--limit-bytes", "much"), "not a size"),
        (("--mirror", "eu"), "at once"),
        (("--part", "validation"), "validation"),
    ],
)
def test_slips_are_told(fetch: Any, words: tuple[str, ...], said: str) -> None:
    answer = fetch("-o", "data", *words)
    assert answer.code == 2
    assert said in answer.err


def test_a_bound_in_the_usual_units(fetch: Any, tmp_path: Path) -> None:
    answer = fetch("-o", "data", "--part", "train", "--limit-bytes", "0.11 MB")
    assert "no more than 110.00 kB of it" in answer.err
    assert len(list((tmp_path / "data").glob("*.tfrecord"))) == 2


def test_nothing_is_fetched_where_that_is_switched_off(loquitur: Any) -> None:
    answer = loquitur("label", "data", "fetch", "-o", "data", "--mirror", "eu")
    assert answer.code == 5
    assert "switched off" in answer.err
