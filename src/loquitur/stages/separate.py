"""separate: a medium to the sound of each of its channels, where every speaker has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.errors import InputError
from loquitur.model.media import Audio, Channels
from loquitur.stages.decode import Options as DecodeOptions
from loquitur.stages.decode import decoded_audio

if TYPE_CHECKING:
    from loquitur.protocols import Work

VERSION = 1
ENGINE = ""
RESULT = Channels
READS = "sound"
INPUTS = {"media": "media"}
Options = DecodeOptions
MOST_CHANNELS = 16
_HINT = "leave out diarize.by=channel: a diarizer tells the speakers of one channel apart"


def run(work: Work) -> Channels:
    """The channels in the order of the file; samples lie in the store as `samples-0` and so on.

    Raises:
        InputError: There is one channel only, or more than can be people.
    """
    declared = [track.channels for track in work.media.tracks if track.kind == "audio"]
    if declared and all(count == 1 for count in declared):
        raise _one_channel()
    found: list[Audio] = []
    count = 1
    while len(found) < count:
        index = len(found)
        audio, count = decoded_audio(work, f"samples-{index}", channel=index, of=count)
        if count == 1:
            raise _one_channel()
        if count > MOST_CHANNELS:
            raise InputError(
                f"the sound has {count} channels: no more than {MOST_CHANNELS} can be speakers",
                hint=_HINT,
                code="LQ-CHANNELS",
            )
        found.append(audio)
    return Channels(channels=tuple(found))


def _one_channel() -> InputError:
    return InputError(
        "the sound has one channel: nobody in it has a channel of their own",
        hint=_HINT,
        code="LQ-CHANNELS",
    )
