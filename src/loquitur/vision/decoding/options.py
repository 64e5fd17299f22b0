"""How a sentence is searched for: the options, and the short form in which users say them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loquitur.errors import UsageError, near

Method = Literal["greedy", "beam", "sample"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """A search.

    Args:
        by: `greedy`: the likeliest word each time; `beam`: the `width` likeliest sentences so far
            go on; `sample`: words drawn by their probability.
        width: Sentences that a beam follows.
        most: Words of a sentence at most.
        least: Words at least.
        length_power: A beam ranks by log-probability over length to this power: 0 favours short
            sentences, 1 ranks by the mean a word.
        no_repeat: No run of so many words stands twice in a sentence; 0 allows all.
        temperature: Of sampling: below 1 nearer to greedy, above 1 freer.
        top_k: Sampling draws from the so many likeliest words; 0 from all.
        top_p: Sampling draws from the likeliest words that have this probability together
            (Holtzman et al.: The Curious Case of Neural Text Degeneration, 2020, arXiv 1904.09751).
        count: Sentences that sampling draws for each clip, best first.
        seed: Of sampling.

    Raises:
        ValueError: No such search.
    """

    by: Method = "greedy"
    width: int = 5
    most: int = 20
    least: int = 1
    length_power: float = 0.7
    no_repeat: int = 0
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    count: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if not (1 <= self.width <= 100 and 1 <= self.count <= 100):
            raise ValueError("a search has 1 to 100 sentences")
        if not 0 <= self.least <= self.most <= 1000 or self.most < 1:
            raise ValueError(f"no sentence has {self.least} to {self.most} words")
        if not 0 <= self.length_power <= 2:
            raise ValueError(f"the power of the length is 0 to 2, not {self.length_power}")
        if not (0 < self.temperature <= 100 and 0 < self.top_p <= 1):
            raise ValueError("temperature is above 0, top_p above 0 and at most 1")
        if self.no_repeat < 0 or self.top_k < 0 or self.seed < 0:
            raise ValueError("no_repeat, top_k and seed are 0 or more")


def parse_decoding(text: str, *, most: int = 20) -> Decoding:
    """`greedy`, `beam`, `beam:10`, `sample`, `sample:0.7` (the temperature) as a search.

    Args:
        text: What a user typed.
        most: Words of a sentence at most.

    Raises:
        UsageError: No such search.
    """
    by, colon, number = text.strip().partition(":")
    try:
        if by == "greedy" and not colon:
            return Decoding(most=most)
        if by == "beam":
            return Decoding(by="beam", width=int(number) if colon else 5, most=most)
        if by == "sample":
            return Decoding(by="sample", temperature=float(number) if colon else 1.0, most=most)
    except ValueError as exc:
        raise UsageError(f"no search is called '{text[:40]}': {exc}", hint=_HINT) from exc
    raise UsageError(
        f"no search is called '{text[:40]}'", hint=near(by, ("greedy", "beam", "sample"))
    )


_HINT = "greedy, beam:5, or sample:0.7"
