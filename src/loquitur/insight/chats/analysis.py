"""A chat analysed from one end to the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from loquitur.insight import links
from loquitur.insight.chats import bursts as bursting
from loquitur.insight.chats.columns import messages_of, polars
from loquitur.insight.chats.happenings import events_of
from loquitur.insight.chats.minutes import count_minutes
from loquitur.insight.chats.moments import tell_bursts
from loquitur.insight.chats.money import sum_money
from loquitur.insight.chats.moods import ENGINE, read_mood, score_texts
from loquitur.insight.chats.pseudonyms import check_key, names_of, random_key
from loquitur.insight.chats.reactions import find_lag, find_sparks
from loquitur.insight.chats.reading import read_columns
from loquitur.insight.chats.result import (
    ChatResult,
    FlagTold,
    Moderation,
    Quote,
    Reaction,
    SparkTold,
)
from loquitur.insight.chats.suspicion import find_flags
from loquitur.insight.chats.talkers import by_role, fairness, rank
from loquitur.insight.chats.wording import worded
from loquitur.insight.spoken.reading import read_spoken
from loquitur.model.chat import MODERATION
from loquitur.text import display

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.insight.chats.columns import Chat, Messages
    from loquitur.insight.chats.moods import Mood
    from loquitur.insight.chats.pseudonyms import Names
    from loquitur.insight.chats.wording import Wording
    from loquitur.insight.spoken.fragments import Spoken


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOptions:
    """What is asked of an analysis.

    Args:
        engine: Of the kind `sentiment`; empty for none, and then no languages either.
        language: BCP 47 of all messages; found out for each where empty.
        every_ms: How long a row of the table of minutes is; 0 for what suits the chat.
        scale: Of the automaton of bursts, see `bursts.find_bursts`.
        gamma: Likewise.
        states: Likewise.
        events: Terms of the transcript after which a reaction is looked for.
        pseudonymise: Whether names are replaced.
        key: Of the pseudonyms; a random one for this run where it is None.
        key_lasts: The key given is kept for other runs.
    """

    engine: str = ENGINE
    language: str = ""
    every_ms: int = 0
    scale: float = bursting.SCALE
    gamma: float = bursting.GAMMA
    states: int = 2
    events: tuple[str, ...] = ()
    pseudonymise: bool = False
    key: bytes | None = field(default=None, repr=False)
    key_lasts: bool = True


def chat(
    path: str | Path,
    *,
    transcript: str | Path = "",
    video_id: str = "",
    start_us: int | None = None,
    options: ChatOptions | None = None,
) -> ChatResult:
    """A file of a chat or of comments, analysed.

    Args:
        path: See `reading.read_columns`.
        transcript: What was said in the video, in any format of transcripts or captions.
        video_id: Whose chat it is, for links, where the file does not say.
        start_us: When the stream began, microseconds since 1970, UTC, where the file has wall
            clock times alone.
        options: See `ChatOptions`.

    Raises:
        InputError: A file cannot be read, or is no chat.
        UsageError: No such engine, or an option that makes no sense.
        MissingError: A package or model is absent.
    """
    found = read_columns(path, video_id=video_id, start_us=start_us)
    spoken = read_spoken(transcript) if transcript else None
    return analyse(found, options=options, spoken=spoken, transcript=transcript)


def analyse(
    found: Chat,
    *,
    options: ChatOptions | None = None,
    spoken: Spoken | None = None,
    transcript: str | Path = "",
) -> ChatResult:
    """A chat that was read, analysed; see `chat`."""
    options = options or ChatOptions()
    messages = messages_of(found)
    wording = worded(messages)
    pictures = wording.has_picture()[messages.text]
    names, told = _names(messages, options)
    minutes = count_minutes(found, messages, pictures, every_ms=options.every_ms)
    related = spoken if found.clock == "stream" else None
    bursts = bursting.find_bursts(
        messages.times, scale=options.scale, gamma=options.gamma, states=options.states
    )
    moments, agreement = tell_bursts(
        bursts, messages, wording, names, origin=found.origin, spoken=related
    )
    mood: Mood | None = None
    examples: tuple[Quote, ...] = ()
    if options.engine:
        scores = score_texts(messages.texts, engine=options.engine, language=options.language)
        mood = read_mood(messages, scores, wording, minutes)
        examples = _examples(mood, messages, names, found.origin)
    talkers = rank(messages)
    return ChatResult(
        name=found.name, source=found.source, origin=found.origin, clock=found.clock,
        start_us=found.start_us,
        rows=dict(found.frame["type"].value_counts(sort=True).iter_rows()),
        messages=len(messages),
        first_ms=int(messages.times[0]) if messages.timed else None,
        last_ms=int(messages.times[-1]) if messages.timed else None,
        minutes=minutes, bursts=moments, agreement=agreement if messages.timed else None,
        talkers=talkers, fairness=fairness(talkers.messages), roles=by_role(messages),
        author_roles=tuple(messages.authors["role"].to_list()), names=names,
        mood=mood, examples=examples,
        pictures=_pictures(messages, wording),
        picture_share=float(pictures.mean()) if len(messages) else None,
        money=sum_money(found), moderation=_moderation(found, messages),
        flags=_flags(messages, wording, names, found.origin),
        reaction=_reaction(found, messages, spoken, transcript, names, options),
        counts=found.counts, remarks=(*found.remarks, *told),
    )  # fmt: skip


def _names(messages: Messages, options: ChatOptions) -> tuple[Names, tuple[str, ...]]:
    if not options.pseudonymise:
        return names_of(messages.authors, key=None), ()
    key = random_key() if options.key is None else check_key(options.key, "key")
    if options.key is not None and options.key_lasts:
        told = "Names are pseudonyms: the same key gives the same ones."
    else:
        told = "Names are pseudonyms by a key of this run alone: another run gives other ones."
    return names_of(messages.authors, key=key), (told,)


def _pictures(messages: Messages, wording: Wording) -> tuple[tuple[str, int], ...]:
    counts = wording.counts(messages.text)
    counts[~wording.is_picture] = 0
    order = np.argsort(-counts, kind="stable")
    return tuple(
        (wording.vocabulary[at], int(counts[at])) for at in order.tolist() if counts[at] > 0
    )


def _examples(mood: Mood, messages: Messages, names: Names, origin: str) -> tuple[Quote, ...]:
    quotes = []
    for one in mood.examples:
        at = int(messages.at_ms[one.place]) if one.place < messages.timed else None
        quotes.append(
            Quote(
                at_ms=at, text=names.text(messages.texts[messages.text[one.place]]),
                author=names.author(int(messages.author[one.place])), polarity=one.polarity,
                sign=one.sign, url=links.moment(origin, at) if at is not None else "",
            )
        )  # fmt: skip
    return tuple(quotes)


def _moderation(found: Chat, messages: Messages) -> Moderation:
    pl = polars()
    frame = found.frame
    stood = frame.filter("is_deleted").select((pl.col("deleted_ms") - pl.col("at_ms")) / 1_000)
    values = stood.to_series().drop_nulls()
    counts = dict(frame["type"].value_counts().iter_rows())
    return Moderation(
        deleted=int(messages.is_deleted.sum()),
        median_s=float(values.median()) if len(values) else None,
        events={name: counts[name] for name in sorted(MODERATION) if counts.get(name)},
    )


def _flags(
    messages: Messages, wording: Wording, names: Names, origin: str
) -> tuple[FlagTold, ...]:  # fmt: skip
    roles = messages.authors["role"].to_list()
    return tuple(
        FlagTold(
            flag=flag, author=names.author(flag.author),
            role=roles[flag.author] if flag.author >= 0 else None,
            text=names.text(messages.texts[flag.text]) if flag.text >= 0 else "",
            url=links.moment(origin, flag.start_ms) if flag.start_ms is not None else "",
        )
        for flag in find_flags(messages, wording)
    )  # fmt: skip


def _reaction(
    found: Chat,
    messages: Messages,
    spoken: Spoken | None,
    transcript: str | Path,
    names: Names,
    options: ChatOptions,
) -> Reaction | None:
    if spoken is None:
        return None
    shown = display(spoken.name)
    if found.clock != "stream":
        return Reaction(
            transcript=shown,
            why_not="the chat's times are not those of the video, so what is said and what is "
            "written cannot be laid side by side",
        )
    if not spoken.times_known:
        return Reaction(transcript=shown, why_not="the transcript is bare text without times")
    kinds = events_of(spoken, terms=options.events, path=transcript)
    times: NDArray[np.int64] = messages.times
    lags = tuple(find_lag(times, kind, tried=len(kinds)) for kind in kinds)
    clear = [lag for lag in lags if lag.is_clear]
    if not clear:
        return Reaction(transcript=shown, lags=lags)
    best = min(clear, key=lambda lag: (lag.p or 0.0, -max(lag.curve) / (lag.band or 1.0)))
    starts = [one.start_ms for one in spoken.fragments]
    sparks = find_sparks(times, starts, best.lag_s or 0.0)
    return Reaction(
        transcript=shown, lags=lags, chosen=best.events,
        sparks=tuple(
            SparkTold(
                spark=spark, said=names.text(spoken.fragments[spark.place].text),
                speaker=_speaker(spoken, spark.place, names),
                url=links.moment(found.origin or spoken.origin, spark.at_ms),
            )
            for spark in sparks
        ),
    )  # fmt: skip


def _speaker(spoken: Spoken, place: int, names: Names) -> str | None:
    speaker = spoken.fragments[place].speaker
    return None if speaker is None else names.text(speaker)
