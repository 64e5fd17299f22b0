from __future__ import annotations

import inspect
import pickle
import re

import pytest

from loquitur import errors
from loquitur.errors import LoquiturError, RemoteError, StoreError, TransientError, near

CLASSES = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, LoquiturError)
]
EXIT_CODES = {
    "LoquiturError": 1,
    "UsageError": 2,
    "MissingError": 3,
    "InputError": 4,
    "RemoteError": 5,
    "TransientError": 5,
    "QuotaError": 5,
    "StoreError": 1,
    "CorruptError": 1,
    "LockedError": 1,
    "FullError": 1,
    "EngineError": 1,
}


def test_the_tree_is_the_one_of_the_docstring():
    assert {kind.__name__: kind.exit_code for kind in CLASSES} == EXIT_CODES
    drawn = re.findall(r"─ (\w+Error) .*?\b(\d)\b", errors.__doc__)
    assert {name: int(code) for name, code in drawn} | {"LoquiturError": 1} == EXIT_CODES
    assert issubclass(TransientError, RemoteError)
    assert {kind.__name__ for kind in StoreError.__subclasses__()} == {
        "CorruptError", "LockedError", "FullError",
    }  # fmt: skip


def test_every_class_has_a_code_of_its_own():
    codes = [kind.default_code for kind in CLASSES]
    assert all(code.startswith("LQ-") for code in codes)
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_errors_cross_a_process_border_whole(kind, protocol):
    error = kind("clip.mp4: no sound", hint="give another", code="LQ-TEST")
    again = pickle.loads(pickle.dumps(error, protocol))
    assert type(again) is kind
    assert (again.message, again.hint, again.code) == ("clip.mp4: no sound", "give another",
                                                       "LQ-TEST")  # fmt: skip
    assert str(again) == "clip.mp4: no sound"
    assert again.args == error.args
    assert again.exit_code == kind.exit_code


def test_what_a_subclass_adds_survives_pickling():
    again = pickle.loads(pickle.dumps(TransientError("slow down", retry_after_s=12.5)))
    assert again.retry_after_s == 12.5
    assert pickle.loads(pickle.dumps(TransientError("slow down"))).retry_after_s is None


def test_the_class_gives_the_code_where_none_is_given():
    assert LoquiturError("x").code == "LQ-FAILED"
    assert TransientError("x", code="LQ-429").code == "LQ-429"


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        ("whispr", ["whisper", "pocketsphinx"], "did you mean 'whisper'?"),
        ("vt", ["vtt", "srt"], "did you mean 'vtt'?"),
        ("zzz", ["b", "a"], "known: a, b"),
        ("zzz", [], ""),
    ],
)
def test_near_names_or_all_of_them(name, known, said):
    assert near(name, known) == said


def test_no_more_than_three_near_names():
    assert near("model", [f"model{n}" for n in range(9)]).count("'model") == 3
