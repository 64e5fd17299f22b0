"""Where made environments lie: a folder each, with a mark that says for which engines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

MARK = "loquitur-environment.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What is noted in an environment when it is finished: for which engines, made of what."""

    engines: tuple[str, ...]
    requirements: tuple[str, ...]
    python: str
    loquitur: str
    made: str


def made_environments(root: Path) -> dict[str, str]:
    """The finished environments in a folder: the engine (`asr.nemo`) and the environment's folder.

    One that is being made, or was left half made, has no mark and does not count.
    """
    try:
        folders = sorted(root.iterdir())
    except OSError:  # there is none, or it may not be looked into: nothing was made there
        return {}
    return {engine: str(folder) for folder in folders for engine in read_mark(folder)}


def read_mark(folder: Path) -> tuple[str, ...]:
    """The engines that an environment was made for; none where it has no mark."""
    try:
        engines = json.loads((folder / MARK).read_bytes())["engines"]
        return tuple(str(engine) for engine in engines)
    except (OSError, ValueError, TypeError, KeyError):
        return ()


def write_mark(folder: Path, mark: Mark) -> None:
    """Note that an environment is finished."""
    from dataclasses import asdict

    (folder / MARK).write_text(json.dumps(asdict(mark), indent=1) + "\n", encoding="utf-8")
