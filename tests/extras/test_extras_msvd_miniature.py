"""MSVD in miniature, from its own files to a net that says what is seen in films it never saw."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loquitur.cli.main import _run
from loquitur.settings import Settings
from loquitur.testing import tiny_corpora as tiny

pytestmark = [pytest.mark.extras, pytest.mark.slow, pytest.mark.timeout(600)]


def test_from_the_files_of_msvd_to_sentences(
    tmp_path: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    tiny.write_msvd(Path("msvd"), tiny.films(25), cut=True)
    for line in (
        "data msvd msvd/video_corpus.csv --videos msvd/videos --seed 1 -o clips.jsonl -q",
        "data check clips.jsonl -q",
        "features clips.jsonl -o features --count 8 -q",
        "train run --clips clips.jsonl --features features --epochs 40 --batch 8 --seed 0 -q",
    ):
        capsys.readouterr()
        assert _run(["describe", *line.split()]) == 0, line
    rows = [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()]
    best = max(rows, key=lambda row: row["cider_d"])
    assert best["cider_d"] > 3.5
    assert best["validation_loss"] < rows[0]["validation_loss"] / 3
