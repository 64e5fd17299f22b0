"""Speakers by their channels (`diarize.by=channel`): which stages that brings, and what it forbids.

The channels are decoded and listened to by stages of their own, so that what was made of the mix
keeps its keys. Where the recogniser gives word times, each channel is transcribed alone: of two who
speak at once a mix has few right words, and each channel has all of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur import registry, stages
from loquitur.errors import UsageError
from loquitur.model.work import Engine
from loquitur.pipeline.wishes import NONE, Wish

if TYPE_CHECKING:
    from collections.abc import Mapping

STAGES = frozenset({"separate", "monitor"})
CHANNEL = "channel"
_MIXED = "--set transcribe.by=mix transcribes all channels together"
# of a diarization the mix is known too: voices are looked for in it (`loquitur.speakers`)
_INPUTS = {"transcribe": ("channels", "lines"), "diarize": ("audio", "activity", "lines")}


def is_by_channel(wish: Wish, parameters: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether speakers are told apart by their channels.

    Raises:
        UsageError: A diarizer is named too, or a transcription by channel alone is asked for.
    """
    by_channel = wish.diarizer != NONE and _by(parameters, "diarize") == CHANNEL
    if by_channel and wish.diarizer:
        raise UsageError(
            f"diarize.by=channel needs no diarizer, and '{wish.diarizer}' is named",
            hint="leave out one of them",
        )
    if _by(parameters, "transcribe") == CHANNEL and not by_channel:
        raise UsageError(
            "transcribe.by=channel without diarize.by=channel: nobody would have the words",
            hint="--set diarize.by=channel alone sets both",
        )
    return by_channel


def share_decoding(parameters: dict[str, dict[str, Any]]) -> None:
    """The channels are taken from the same track and section as the mix."""
    own = parameters.get("separate", {})
    parameters["separate"] = {**parameters.get("decode", {}), **own}


def choose_hearing(
    parameters: dict[str, dict[str, Any]], *, gives_times: bool, aligned: bool
) -> None:
    """Transcribe each channel alone, unless the words are placed by `align`, which hears the mix.

    Raises:
        UsageError: It is asked for all the same.
    """
    given = parameters.setdefault("transcribe", {})
    possible = gives_times and not aligned
    if _by(parameters, "transcribe") == CHANNEL and not possible:
        why = "words are aligned" if gives_times else "the recogniser gives no word times"
        raise UsageError(f"transcribe.by=channel is not possible where {why}", hint=_MIXED)
    if possible:
        given.setdefault("by", CHANNEL)


def engine() -> Engine:
    """What tells speakers apart here, as an engine: none is loaded."""
    return Engine(kind="diarization", name=CHANNEL, version="1")


def inputs_of(name: str, options: Any) -> tuple[tuple[str, str], ...]:
    """What a stage takes: the channels, or the mix."""
    stage = stages.load(name)
    if name not in _INPUTS:
        return stage.inputs
    wanted = getattr(options, "by", "") == CHANNEL
    if wanted:
        return tuple(pair for pair in stage.inputs if pair[0] in _INPUTS[name])
    return tuple(pair for pair in stage.inputs if pair[1] not in STAGES)


def _by(parameters: Mapping[str, Mapping[str, Any]], stage: str) -> str:
    given = parameters.get(stage, {})
    own = {"by": given["by"]} if "by" in given else {}
    return str(registry.options_of(stages.load(stage).options, own, owner=stage).by)
