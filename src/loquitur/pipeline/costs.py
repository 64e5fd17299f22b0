"""What a language model would read and write for a step, and what that costs: for `plan`.

Tokens are counted of the very prompts where the transcript is known, and guessed from the length of
the medium where it is not. Prices are the vendors' lists (`speech/prices.toml`).
"""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from loquitur import registry, stages
from loquitur.errors import CorruptError
from loquitur.model.speech import Transcript
from loquitur.pipeline.engines import vendor_of, writes_text
from loquitur.pipeline.polishing import OUTLINE, REFINE, TRANSLATE
from loquitur.pipeline.work import load_artifact
from loquitur.speech import outlining, refining, translating
from loquitur.speech.prices import cost_usd, price_of
from loquitur.speech.prompting import rows_of, token_count
from loquitur.timing import to_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from loquitur.model.media import MediaRef
    from loquitur.model.work import Task
    from loquitur.pipeline.plan import Step
    from loquitur.protocols import Prompt, Resources
    from loquitur.speech.prompting import Row
    from loquitur.store import Store

_WORDS_A_MINUTE = 140
_TOKENS_A_WORD = 1.35
_JSON_SHARE = 1.35  # of tokens, once lines are numbered objects
_PROMPT_TOKENS = 300  # instructions and the shape of the answer
_OUTLINE_TOKENS = 500
_LONGER = {REFINE: 1.1, TRANSLATE: 1.3}  # what comes back, against the words sent


def estimate_s(step: Step, media: MediaRef | None) -> float | None:
    """Seconds a stage may take, from its engine's typical speed; None where nothing is known."""
    if media is None or media.duration_ms is None:
        return None
    engine = step.engine if step.engine and step.engine.kind in registry.KINDS else None
    known = registry.specs(engine.kind) if engine else ()
    rtf = next((spec.rtf for spec in known if engine and spec.name == engine.name), 0.0)
    return round(to_seconds(media.duration_ms) * rtf, 1)


def known_transcript(store: Store, tasks: Mapping[str, Task]) -> Transcript | None:
    """The transcript that a language model would get, where it is in the store."""
    for stage in (REFINE, "weave"):
        task = tasks.get(stage)
        if task is not None and store.record(task.key) is not None:
            with suppress(CorruptError):
                return load_artifact(store, task.key, Transcript)
    return None


def bill(
    step: Step, transcript: Transcript | None, media: MediaRef | None, lent: Resources
) -> tuple[tuple[int, int] | None, float | None]:
    """About the tokens that a step reads and writes, and their price in US dollars.

    Args:
        step: The step; one without a language model costs nothing that is told.
        transcript: What it works on, where that is known already.
        media: The medium, for a guess by its length where it is not.
        lent: Resources to look at the engine with.

    Returns:
        Both None where there is no language model, or nothing to count by; a price of None where
        there is none on the list, 0 where the model runs on a server of the user's own network.
    """
    engine = step.engine
    if engine is None or engine.kind != "llm" or not writes_text(engine, lent):
        return None, None
    duration_ms = media.duration_ms if media else None
    if transcript is None and duration_ms is None:
        return None, None
    plain = step.stage.partition(stages.VARIANT)[0]
    given = registry.options_of(stages.load(plain).options, json.loads(step.options), owner=plain)
    if transcript is not None:
        tokens = _counted(plain, transcript, given)
    else:
        tokens = _guessed(plain, duration_ms or 0, given)
    return tokens, cost_usd(price_of(vendor_of(engine, lent), engine.model), *tokens)


def _counted(stage: str, transcript: Transcript, options: Any) -> tuple[int, int]:
    rows = rows_of(transcript)
    asked: Iterable[tuple[Sequence[Row], Prompt]]
    if stage == REFINE:
        asked = refining.prompts_of(transcript, rows, options)
    elif stage == OUTLINE:
        asked = outlining.prompts_of(transcript, rows, options)
    else:
        asked = translating.prompts_of(transcript, rows, options)
    read = written = 0
    for window, prompt in asked:
        read += sum(map(token_count, (prompt.instructions, prompt.material, prompt.shape)))
        lines = json.dumps([{"id": row.number, "text": row.text} for row in window])
        written += (
            _OUTLINE_TOKENS if stage == OUTLINE else round(token_count(lines) * _LONGER[stage])
        )
    return read, written


def _guessed(stage: str, duration_ms: int, options: Any) -> tuple[int, int]:
    words = duration_ms / 60_000 * _WORDS_A_MINUTE
    size = options.part_words if stage == OUTLINE else options.window_words
    windows = math.ceil(words / size)
    around = 0 if stage == OUTLINE else 2 * options.overlap_words
    lines = words * _TOKENS_A_WORD * _JSON_SHARE
    read = windows * (_PROMPT_TOKENS + around * _TOKENS_A_WORD) + lines
    written = windows * _OUTLINE_TOKENS if stage == OUTLINE else lines * _LONGER[stage]
    return round(read), round(written)
