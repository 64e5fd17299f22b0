"""What the presence of a term goes with: polarity and subjectivity of texts with and without it.

Texts are sentences, windows of speech, comments or messages. The term's own words are taken out
before its texts are scored: otherwise `good` would make texts good by itself; the difference with
them left in stands beside. Texts of one video (or author) count together. Nothing here is a cause.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from loquitur.errors import InputError
from loquitur.insight.account import Told
from loquitur.insight.terms.candidates import candidates
from loquitur.insight.terms.contrast import contrast_of
from loquitur.insight.terms.judging import MEASURES, Judging, Scored, compare, figure_of, with_rates
from loquitur.insight.terms.patterns import terms
from loquitur.insight.texts.passages import clustered
from loquitur.insight.texts.scoring import score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.account import Account
    from loquitur.insight.terms.contrast import Contrast
    from loquitur.insight.terms.judging import Comparison, Measure
    from loquitur.insight.terms.patterns import Term
    from loquitur.insight.texts.passages import Clustered, Gathered, Passage
    from loquitur.model.sentiment import Sentiment
    from loquitur.tables.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What goes with a term, in one measure.

    Args:
        term: As it was given or found.
        measure: Polarity or subjectivity.
        texts: How many have the term, scored or not.
        compared: Texts with the term, its own words taken out, against those without it.
        own_words: The difference with the term's own words left in; None without texts.
    """

    term: str
    measure: Measure
    texts: int
    compared: Comparison
    own_words: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A text with a term, as an example."""

    term: str
    polarity: float
    passage: Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class TermEffects(Told):
    """The effects of terms.

    Args:
        gathered: The texts.
        judging: How they were judged.
        clustered: What was drawn together.
        sentiments: Of each text, the terms' words in it.
        effects: Of each term, polarity and subjectivity, in the order of the terms.
        chosen: Whether terms were given or found.
        again: Terms that were given more than once.
        quotes: Examples of terms that make a difference.
        contrast: Held against other videos, where there are any.
    """

    gathered: Gathered
    judging: Judging
    clustered: Clustered
    sentiments: tuple[Sentiment, ...]
    effects: tuple[Effect, ...]
    chosen: Literal["given", "found"]
    again: tuple[str, ...] = ()
    quotes: tuple[Quote, ...] = ()
    contrast: Contrast | None = None

    def plain(self) -> dict[str, Any]:
        """Plain values: what `--json` prints."""
        from loquitur.insight.terms.telling import plain_of

        return plain_of(self)

    def table(self) -> Table:
        """A row for each term and measure."""
        from loquitur.insight.terms.telling import table_of

        return table_of(self)

    def account(self) -> Account:
        """What a person reads."""
        from loquitur.insight.terms.telling import account_of

        return account_of(self)


def effects_of(
    gathered: Gathered,
    wanted: Sequence[str] = (),
    *,
    against: Gathered | None = None,
    judging: Judging | None = None,
) -> TermEffects:
    """What goes with terms in texts.

    Args:
        gathered: The texts.
        wanted: Words, phrases, `word*`; where there are none, the commonest are taken (see
            `terms.candidates`).
        against: Other texts that these are held against as a whole.
        judging: How they are judged.

    Raises:
        InputError: There is no text.
        UsageError: A term is none, or there is no such engine.
        MissingError: A package or model is absent.
    """
    judging = judging or Judging()
    if not gathered.passages:
        raise InputError(
            f"no text in {', '.join(gathered.sources)}", hint="empty files have nothing to compare"
        )
    asked, again = terms(wanted)
    scored = Scored.of(gathered.passages, judging)
    if not wanted:
        found = candidates(
            scored.texts, [one.video for one in gathered.passages], most=judging.most
        )
        asked, _ = terms(found)
    drawn = clustered(gathered.passages)
    studied = [effect for one in asked for effect in _studied(one, scored, drawn, judging)]
    rated = with_rates([effect.compared for effect in studied])
    effects = tuple(
        replace(effect, compared=compared) for effect, compared in zip(studied, rated, strict=True)
    )
    contrast = None
    if against is not None:
        contrast = contrast_of(gathered, scored, against, judging)
    return TermEffects(
        gathered=gathered,
        judging=judging,
        clustered=drawn,
        sentiments=scored.sentiments,
        effects=effects,
        chosen="given" if wanted else "found",
        again=tuple(again),
        quotes=tuple(_quotes(effects, asked, scored, gathered.passages)),
        contrast=contrast,
    )


def _studied(term: Term, scored: Scored, drawn: Clustered, judging: Judging) -> list[Effect]:
    having = [at for at, text in enumerate(scored.texts) if term.within(text)]
    bare = score(
        [term.without(scored.texts[at]) for at in having],
        engine=judging.engine,
        languages=[scored.languages[at] for at in having],
    )
    others = sorted(set(range(len(scored.texts))).difference(having))
    labels = [drawn.labels[at] for at in having], [drawn.labels[at] for at in others]
    found = []
    for measure in MEASURES:
        first = [figure_of(one, measure) for one in bare]
        second = [figure_of(scored.sentiments[at], measure) for at in others]
        compared = compare((first, second), labels, judging)
        whole = _mean([figure_of(scored.sentiments[at], measure) for at in having])
        rest = compared.mean_second
        found.append(
            Effect(
                term=term.text,
                measure=measure,
                texts=len(having),
                compared=compared,
                own_words=None if whole is None or rest is None else whole - rest,
            )
        )
    return found


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _quotes(
    effects: Sequence[Effect], asked: Sequence[Term], scored: Scored, passages: Sequence[Passage]
) -> list[Quote]:
    """Of each term that makes a difference in polarity, the text furthest to its side."""
    found = []
    by_text = {one.text: one for one in asked}
    for effect in effects:
        if effect.measure != "polarity" or effect.compared.verdict not in ("higher", "lower"):
            continue
        sign = 1 if effect.compared.verdict == "higher" else -1
        having = [
            (sign * polarity, -at)
            for at, one in enumerate(scored.sentiments)
            if (polarity := one.polarity) is not None
            and by_text[effect.term].within(scored.texts[at])
        ]
        if having:
            score, at = max(having)
            found.append(Quote(term=effect.term, polarity=sign * score, passage=passages[-at]))
    return found
