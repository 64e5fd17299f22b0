from __future__ import annotations

import importlib
import importlib.util
import shutil
import sys
from collections import namedtuple

import pytest

from loquitur import health


@pytest.fixture
def place(settings, tmp_path):
    import dataclasses

    return dataclasses.replace(settings, models=tmp_path / "models")


def found(place):
    return {check.name: check for check in health.examine(place)}


def test_this_machine_has_what_the_core_needs(place):
    checks = found(place)
    assert [name for name, check in checks.items() if check.needed and not check.ok] == []
    assert checks.keys() >= {"python", "store", "vad silero", "asr onnx-asr", *health.CORE}
    assert all(check.says for check in checks.values())


def test_needed_checks_come_first(place):
    needed = [check.needed for check in health.examine(place)]
    assert needed == sorted(needed, reverse=True)


def test_what_is_not_here_says_how_to_get_it(place):
    checks = found(place)
    parakeet = checks["asr onnx-asr"]
    assert (parakeet.ok, parakeet.needed) == (False, False)
    assert parakeet.advice == "loquitur models pull onnx-asr:parakeet-tdt-0.6b-v3"
    assert checks["diarization dvector"].advice == "loquitur models pull dvector:ge2e"
    assert checks["asr pocketsphinx"].says == "ready"


def test_a_package_that_does_not_import_is_a_failure(place, monkeypatch):
    real = importlib.import_module

    def broken(name, *rest):
        if name == "av":
            raise ImportError("libavcodec is too old")
        return real(name, *rest)

    monkeypatch.setattr(importlib, "import_module", broken)
    check = found(place)["av"]
    assert (check.ok, check.needed) == (False, True)
    assert "libavcodec" in check.says
    assert check.advice == "pip install loquitur"


def test_a_broken_plug_in_is_one_line(place, parrot):
    check = found(place)["asr broken"]
    assert (check.ok, check.needed) == (False, False)
    assert "parrot_nowhere" in check.says
    assert found(place)["asr parrot"].ok


def test_a_store_that_cannot_be_is_a_failure(place, tmp_path):
    import dataclasses

    (tmp_path / "file").write_text("")
    check = found(dataclasses.replace(place, store=tmp_path / "file" / "store"))["store"]
    assert (check.ok, check.needed) == (False, True)
    assert "--store" in check.advice


def test_a_full_disk_is_told(place, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 10**6))
    check = found(place)["store"]
    assert (check.ok, check.needed) == (False, False)
    assert check.advice == "loquitur store gc"


def test_a_torchaudio_that_does_not_load_is_told(place, tmp_path, monkeypatch):
    """It comes with the wrong build for this torch more often than not, and breaks transformers."""
    package = tmp_path / "site" / "torchaudio"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "raise OSError('libc10_cuda.so: cannot open shared object file')"
    )
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    check = found(place)["torchaudio"]
    assert (check.ok, check.needed) == (False, False)
    assert "libc10_cuda.so" in check.says
    assert check.advice.startswith("pip uninstall torchaudio")
    (package / "__init__.py").write_text("")
    assert found(place)["torchaudio"].ok


def test_where_there_is_no_torchaudio_nothing_is_said_of_it(place, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "torchaudio" else real(name)
    )
    assert "torchaudio" not in found(place)


def test_a_card_that_torch_cannot_use_is_told(place, tmp_path, monkeypatch):
    """Else engines are chosen for the card and then run on the processor."""
    import dataclasses

    package = tmp_path / "site" / "torch"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "class version: cuda = hip = None\n"
        "class cuda: is_available = staticmethod(lambda: False)\n"
        "class backends:\n    class mps: is_available = staticmethod(lambda: False)\n"
        "__version__ = '2.13.0+cpu'\n"
    )
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    (check,) = health._graphics(dataclasses.replace(place, gpu="yes"))
    assert (check.ok, check.needed) == (False, False)
    assert check.says == "seen here, but not by torch: 2.13.0+cpu has no CUDA"
    assert "pytorch.org" in check.advice
    (check,) = health._graphics(dataclasses.replace(place, gpu="no"))
    assert "none is seen" in check.says
