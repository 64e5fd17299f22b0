"""docs/describe-measures.md names every option and measure, and its Python prints what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loquitur.cli.describe_eval import evaluate
from loquitur.cli.evaluation_captions import caption
from loquitur.evaluation.sentences.scoring import MEASURES
from loquitur.vision.judging.tables import SHOWN_SLOTS

PAGE = (Path(__file__).parents[2] / "docs" / "describe-measures.md").read_text(encoding="utf-8")


def test_every_option_is_named_and_every_one_named_is_there() -> None:
    known = {
        text
        for command in (evaluate, caption)
        for option in command.params
        if not getattr(option, "hidden", False)
        for text in option.opts
        if text.startswith("--")
    }
    assert {text for text in known - {"--store"} if text not in PAGE} == set()
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) <= known


def test_every_measure_and_slot_is_named() -> None:
    shown = [key for key in MEASURES if f"`{key}`" not in PAGE]
    assert shown == ["bleu2", "bleu3"]  # between bleu1 and bleu4
    assert [name for name in SHOWN_SLOTS.values() if f"`{name}`" not in PAGE] == []


def test_its_python_prints_what_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    ((code, shown),) = re.findall(r"```python\n(.*?)```\n\n```\n(.*?)```", PAGE, flags=re.DOTALL)
    exec(code, {})
    assert capsys.readouterr().out == shown
