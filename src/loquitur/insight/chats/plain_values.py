"""A chat's result as plain values: what `--json` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.insight.chats.tabling import table
from loquitur.tables.cells import as_json

if TYPE_CHECKING:
    from loquitur.insight.chats.result import ChatResult, Reaction

_MOST = 100


def plain(result: ChatResult) -> dict[str, Any]:
    """All figures; of lists without an end the first hundred, with how many there are."""
    minutes = result.minutes
    return {
        "chat": result.name,
        "source": result.source,
        "clock": result.clock or None,
        "origin": result.origin or None,
        "messages": result.messages,
        "rows": dict(result.rows),
        "first_ms": result.first_ms,
        "last_ms": result.last_ms,
        "rate_per_min": result.rate_per_min,
        "every_ms": minutes.every_ms if minutes else None,
        "minutes": _rows(result, "minutes"),
        "bursts": _bursts(result),
        "agreement": _agreement(result),
        "authors": _authors(result),
        "sentiment": _sentiment(result),
        "emotes": {
            "share_of_messages": result.picture_share,
            "different": len(result.pictures),
            "top": [{"emote": name, "count": count} for name, count in result.pictures[:_MOST]],
        },
        "money": _money(result),
        "moderation": {
            "deleted": result.moderation.deleted,
            "median_s_until_deleted": result.moderation.median_s,
            "events": dict(result.moderation.events),
        },
        "flags": _rows(result, "flags")[:_MOST],
        "flags_found": len(result.flags),
        "reaction": _reaction(result.reaction),
        "pseudonyms": result.names.are_hidden,
        "counts": dict(result.counts),
        "remarks": list(result.remarks),
    }


def _rows(result: ChatResult, which: str) -> list[dict[str, Any]]:
    return [
        {name: as_json(cell) for name, cell in row.items()}
        for row in table(result, which).rows()
    ]  # fmt: skip


def _bursts(result: ChatResult) -> list[dict[str, Any]]:
    rows = _rows(result, "bursts")
    for row, one in zip(rows, result.bursts, strict=True):
        row["words"] = [
            {"word": word.word, "count": word.count, "keyness_g2": word.keyness}
            for word in one.words
        ]
        row["messages_most_written"] = [
            {"text": text, "count": count} for text, count in one.messages
        ]
    return rows


def _agreement(result: ChatResult) -> dict[str, int] | None:
    if result.agreement is None:
        return None
    one = result.agreement
    return {"bursts": one.bursts, "also_loud_by_z": one.also_loud, "loud_alone": one.loud_alone}


def _authors(result: ChatResult) -> dict[str, Any]:
    fair, minutes = result.fairness, result.minutes
    once = minutes.once if minutes else None
    return {
        "different": fair.authors,
        "messages": fair.messages,
        "returning": minutes.all_authors - minutes.once if minutes else None,
        "in_one_minute_alone": once,
        "single_message": fair.single,
        "messages_per_author": fair.messages / fair.authors if fair.authors else None,
        "gini": fair.gini,
        "top_1_percent_share": fair.top_1,
        "top_10_percent_share": fair.top_10,
        "lorenz": [list(point) for point in fair.lorenz],
        "roles": {
            role: {"authors": people, "messages": said}
            for role, (people, said) in result.roles.items()
        },
        "top": top_authors(result, _MOST),
    }


def top_authors(result: ChatResult, most: int) -> list[dict[str, Any]]:
    """The busiest authors: name, role, messages, share."""
    talkers, total = result.talkers, max(1, result.fairness.messages)
    return [
        {
            "author": result.names.author(author), "role": result.author_roles[author],
            "messages": int(talkers.messages[at]), "share": int(talkers.messages[at]) / total,
        }
        for at, author in enumerate(talkers.author[:most].tolist())
    ]  # fmt: skip


def _sentiment(result: ChatResult) -> dict[str, Any] | None:
    mood = result.mood
    if mood is None:
        return None
    return {
        "engine": mood.engine,
        "messages": mood.messages,
        "scored": mood.scored,
        "polarity": mood.mean.plain(),
        "coverage": mood.coverage,
        "shares": {sign: share.plain() for sign, share in mood.shares.items()},
        "languages": [
            {"language": name, "messages": count} for name, count in mood.languages
        ],
        "examples": [
            {
                "sign": quote.sign, "at_ms": quote.at_ms, "text": quote.text,
                "author": quote.author, "polarity": quote.polarity, "url": quote.url or None,
            }
            for quote in result.examples
        ],
    }  # fmt: skip


def _money(result: ChatResult) -> dict[str, Any]:
    money = result.money
    return {
        "currencies": {
            one.currency: {
                "payments": one.count, "total": str(one.total), "median": str(one.median),
                "largest": str(one.largest), "largest_ms": one.largest_ms,
                "stickers": one.stickers, "assumed": one.assumed, "deleted": one.deleted,
            }
            for one in money.currencies
        },
        "not_understood": [
            {"amount_text": shown, "count": count} for shown, count in money.unread[:_MOST]
        ],
        "events": dict(money.events),
        "memberships_gifted": money.gifted,
        "jewels": money.jewels,
    }  # fmt: skip


def _reaction(reaction: Reaction | None) -> dict[str, Any] | None:
    if reaction is None:
        return None
    return {
        "transcript": reaction.transcript,
        "why_not": reaction.why_not or None,
        "lags": [
            {
                "events": lag.events, "count": lag.count, "clear": lag.is_clear,
                "lag_s": lag.lag_s, "low_s": lag.low_s, "high_s": lag.high_s, "p": lag.p,
                "band": lag.band, "curve": list(lag.curve), "why_not": lag.why_not or None,
            }
            for lag in reaction.lags
        ],
        "chosen": reaction.chosen or None,
        "utterances": [
            {
                "at_ms": one.spark.at_ms, "said": one.said, "speaker": one.speaker,
                "messages": one.spark.messages, "usual": one.spark.usual, "z": one.spark.z,
                "url": one.url or None,
            }
            for one in reaction.sparks
        ],
    }  # fmt: skip
