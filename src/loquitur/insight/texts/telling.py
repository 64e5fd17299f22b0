"""What readings of sentiment say: plain values, a table, an account."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from loquitur.insight.account import Account, Axis, Figure, Section, Series
from loquitur.insight.chat_language import normalise
from loquitur.insight.quoting import cut
from loquitur.insight.texts.passages import shown
from loquitur.insight.texts.sides import NEUTRAL
from loquitur.tables.table import Column, Table
from loquitur.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from loquitur.insight.inference import Interval
    from loquitur.insight.texts.passages import Passage
    from loquitur.insight.texts.readings import Readings
    from loquitur.model.sentiment import Assessment, Sentiment

_EXAMPLES = 5
_QUOTED = 200
_BINS = 20
_CLASSES = (
    "A text classifier; polarity is the mean of its classes between -1 and 1, weighed by their "
    "probabilities."
)
_METHODS = {
    "textblob": "TextBlob's pattern lexicon and rules (De Smedt and Daelemans 2012).",
    "spacytextblob": "TextBlob's pattern lexicon and rules, through the pipe of spaCy.",
    "vader": "VADER's lexicon and rules (Hutto and Gilbert 2014); polarity is its compound.",
    "chat": (
        "Loquitur's tables of chat language over VADER's lexicon and rules (Hutto and Gilbert "
        "2014)."
    ),
    "transformers": _CLASSES,
    "onnx": _CLASSES,
}
_SHARES = (
    f"Positive and negative are polarities beyond {NEUTRAL:g} either way, the convention of "
    "VADER's authors; shares are of the scored texts, with intervals by Wilson 1927."
)
_LIMITS = (
    "An engine judges words, not what was meant: irony, quotes and topics escape it.",
    "Engines differ, in sign too: figures of one are not to be held against those of another.",
    (
        "What is unscored is not neutral: the engine does not know the language, or no token of "
        "the text."
    ),
)


def plain_sentiment(one: Sentiment) -> dict[str, Any]:
    """A sentiment as `--json` prints it."""
    return {
        "polarity": one.polarity,
        "subjectivity": one.subjectivity,
        "coverage": one.coverage,
        "language": one.language,
        "engine": one.engine,
        "assessments": [_plain_assessment(part) for part in one.assessments],
    }


def _plain_assessment(part: Assessment) -> list[Any]:
    """As TextBlob has it: the words, polarity, subjectivity, a label or null."""
    return [list(part.words), part.polarity, part.subjectivity, part.label]


def plain_of(found: Readings) -> dict[str, Any]:
    """Plain values of many."""
    counts = found.counts
    gathered = found.gathered
    rows = []
    for passage, one in zip(gathered.passages, found.sentiments, strict=True):
        rows.append(
            {
                "text": passage.text,
                **plain_sentiment(one),
                "start_ms": passage.start_ms,
                "end_ms": passage.end_ms,
                "url": passage.url,
            }
        )
    return {
        "sources": list(gathered.sources),
        "unit": gathered.unit,
        "texts": len(gathered.passages),
        "engine": found.engine,
        "counts": counts,
        "shares": {side: interval.plain() for side, interval in found.shares.items()},
        "polarity": found.mean.plain() | {"clusters": found.clusters},
        "languages": dict(_languages(found.sentiments)),
        "notes": list(gathered.notes),
        "rows": rows,
    }


def table_of(passages: Sequence[Passage], sentiments: Sequence[Sentiment], engine: str) -> Table:
    """A row for each text; columns of scores name their engine."""
    name = engine.partition(":")[0].replace("-", "_")
    scores = list(dict.fromkeys(label for one in sentiments for label, _ in one.scores))
    scores = [label for label in scores if label not in ("polarity", "subjectivity")]
    chat = name == "chat"
    columns = [
        Column(name="text", description="as it was found"),
        *([Column(name="normalised", derived=True, description="in plain words")] if chat else []),
        Column(name="language", derived=True, identifier=True, description="und: not told"),
        Column(name=f"polarity_{name}", type="float", derived=True, description="-1 to 1"),
        Column(name=f"subjectivity_{name}", type="float", derived=True, description="0 to 1"),
        Column(name=f"coverage_{name}", type="float", derived=True, description="share known"),
        *(
            Column(name=f"{_cell_name(label)}_{name}", type="float", derived=True,
                   description=f"{label}, as the engine has it")
            for label in scores
        ),
        Column(name="video", identifier=True, description="what it belongs to"),
        Column(name="start_ms", type="int", unit="ms"),
        Column(name="end_ms", type="int", unit="ms"),
        Column(name="url", identifier=True, description="the link to its moment"),
    ]  # fmt: skip
    rows = []
    for passage, one in zip(passages, sentiments, strict=True):
        known = dict(one.scores)
        rows.append(
            (
                passage.text,
                *((normalise(passage.text, one.language).text,) if chat else ()),
                one.language,
                one.polarity,
                one.subjectivity,
                one.coverage,
                *(known.get(label) for label in scores),
                passage.video,
                passage.start_ms,
                passage.end_ms,
                passage.url,
            )
        )
    return Table.from_rows("sentiment", columns, rows, about={"engine": engine})


def _cell_name(label: str) -> str:
    """A class's name as part of a column's: `5_stars`."""
    return "_".join(label.lower().replace("-", " ").split())


def account_of_one(text: str, one: Sentiment) -> Account:
    """What a person reads of one text."""
    if one.polarity is None:
        reason = (
            f"{one.engine} knows no token of it"
            if one.scores
            else f"{one.engine} says nothing of it (language {one.language})"
        )
        says = [f"Not scored: {reason}."]
    else:
        judged = "" if one.subjectivity is None else f", subjectivity {one.subjectivity:.3f}"
        coverage = f"{100 * one.coverage:.0f} %"
        score = f"Polarity {one.polarity:+.3f}{judged} by {one.engine}"
        says = [f"{score}; it knew {coverage} of the tokens; language {one.language}."]
    parts = [
        f"{' '.join(part.words)}: {part.polarity:+.3f}"
        + ("" if part.subjectivity is None else f", subjectivity {part.subjectivity:.2f}")
        + (f" ({part.label})" if part.label else "")
        for part in one.assessments
    ]
    further = [f"{label}: {share:.3f}" for label, share in one.scores]
    sections = [
        Section(title=title, says=tuple(lines))
        for title, lines in (("What it was made of", parts), ("As the engine has it", further))
        if lines
    ]
    return Account(
        kind="sentiment",
        subject=cut(text, _QUOTED) or "(empty)",
        says=tuple(says),
        sections=tuple(sections),
        methods=_methods(one.engine),
        limits=_LIMITS,
    )


def account_of(found: Readings) -> Account:
    """What a person reads of many texts."""
    return Account(
        kind="sentiment",
        subject=", ".join(found.gathered.sources),
        says=tuple(_summary(found)),
        sections=tuple(_sections(found)),
        methods=(*_methods(found.engine), _SHARES),
        limits=_LIMITS,
        source=", ".join(found.gathered.sources),
    )


def _summary(found: Readings) -> Iterator[str]:
    gathered, counts = found.gathered, found.counts
    total = len(gathered.passages)
    scored = total - counts["unscored"]
    if scored:
        yield (
            f"Of {scored:,} scored {gathered.unit_of(scored)}, "
            f"{_share(found.shares['positive'])} are positive, "
            f"{_share(found.shares['negative'])} negative, {_share(found.shares['neutral'])} "
            f"neutral, by {found.engine}."
        )
        yield _mean(found)
    else:
        yield f"Nothing could be scored of {gathered.counted()} by {found.engine}."
    yield f"Unscored: {counts['unscored']:,} of {total:,} ({_share(found.shares['unscored'])})."
    languages = _languages(found.sentiments)
    named = ", ".join(f"{name} {count:,}" for name, count in languages[:6])
    yield f"Languages: {named}" + (
        f" and {len(languages) - 6} more." if len(languages) > 6 else "."
    )
    yield from gathered.notes


def _mean(found: Readings) -> str:
    mean = found.mean
    if mean.value is None:
        return "There is no mean."
    if mean.low is None or mean.high is None:
        return f"Mean polarity {mean.value:+.3f}; too few for an interval."
    return (
        f"Mean polarity {mean.value:+.3f} ({100 * mean.level:g} % interval {mean.low:+.3f} to "
        f"{mean.high:+.3f}, {mean.method}, {found.clusters} drawn together)."
    )


def _share(interval: Interval) -> str:
    if interval.value is None or interval.low is None or interval.high is None:
        return "none"
    return f"{100 * interval.value:.1f} % ({100 * interval.low:.1f} to {100 * interval.high:.1f})"


def _sections(found: Readings) -> Iterator[Section]:
    told = [
        (one.polarity, passage)
        for passage, one in zip(found.gathered.passages, found.sentiments, strict=True)
        if one.polarity is not None
    ]
    if not told:
        return
    name = f"polarity_{found.engine.partition(':')[0].replace('-', '_')}"
    yield Section(
        title="Polarity of the texts",
        figures=(_histogram([polarity for polarity, _ in told], name),),
    )
    told.sort(key=lambda item: -item[0])  # stable: earlier texts first
    for title, those in (
        ("The most positive", _different(item for item in told if item[0] > NEUTRAL)),
        ("The most negative", _different(item for item in reversed(told) if item[0] < -NEUTRAL)),
    ):
        if those:
            yield _examples(title, those)


def _different(told: Iterable[tuple[float, Passage]]) -> list[tuple[float, Passage]]:
    """The first few, of equal texts one: a chat says the same many times."""
    found: dict[str, tuple[float, Passage]] = {}
    for item in told:
        found.setdefault(item[1].text.strip().casefold(), item)
        if len(found) == _EXAMPLES:
            break
    return list(found.values())


def _examples(title: str, told: Sequence[tuple[float, Passage]]) -> Section:
    says, moments = shown(
        (f"{polarity:+.2f} “{cut(passage.text, _QUOTED)}”", passage) for polarity, passage in told
    )
    return Section(title=title, says=says, moments=moments)


def _histogram(polarities: Sequence[float], name: str) -> Figure:
    counts = [0] * _BINS
    for polarity in polarities:
        counts[min(_BINS - 1, int((polarity + 1.0) / 2.0 * _BINS))] += 1
    edges = tuple(-1.0 + 2.0 * at / _BINS for at in range(_BINS + 1))
    highest = counts.index(max(counts))
    return Figure(
        name="polarity",
        title="Polarity",
        says=(
            f"{counted(len(polarities), 'scored text')}; most ({counts[highest]:,}) lie between "
            f"{edges[highest]:+.1f} and {edges[highest + 1]:+.1f}."
        ),
        x=Axis(label=name),
        y=Axis(label="texts"),
        series=(
            Series(
                name="texts",
                x=tuple((low + high) / 2 for low, high in pairwise(edges)),
                y=tuple(map(float, counts)),
                edges=edges,
                drawn="bars",
            ),
        ),
    )


def _methods(engine: str) -> tuple[str, ...]:
    known = _METHODS.get(engine.partition(":")[0])
    return (known,) if known else (f"Scored by the engine {engine}.",)


def _languages(sentiments: Sequence[Sentiment]) -> list[tuple[str, int]]:
    return Counter(one.language for one in sentiments).most_common()
