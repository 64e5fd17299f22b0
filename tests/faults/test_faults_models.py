"""Model folders that are empty, cut off, of another engine, or shut: one error, never a defect.

Every built-in engine that takes a folder is tried with a tiny model of its real architecture.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from functools import cache

import pytest

from loquitur import registry
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.pipeline.engines import choose, opened
from loquitur.protocols import Resources
from loquitur.testing.stand_ins import STAND_INS, stand_in_of

FOLDERS = [spec for spec in registry.BUILTIN if (spec.kind, spec.name) in STAND_INS]
FOLDERS = [spec for spec in FOLDERS if not spec.apart]
READ_TOO = {("trained", "trained-onnx")}
"""Engines that read another's folders by design: an export is the same model."""
each = pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            spec,
            id=f"{spec.kind}-{spec.name}",
            marks=[pytest.mark.extras] if spec.extra else [],
        )
        for spec in FOLDERS
    ],
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """`sound(spec)` -> (class, folder with a sound model, the other options that go with it)."""

    @cache
    def make(spec):
        if registry.missing(spec):
            pytest.skip(f"not installed: {', '.join(registry.missing(spec))}")
        stand_in = stand_in_of(spec)
        for name in stand_in.needs:
            pytest.importorskip(name)
        options = stand_in.build(tmp_path_factory.mktemp(spec.name) / "tiny", "")
        return registry.load(spec), options.pop("model"), options

    return make


def load(kind, folder, options, tmp_path):
    """Load a model as a run does: who it is first, then the engine."""
    resources = Resources(models=tmp_path / "cache")
    spec = next(s for s in FOLDERS if s.target.endswith(f":{kind.__name__}"))
    choose(spec.kind, spec.name, {"model": str(folder), **options}, resources)
    given = kind.Options(model=str(folder), **options)
    return opened(kind, given, resources, name=spec.name)


def largest(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return max(files, key=lambda path: path.stat().st_size)


@each
def test_an_empty_folder(spec, sound, tmp_path):
    kind, _, options = sound(spec)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError) as caught:
        load(kind, tmp_path / "empty", options, tmp_path)
    assert str(tmp_path / "empty") in caught.value.message
    assert caught.value.exit_code == 4


@each
@pytest.mark.parametrize("how", ["half", "junk", "gone"])
def test_a_damaged_or_partial_folder(spec, sound, tmp_path, how):
    from pathlib import Path

    kind, folder, options = sound(spec)
    copy = tmp_path / "copy"
    shutil.copytree(Path(folder), copy)
    # the precision that is taken where there are two: nothing of the other may be looked at
    for path in [item for item in copy.rglob("*.onnx") if ".int8." in item.name]:
        (path.parent / path.name.replace(".int8.", ".")).unlink(missing_ok=True)
    path = largest(copy)
    data = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(data[: len(data) // 2] if how == "half" else b"\x00\xffjunk" * 99)
    with pytest.raises(InputError) as caught:
        load(kind, copy, options, tmp_path)
    assert str(copy) in caught.value.message
    assert "\n" not in caught.value.message + caught.value.hint


@each
def test_a_folder_of_another_engine(spec, sound, tmp_path):
    kind, mine, options = sound(spec)
    for other in FOLDERS:
        if other.kind != spec.kind or other.name == spec.name or registry.missing(other):
            continue
        if (spec.name, other.name) in READ_TOO:
            continue
        _, folder, _ = sound(other)
        assert folder != mine
        with pytest.raises(InputError) as caught:
            load(kind, folder, options, tmp_path)
        assert "\n" not in caught.value.message


@each
def test_a_place_that_is_no_folder(spec, sound, tmp_path):
    kind, _, options = sound(spec)
    for name in ("no such place", str(tmp_path / "nowhere" / "at" / "all")):
        with pytest.raises((UsageError, InputError, MissingError)):
            load(kind, name, options, tmp_path)


@each
def test_a_folder_without_search_permission_is_no_defect(spec, sound, tmp_path, monkeypatch):
    """Root may look anywhere, so the system calls answer as they would answer somebody else."""
    from pathlib import Path

    kind, folder, options = sound(spec)
    shut = tmp_path / "shut"
    shutil.copytree(Path(folder), shut)
    real_stat, real_scan, real_open = os.stat, os.scandir, os.open

    def refused(path):
        with contextlib.suppress(TypeError):
            return str(os.fspath(path)).startswith(f"{shut}{os.sep}")
        return False

    def stat(path, *rest, **more):
        if refused(path):
            raise PermissionError(13, "Permission denied", str(path))
        return real_stat(path, *rest, **more)

    def scan(path=".", *rest):
        if str(path) == str(shut):
            raise PermissionError(13, "Permission denied", str(path))
        return real_scan(path, *rest)

    def open_(path, *rest, **more):
        if refused(path):
            raise PermissionError(13, "Permission denied", str(path))
        return real_open(path, *rest, **more)

    monkeypatch.setattr(os, "stat", stat)
    monkeypatch.setattr(os, "scandir", scan)
    monkeypatch.setattr(os, "open", open_)
    with pytest.raises((InputError, UsageError)):
        load(kind, shut, options, tmp_path)


@each
def test_a_card_that_is_not_there(spec, sound, tmp_path):
    kind, folder, options = sound(spec)
    if "device" not in {item.name for item in kind.Options.__dataclass_fields__.values()}:
        pytest.skip("it runs on the processor alone")
    with contextlib.suppress(ImportError):
        import torch

        if torch.cuda.is_available():
            pytest.skip("there is one")
    with pytest.raises(MissingError) as caught:
        load(kind, folder, options | {"device": "cuda"}, tmp_path)
    assert caught.value.exit_code == 3
    assert "cpu" in caught.value.hint or "auto" in caught.value.hint


def test_the_command_line_says_it_in_one_line(tmp_path, clip):
    (tmp_path / "empty").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "loquitur", "transcribe", str(clip), "--asr",
         f"onnx-asr:{tmp_path / 'empty'}", "--store", str(tmp_path / "store")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 4
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("error: ")
    assert "Traceback" not in done.stderr
