"""pocketsphinx and the US English model in its wheel, for the engines that hear by them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.engines import weights
from loquitur.errors import EngineError, MissingError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.protocols import Identity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from loquitur.protocols import Resources

PACKAGE = "pocketsphinx"
_FRAME_MS = 10
_SETUP = "pip install 'pocketsphinx>=5.0.4'"
_DICTIONARY = "cmudict-en-us.dict"
_LANGUAGE_MODEL = "en-us.lm.bin"


def model_folder() -> Path:
    """The folder of the English model inside the installed package.

    Raises:
        MissingError: The package is absent.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise MissingError(
            "the package pocketsphinx is not installed", hint=_SETUP, code="LQ-NO-PACKAGE"
        )
    return Path(spec.origin).parent / "model" / "en-us"


def identity(resources: Resources, *, speaking: bool, draft: bool) -> Identity:
    """The package's version and the digest of the files of its model.

    Args:
        resources: The model cache, where the digest is remembered.
        speaking: Whether the language model is among them.
        draft: Whether what comes of it is below publishing quality.

    Raises:
        MissingError: The package or its model is absent.
    """
    files = _model_files(model_folder(), speaking=speaking)
    return Identity(
        version=importlib.metadata.version(PACKAGE),
        model="en-us",
        model_digest=weights.digest(files, resources.models / PACKAGE),
        draft=draft,
    )


def _model_files(folder: Path, *, speaking: bool) -> list[Path]:
    named = [_DICTIONARY, _LANGUAGE_MODEL] if speaking else [_DICTIONARY]
    acoustic = sorted(path for path in (folder / "en-us").glob("*") if path.name != "README")
    files = [*acoustic, *(folder / name for name in named)]
    absent = [path.name for path in files if not path.is_file()]
    if absent or not acoustic:
        raise MissingError(
            f"the installed pocketsphinx lacks its English model: {' '.join(absent) or 'en-us'}",
            hint=f"{_SETUP} --force-reinstall",
            code="LQ-NO-MODEL",
        )
    return files


def decoder(settings: Mapping[str, float], *, speaking: bool) -> Any:
    """A decoder of the English model, silent.

    Args:
        settings: Parameters of pocketsphinx, by its own names.
        speaking: With the language model, or for given words alone.

    Raises:
        MissingError: The package is absent.
        EngineError: It refuses its model.
    """
    folder = model_folder()
    import pocketsphinx

    try:
        return pocketsphinx.Decoder(
            hmm=str(folder / "en-us"),
            dict=str(folder / _DICTIONARY),
            lm=str(folder / _LANGUAGE_MODEL) if speaking else None,
            samprate=SAMPLE_RATE_HZ,
            loglevel="FATAL",
            **settings,
        )
    except (RuntimeError, ValueError, TypeError) as exc:
        raise EngineError(
            f"pocketsphinx cannot be started: {exc}", hint=f"{_SETUP} --force-reinstall"
        ) from exc


def decode(loaded: Any, pcm: bytes, prepare: Callable[[Any], None] = lambda _: None) -> list[Any]:
    """The segments of one utterance; nothing of an earlier one bears on them.

    Args:
        loaded: A decoder.
        pcm: 16-bit samples, 16 kHz mono.
        prepare: Called with the decoder between the reset and the sound.
    """
    loaded.reinit_feat()
    prepare(loaded)
    loaded.start_utt()
    try:
        loaded.process_raw(pcm, no_search=False, full_utt=True)
    finally:
        loaded.end_utt()
    return [] if loaded.hyp() is None else list(loaded.seg() or [])


def times(segment: Any) -> tuple[int, int]:
    """When a segment begins and ends, in ms from the start of the sound."""
    return segment.start_frame * _FRAME_MS, (segment.end_frame + 1) * _FRAME_MS
