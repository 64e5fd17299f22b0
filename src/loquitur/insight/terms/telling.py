"""What effects of terms say: plain values, a table, an account."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from loquitur.insight.account import Account, Axis, Figure, Section, Series
from loquitur.insight.quoting import cut
from loquitur.insight.terms.judging import LEAST_CLUSTERS, LEAST_TEXTS, MEASURES, RATE
from loquitur.insight.texts.passages import shown
from loquitur.tables.table import Column, Table
from loquitur.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.insight.inference import Interval
    from loquitur.insight.terms.contrast import Contrast, Keyword
    from loquitur.insight.terms.effects import Effect, Quote, TermEffects
    from loquitur.insight.terms.judging import Comparison, Measure
    from loquitur.tables.table import Cell

_MOST_QUOTED = 200
_MOST_NAMED = 5
_MOST_DRAWN = 30
_FOUND = ("higher", "lower")
_METHODS = (
    (
        "A term's own words are taken out of its texts before they are scored; the difference with "
        "them left in stands beside."
    ),
    (
        "Differences of means have intervals by a studentised bootstrap that draws whole {kind}, "
        "each draw measured by its own error (Efron and Tibshirani 1993; Cameron, Gelbach and "
        "Miller 2008); the error is the jackknife's. {draws} draws, seed {seed}, level {level} %."
    ),
    (
        "Mann and Whitney's test with ties; its p is that of Cliff's delta by Student's t with the "
        "error summed over {kind}. Hedges' g takes texts for independent."
    ),
    (
        "Rates of false discoveries (q) by Benjamini and Hochberg 1995 over all tests of this run; "
        "a difference is named only where q is at most {rate} % and the interval leaves out 0."
    ),
)
_LIMITS = (
    (
        "A term goes with a difference; it need not cause it. Topics, speakers and videos differ "
        "in both."
    ),
    "The scores are those of an engine, with its errors; they mean no more than that engine knows.",
    (
        "An interval holds for one term by itself; of twenty intervals of terms without effect one "
        "leaves out 0. Heed q."
    ),
)


def plain_of(found: TermEffects) -> dict[str, Any]:
    """Plain values."""
    gathered, judging = found.gathered, found.judging
    by_term: dict[str, dict[str, Any]] = {}
    for effect in found.effects:
        entry = by_term.setdefault(effect.term, {"term": effect.term, "texts": effect.texts})
        entry[_column(effect.measure, judging.engine)] = {
            **_plain_comparison(effect.compared, ("with", "without")),
            "difference_own_words_kept": effect.own_words,
        }
    return {
        "sources": list(gathered.sources),
        "unit": gathered.unit,
        "texts": len(gathered.passages),
        "videos": gathered.videos,
        "engine": judging.engine,
        "unscored": _unscored(found),
        "languages": dict(_languages(found).most_common()),
        "clusters": {"kind": found.clustered.kind, "count": len(set(found.clustered.labels))},
        "level": judging.level,
        "false_discovery_rate": RATE,
        "chosen": found.chosen,
        "terms": list(by_term.values()),
        "quotes": [_plain_quote(one, judging.engine) for one in found.quotes],
        "against": None if found.contrast is None else _plain_contrast(found),
        "notes": [*gathered.notes, *_again(found)],
    }


def table_of(found: TermEffects) -> Table:
    """A row for each term and measure."""
    measure = found.judging.engine.partition(":")[0]
    columns = (
        Column(name="term", description="as given or found"),
        Column(name="measure", description="which score is compared", identifier=True),
        Column(name="texts", type="int", description="with the term, scored or not"),
        Column(name="texts_with", type="int", description="scored, with the term"),
        Column(name="texts_without", type="int", description="scored, without it"),
        Column(name="clusters", type="int", description=f"{found.clustered.kind} with the term"),
        *(_derived(name, about) for name, about in _FLOATS),
        Column(name="level", type="float", description="of confidence, of all intervals"),
        Column(name="verdict", description="in words", derived=True),
        Column(name="engine", description="that scored", identifier=True),
    )
    rows = [_row(effect, found.judging.level, measure) for effect in found.effects]
    return Table.from_rows("keywords", columns, rows, about={"unit": found.gathered.unit})


def account_of(found: TermEffects) -> Account:
    """What a person reads."""
    judging = found.judging
    told = {
        "kind": found.clustered.kind,
        "draws": f"{judging.resamples:,}",
        "seed": judging.seed,
        "level": f"{100 * judging.level:g}",
        "rate": f"{100 * RATE:g}",
    }
    sections = [section for measure in MEASURES if (section := _section(found, measure))]
    if found.quotes:
        sections.append(_quoted(found))
    if found.contrast is not None:
        sections.insert(0, _contrasted(found, found.contrast))
    return Account(
        kind="keywords",
        subject=found.gathered.subject,
        says=tuple(_summary(found)),
        sections=tuple(sections),
        methods=tuple(method.format(**told) for method in _METHODS),
        limits=(*_limits_of(found), *_LIMITS),
        source=", ".join(found.gathered.sources),
    )


def _summary(found: TermEffects) -> Iterator[str]:
    gathered = found.gathered
    terms = len({effect.term for effect in found.effects})
    how = "given" if found.chosen == "given" else "the commonest; chosen without a look at scores"
    if not terms:
        yield (
            f"No term stands in {LEAST_TEXTS} of {gathered.counted()}: too few to say anything."
            if len(gathered.passages) >= LEAST_TEXTS
            else f"{gathered.counted()}: too few to say anything of a term."
        )
    for measure in MEASURES:
        those = [one for one in found.effects if one.measure == measure]
        if those:
            yield _counts_of(those, measure, judging_level=found.judging.level)
    yield (
        f"Compared: {gathered.counted()} of "
        f"{counted(gathered.videos, 'video')}, {counted(terms, 'term')} ({how}), by "
        f"{found.judging.engine}; {_unscored(found):,} could not be scored."
    )
    yield from _again(found)
    yield from gathered.notes


def _counts_of(effects: Sequence[Effect], measure: Measure, *, judging_level: float) -> str:
    counts = Counter(one.compared.verdict for one in effects)
    differing = [one for one in effects if one.compared.verdict in _FOUND]
    differing.sort(key=lambda one: -abs(one.compared.difference.value or 0.0))
    named = "; ".join(
        f"'{one.term}' {_interval(one.compared.difference, signed=True)}"
        for one in differing[:_MOST_NAMED]
    )
    more = len(differing) - _MOST_NAMED
    if differing:
        first = (
            f"{measure.capitalize()} differs with {len(differing)} of "
            f"{counted(len(effects), 'term')} ({100 * judging_level:g} % intervals): {named}"
            + (f"; {more} more" * (more > 0))
        )
    elif counts["too few to say"] == len(effects):
        return f"{measure.capitalize()}: too few texts to say anything of any term."
    else:
        first = f"{measure.capitalize()}: no difference shown for any term"
    rest = [
        f"{counts[verdict]} {verdict}"
        for verdict in ("no difference shown", "undecided", "too few to say")
        if counts[verdict] and (differing or verdict != "no difference shown")
    ]
    return first + (f" ({', '.join(rest)})" if rest else "") + "."


def _section(found: TermEffects, measure: Measure) -> Section | None:
    effects = [one for one in found.effects if one.measure == measure]
    if not effects:
        return None
    says = [_sentence(one) for one in effects[:_MOST_DRAWN]] if len(effects) <= 10 else []
    drawn = [one for one in effects if one.compared.difference.low is not None]
    drawn.sort(key=lambda one: -(one.compared.difference.value or 0.0))
    if len(drawn) > _MOST_DRAWN:
        drawn = sorted(drawn[: _MOST_DRAWN // 2] + drawn[-_MOST_DRAWN // 2 :], key=drawn.index)
    name = _column(measure, found.judging.engine)
    figures = (_forest(drawn, name, found.judging.level),) if drawn else ()
    return Section(
        title=f"{measure.capitalize()} with and without each term",
        says=tuple(says),
        figures=figures,
        tables=(_short_table(effects, name),),
    )


def _sentence(effect: Effect) -> str:
    compared = effect.compared
    about = f"'{effect.term}': {effect.measure} {compared.verdict}"
    if compared.mean_first is None or compared.mean_second is None:
        side = "with" if compared.mean_first is None else "without"
        return f"'{effect.term}': too few to say; no scored text {side} it."
    own = "" if effect.own_words is None else f"; {effect.own_words:+.3f} with its own words"
    sure = "" if compared.q is None else f", q {_rate(compared.q)}"
    return (
        f"{about}: {compared.mean_first:.3f} in {compared.first:,} texts with it, "
        f"{compared.mean_second:.3f} in {compared.second:,} without; difference "
        f"{_interval(compared.difference, signed=True)}{own}; Cliff's delta "
        f"{_interval(compared.ranks.delta, signed=True)}{sure}."
    )


def _forest(effects: Sequence[Effect], name: str, level: float) -> Figure:
    away = [one for one in effects if one.compared.verdict in _FOUND]
    differences = [one.compared.difference for one in effects]
    return Figure(
        name=f"effects-{name.replace('_', '-')}",
        title=f"Difference in {name} with each term",
        says=(
            f"{counted(len(effects), 'term')}, the difference of means with and without each "
            f"and its {100 * level:g} % interval; {len(away)} of them differ at a false "
            f"discovery rate of {100 * RATE:g} %."
        ),
        x=Axis(label="term", names=tuple(one.term for one in effects)),
        y=Axis(label=f"difference in {name}"),
        series=(
            Series(
                name="difference",
                x=tuple(map(float, range(len(effects)))),
                y=tuple(one.value for one in differences),
                low=tuple(one.low for one in differences),
                high=tuple(one.high for one in differences),
                drawn="points",
            ),
        ),
    )


def _short_table(effects: Sequence[Effect], name: str) -> Table:
    columns = (
        Column(name="term"),
        Column(name="texts_with", type="int"),
        Column(name="texts_without", type="int"),
        Column(name=f"{name}_with", type="float", derived=True),
        Column(name=f"{name}_without", type="float", derived=True),
        Column(name="difference", type="float", derived=True),
        Column(name="low", type="float", derived=True),
        Column(name="high", type="float", derived=True),
        Column(name="difference_own_words_kept", type="float", derived=True),
        Column(name="cliffs_delta", type="float", derived=True),
        Column(name="q", type="float", derived=True),
        Column(name="verdict", derived=True),
    )
    rows = [
        (
            one.term, one.compared.first, one.compared.second, one.compared.mean_first,
            one.compared.mean_second, one.compared.difference.value, one.compared.difference.low,
            one.compared.difference.high, one.own_words, one.compared.ranks.delta.value,
            one.compared.q, one.compared.verdict,
        )
        for one in effects
    ]  # fmt: skip
    return Table.from_rows(f"effects on {name}", columns, rows)


def _quoted(found: TermEffects) -> Section:
    says, moments = shown(
        (
            f"'{one.term}', polarity {one.polarity:+.2f}: “{cut(one.passage.text, _MOST_QUOTED)}”",
            one.passage,
        )
        for one in found.quotes[:_MOST_DRAWN]
    )
    return Section(
        title="Examples: of each term that differs, the text furthest to its side",
        says=says,
        moments=moments,
    )


def _contrasted(found: TermEffects, contrast: Contrast) -> Section:
    says = []
    for name, compared in (
        ("Polarity", contrast.polarity), ("Subjectivity", contrast.subjectivity),
    ):  # fmt: skip
        if compared.mean_first is None or compared.mean_second is None:
            says.append(f"{name}: too few to say; a side has no scored text.")
            continue
        sure = "" if compared.q is None else f", q {_rate(compared.q)}"
        says.append(
            f"{name}: {compared.verdict}; {compared.mean_first:.3f} in {compared.first:,} texts "
            f"against {compared.mean_second:.3f} in {compared.second:,}; difference "
            f"{_interval(compared.difference, signed=True)}, Cliff's delta "
            f"{_interval(compared.ranks.delta, signed=True)}{sure}."
        )
    for label, sign in (("Words that mark the first", 1), ("Words that mark the other", -1)):
        those = [one for one in contrast.keywords if sign * one.ratio_log2 > 0]
        names = ", ".join(f"'{one.term}' ({_times(one)})" for one in those[:8])
        says.append(f"{label}: {names or 'none'} (of {contrast.tested:,} tested, q at most 5 %).")
    if "stretches of 5 in a row" in contrast.kinds:
        says.append("There are too few videos to say anything of others than these.")
    return Section(
        title=f"Held against {contrast.against.subject}",
        says=tuple(says),
        tables=(_keyword_table(contrast.keywords),) if contrast.keywords else (),
    )


def _keyword_table(keywords: Sequence[Keyword]) -> Table:
    columns = (
        Column(name="term"),
        Column(name="uses_first", type="int"),
        Column(name="uses_second", type="int"),
        Column(name="ratio_log2", type="float", derived=True),
        Column(name="q", type="float", derived=True),
    )
    rows = [(one.term, one.first, one.second, one.ratio_log2, one.q) for one in keywords]
    return Table.from_rows("words that mark a set", columns, rows)


def _limits_of(found: TermEffects) -> Iterator[str]:
    if found.clustered.kind not in ("videos", "authors"):
        yield (
            f"There are too few videos: {found.clustered.kind} are drawn, and what is found holds "
            "for these videos alone."
        )
    if found.clustered.kind == "authors":
        yield "Authors are drawn, not videos: what is found holds for these videos' audiences."
    yield (
        f"Nothing is said of terms with fewer than {LEAST_TEXTS} scored texts on a side, or in "
        f"fewer than {LEAST_CLUSTERS} {found.clustered.kind}."
    )
    unscored = _unscored(found)
    if unscored:
        unknown = Counter(
            one.language for one in found.sentiments if one.polarity is None
        ).most_common(3)
        tags = ", ".join(f"{tag} {count:,}" for tag, count in unknown)
        yield (
            f"{unscored:,} of {len(found.sentiments):,} texts have no score: their language or "
            f"words are unknown to {found.judging.engine} ({tags}). They are left out, not "
            "taken for 0."
        )


def _unscored(found: TermEffects) -> int:
    return sum(one.polarity is None for one in found.sentiments)


def _languages(found: TermEffects) -> Counter[str]:
    return Counter(one.language for one in found.sentiments)


def _again(found: TermEffects) -> list[str]:
    return [f"The term '{term}' was given twice and counts once." for term in found.again]


def _plain_comparison(compared: Comparison, sides: tuple[str, str]) -> dict[str, Any]:
    ranks = compared.ranks
    return {
        f"texts_{sides[0]}": compared.first,
        f"texts_{sides[1]}": compared.second,
        "clusters": compared.clusters,
        f"mean_{sides[0]}": compared.mean_first,
        f"mean_{sides[1]}": compared.mean_second,
        "difference": compared.difference.plain(),
        "mann_whitney": {"u": ranks.u, "p": ranks.p, "method": ranks.method},
        "cliffs_delta": ranks.delta.plain(),
        "hedges_g": compared.g.plain(),
        "q": compared.q,
        "verdict": compared.verdict,
    }


def _plain_contrast(found: TermEffects) -> dict[str, Any] | None:
    contrast = found.contrast
    if contrast is None:
        return None
    engine = found.judging.engine
    sides = ("first", "second")
    return {
        "sources": list(contrast.against.sources),
        "texts": len(contrast.against.passages),
        "videos": contrast.against.videos,
        "clusters": [
            {"kind": kind, "count": count}
            for kind, count in zip(contrast.kinds, contrast.clusters, strict=True)
        ],
        _column("polarity", engine): _plain_comparison(contrast.polarity, sides),
        _column("subjectivity", engine): _plain_comparison(contrast.subjectivity, sides),
        "words_tested": contrast.tested,
        "words": [
            {
                "term": one.term,
                "uses_first": one.first,
                "uses_second": one.second,
                "ratio_log2": one.ratio_log2,
                "p": one.p,
                "q": one.q,
            }
            for one in contrast.keywords
        ],
    }


def _plain_quote(quote: Quote, engine: str) -> dict[str, Any]:
    passage = quote.passage
    return {
        "term": quote.term,
        _column("polarity", engine): quote.polarity,
        "text": passage.text,
        "video": passage.video,
        "start_ms": passage.start_ms,
        "url": passage.url,
    }


_FLOATS = (
    ("mean_with", "mean score with the term, its own words taken out"),
    ("mean_without", "mean score without it"),
    ("difference", "the first less the second"),
    ("difference_low", "of its interval"),
    ("difference_high", "of its interval"),
    ("difference_own_words_kept", "the same with the term's own words left in"),
    ("mann_whitney_u", "pairs in which a text with it is higher, ties by half"),
    ("p", "two-sided, heeding clusters"),
    ("q", "false discovery rate (Benjamini-Hochberg)"),
    ("cliffs_delta", "-1 to 1, the rank-biserial correlation"),
    ("cliffs_delta_low", "of its interval"),
    ("cliffs_delta_high", "of its interval"),
    ("hedges_g", "in pooled standard deviations"),
    ("hedges_g_low", "of its interval"),
    ("hedges_g_high", "of its interval"),
)


def _derived(name: str, about: str) -> Column:
    return Column(name=name, type="float", description=about, derived=True)


def _row(effect: Effect, level: float, engine: str) -> list[Cell]:
    one = effect.compared
    return [
        effect.term, _column(effect.measure, engine), effect.texts, one.first, one.second,
        one.clusters, one.mean_first, one.mean_second, *_three(one.difference), effect.own_words,
        one.ranks.u, one.ranks.p, one.q, *_three(one.ranks.delta), *_three(one.g), level,
        one.verdict, engine,
    ]  # fmt: skip


def _three(interval: Interval) -> tuple[float | None, float | None, float | None]:
    return interval.value, interval.low, interval.high


def _column(measure: Measure, engine: str) -> str:
    return f"{measure}_{engine.partition(':')[0]}"


def _interval(interval: Interval, *, signed: bool = False) -> str:
    if interval.value is None:
        return "unknown"
    value = f"{interval.value:+.3f}" if signed else f"{interval.value:.3f}"
    if interval.low is None or interval.high is None:
        return f"{value} (no interval)"
    return f"{value} ({interval.low:.3f} to {interval.high:.3f})"


def _rate(q: float) -> str:
    return f"{q:.3f}" if q >= 0.001 else "below 0.001"


def _times(one: Keyword) -> str:
    return f"{2 ** abs(one.ratio_log2):.1f} times as often"
