"""Work as data: what a stage's run depends on, and what is recorded of it."""

from __future__ import annotations

from dataclasses import dataclass

from loquitur.model.media import MediaRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A chosen engine, resolved.

    `options` are the complete options that can change a result, as canonical JSON; `tuning` those
    that cannot (threads, device) and therefore stay out of every key.
    """

    kind: str
    name: str
    version: str
    model: str = ""
    model_digest: str = ""
    options: str = "{}"
    tuning: str = "{}"
    draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One stage of one input: all that a worker needs, and nothing that it may not depend on.

    `inputs` pairs a parameter name of the stage with the key whose result it takes.
    `options` is the stage's complete options as canonical JSON, `tuning` those that change nothing
    in a result (where a model lies). `media_path` says where the bytes of the medium lie this time
    (a path with surrogates for undecodable bytes).
    """

    key: str
    stage: str
    stage_version: int
    options: str
    inputs: tuple[tuple[str, str], ...] = ()
    engine: Engine | None = None
    media: MediaRef
    media_path: str = ""
    tuning: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the store keeps of a finished task. Created only if absent: the first one wins.

    `outputs` pairs an output's name with the sha256 of its object; `engine` is the engine's name
    or empty. `started` is ISO 8601 in UTC, `seconds` wall time: for people, never in a key.
    """

    key: str
    stage: str
    stage_version: int
    outputs: tuple[tuple[str, str], ...]
    inputs: tuple[tuple[str, str], ...] = ()
    engine: str = ""
    engine_version: str = ""
    model: str = ""
    model_digest: str = ""
    options: str = "{}"
    media_id: str = ""
    title: str = ""
    started: str = ""
    seconds: float = 0.0
    host: str = ""
    part_of: str = ""  # the key of the task this is a resumable piece of
