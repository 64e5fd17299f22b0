"""Reads pyannote's checkpoints without running what they hold.

The library unpickles them whole, which may run any code; here torch reads them with
`weights_only`, and the only architectures are pyannote's own.
"""

from __future__ import annotations

import importlib
import inspect
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

_NETS = "pyannote.audio.models."


def read_net(path: Path, torch: Any, *, trusting: bool) -> Any:
    """A model of pyannote's own architectures with the weights of a checkpoint.

    Raises:
        InputError: It holds more than weights, or is none of theirs.
    """
    import pickle

    from pyannote.audio.core.task import Problem, Resolution, Specifications

    harmless = [Specifications, Problem, Resolution, torch.torch_version.TorchVersion]
    try:
        with torch.serialization.safe_globals(harmless):
            checkpoint = torch.load(path, map_location="cpu", weights_only=not trusting)
    except (pickle.UnpicklingError, EOFError) as exc:
        raise InputError(
            f"{path} is damaged, or holds more than weights: {str(exc).splitlines()[0][:150]}",
            hint="if you trust it as you trust a program: --set diarize.trust_pickles=true",
            code="LQ-UNSAFE-MODEL",
        ) from exc
    try:
        about = checkpoint["pyannote.audio"]
        module, name = (str(about["architecture"][key]) for key in ("module", "class"))
        if not f"{module}.".startswith(_NETS):
            raise InputError(f"{path}: {module} is no module of {_NETS}*", code="LQ-UNSAFE-MODEL")
        architecture = getattr(importlib.import_module(module), name)
        known = inspect.signature(architecture.__init__).parameters
        # what a superclass noted is left out, as the library's own loader does
        given = {key: item for key, item in checkpoint["hyper_parameters"].items() if key in known}
        net = architecture(**given)
        net.on_load_checkpoint(checkpoint)
        net.load_state_dict(checkpoint["state_dict"], strict=False)
    except (KeyError, TypeError, AttributeError, ImportError) as exc:
        raise InputError(f"{path} is no model of pyannote.audio: {exc!r}") from exc
    net.eval()
    return net
