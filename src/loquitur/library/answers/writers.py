"""A language model with its name and price; and asking it, again where it was busy."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur import registry
from loquitur.errors import LoquiturError, TransientError, UsageError
from loquitur.protocols import Answer
from loquitur.speech.prices import cost_usd, price_of
from loquitur.speech.prompting import token_count

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from loquitur.protocols import LanguageModel, Prompt, Resources

ATTEMPTS = 3
_LONGEST_WAIT_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """A language model that answers questions.

    Args:
        name: The engine's name, with its model's behind a colon.
        model: The engine.
        price: US dollars for a million tokens (read, written); None where nobody knows.
        sleep: Waits so many seconds before another try.
    """

    name: str
    model: LanguageModel
    price: tuple[float, float] | None = None
    sleep: Callable[[float], None] = time.sleep

    def tokens_of(self, prompt: Prompt) -> int:
        """About the tokens it reads."""
        return sum(map(token_count, (prompt.instructions, prompt.material, prompt.shape)))

    def cost_usd(self, read: int, written: int) -> float | None:
        """What so many tokens cost; None where nobody knows."""
        return cost_usd(self.price, read, written)

    def used(self, prompt: Prompt, answer: Answer) -> tuple[int, int]:
        """Tokens read and written, as the service counts them; where it does not, about."""
        read, written = answer.input_tokens, answer.output_tokens
        return (
            self.tokens_of(prompt) if read is None else read,
            token_count(answer.text) if written is None else written,
        )

    def pieces(self, prompt: Prompt) -> Generator[str | Answer, None, None]:
        """The answer piece by piece, and last of all as a whole; in one piece where it cannot.

        A service that is busy is asked again, twice, until the first piece has come.

        Raises:
            TransientError: It is not reached, or busy still.
            RemoteError: It refuses.
            MissingError: It wants a key, and there is none.
        """
        for attempt in range(1, ATTEMPTS + 1):
            begun = False
            try:
                with closing(_pieces(self.model, prompt)) as found:
                    for piece in found:
                        begun = True
                        yield piece
            except TransientError as exc:
                wait_s = exc.retry_after_s if exc.retry_after_s is not None else 0.5 * 2**attempt
                if begun or attempt == ATTEMPTS or wait_s > _LONGEST_WAIT_S:
                    raise _of_answers(exc) from exc.__cause__
                self.sleep(wait_s)
            except LoquiturError as exc:
                raise _of_answers(exc) from exc.__cause__
            else:
                return


def open_writer(
    wanted: str, resources: Resources, *, given: Mapping[str, Any] | None = None
) -> Writer:
    """A language model by its name, or `NAME:MODEL`.

    Args:
        wanted: As in `--llm`.
        resources: What the machine lends it.
        given: Other options of the engine, as text or typed (`base_url` ...).

    Raises:
        UsageError: There is none of that name, or it only restores punctuation.
        MissingError: Its package or its key is absent.
    """
    name, _, model = wanted.partition(":")
    spec = registry.find("llm", name, resources.environments)
    kind = registry.load(spec)
    if not hasattr(kind, "write"):
        raise UsageError(
            f"{name} restores punctuation and cannot answer questions",
            hint="--llm openai-compatible:MODEL, --llm gemini, or --llm none",
        )
    options = registry.chosen_options(kind, model, given or {}, owner=name)
    vendor = getattr(kind, "vendor", None)
    used = str(getattr(options, "model", "") or "")
    try:
        opened = kind(options, resources)
    except LoquiturError as exc:
        raise _of_answers(exc) from exc.__cause__
    return Writer(
        name=f"{name}:{used}" if used else name,
        model=opened,
        price=price_of(str(vendor(options)) if vendor else "", used),
    )


def _of_answers(error: LoquiturError) -> LoquiturError:
    """An error of an engine with the hint that helps here: they speak of `refine`."""
    hint = error.hint.split(", or smaller windows:")[0]
    if hint.startswith("smaller windows:"):
        hint = "fewer passages: a smaller --budget"
    error.hint = hint.replace("--set refine.", "--set llm.")
    return error


def _pieces(model: LanguageModel, prompt: Prompt) -> Generator[str | Answer, None, None]:
    stream = getattr(model, "stream", None)
    if stream is not None:
        yield from stream(prompt)
        return
    answer = model.write(prompt)
    yield answer.text
    yield answer
