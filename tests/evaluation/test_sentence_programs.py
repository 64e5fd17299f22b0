"""METEOR's and SPICE's own programs, in the place of which a script stands here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from loquitur.errors import EngineError, MissingError
from loquitur.evaluation.sentences.function_words import read_words
from loquitur.evaluation.sentences.java import meteor_by_program, spice_by_program

if TYPE_CHECKING:
    from pathlib import Path

_METEOR = """
for line in sys.stdin:
    kind, *rest = [part.strip() for part in line.split("|||")]
    if kind == "SCORE":
        print(f"{len(rest)}.0 1.0", flush=True)
    else:
        for one in rest:
            print(float(one.split()[0]) / 10, flush=True)
        print("0.5", flush=True)
"""
_SPICE = """
import json
given, made = sys.argv[sys.argv.index("-out") - 1], sys.argv[sys.argv.index("-out") + 1]
rows = [
    {"image_id": one["image_id"], "scores": {"All": {"f": len(one["refs"]) / 10}}}
    for one in json.load(open(given))
]
json.dump(rows, open(made, "w"))
"""
PAIRS = [(["a", "cat|||"], [["a", "cat"]]), (["a"], [["b"], ["c"]])]


def java(folder: Path, body: str) -> str:
    path = folder / "java"
    path.write_text(f"#!{sys.executable}\nimport sys\n{body}", "utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def jar(tmp_path: Path) -> Path:
    path = tmp_path / "program.jar"
    path.write_bytes(b"")
    return path


def test_meteors_program_is_asked_line_by_line(tmp_path: Path, jar: Path) -> None:
    values, whole = meteor_by_program(jar, PAIRS, java=java(tmp_path, _METEOR))
    assert values == [0.2, 0.3]
    assert whole == 0.5


def test_spices_program_gives_a_score_a_clip(tmp_path: Path, jar: Path) -> None:
    found = spice_by_program(jar, [("7", "a cat", ["x", "y"])], java=java(tmp_path, _SPICE))
    assert found == {"7": 0.2}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("sys.exit('Exception: no data')", "no data"),
        ("print('what', flush=True)\nsys.stdin.read()", "no number|too early"),
        ("import time\ntime.sleep(60)", "too early"),
    ],
)
def test_a_program_that_fails_is_one_line(tmp_path: Path, jar: Path, body: str, said: str) -> None:
    with pytest.raises(EngineError, match=said):
        meteor_by_program(jar, PAIRS, java=java(tmp_path, body), timeout_s=0.5)


def test_spice_that_fails_is_one_line(tmp_path: Path, jar: Path) -> None:
    failing = "sys.exit('Exception in thread\\n\\t... 3 more')"
    with pytest.raises(EngineError, match="SPICE's program failed: Exception in"):
        spice_by_program(jar, [("7", "a", ["b"])], java=java(tmp_path, failing))
    with pytest.raises(EngineError, match="gave no scores"):
        spice_by_program(jar, [("7", "a", ["b"])], java=java(tmp_path, ""))


def test_without_java_or_jar_it_is_missing(tmp_path: Path, jar: Path) -> None:
    with pytest.raises(MissingError, match="Java is not here"):
        meteor_by_program(jar, PAIRS, java=str(tmp_path / "nothing"))
    with pytest.raises(MissingError, match="is not there"):
        meteor_by_program(tmp_path / "no.jar", PAIRS, java=java(tmp_path, _METEOR))


def test_function_words_are_the_first_of_each_line(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("The 5\nof\n\n", "utf-8")
    assert read_words(tmp_path / "words") == {"the", "of"}
