"""How the figures of a chat were made, and what they do not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.insight.chats.moods import CLEAR

if TYPE_CHECKING:
    from loquitur.insight.chats.result import ChatResult

_METHODS = (
    (
        "Messages are what viewers wrote or showed (texts, Super Chats, stickers, milestones), "
        "each id once; memberships, gifts and moderation are counted apart."
    ),
    (
        "Bursts: states of Kleinberg's automaton (2003) on the gaps between messages, merged "
        "where less than 10 s lie between them; typical words by log-likelihood (Dunning 1993) "
        "against the rest of the chat, used by three authors or more."
    ),
    (
        "Robust z-score: counts of 10 s against their median and its absolute deviation, above "
        "3.5 (Iglewicz and Hoaglin 1993)."
    ),
    "Gini's coefficient and Lorenz's curve are of the authors who wrote at all.",
    (
        "Automated: at least 10 equal texts (16 messages of any text) whose gaps spread by at "
        "most 5 % of their median; copies: 5 authors or more with one text of 20 letters within "
        "60 s, ten times as many as if they came evenly."
    ),
)


def methods(result: ChatResult) -> tuple[str, ...]:
    """How the figures were made, a sentence each, with sources."""
    lines = list(_METHODS)
    mood = result.mood
    if mood is not None:
        lines.append(
            f"Sentiment by the engine {mood.engine}, each different text once; positive from "
            f"{CLEAR:+.2f}, negative from {-CLEAR:+.2f} on. Mean: {mood.mean.method}, 95 %; by "
            "minute linearised over authors as clusters (Cochran 1977) with Student's quantiles, "
            "none under 5 authors."
        )
    if result.reaction is not None and result.reaction.lags:
        lines.append(
            "Lags: the rate of each second (root, less its mean of 5 minutes, smoothed over 5 s) "
            "averaged after the events, 0 to 60 s; chance: 999 orders of blocks of 2 minutes, at "
            "1 % for all kinds of events together; interval by 500 draws of the events."
        )
    if result.names.are_hidden:
        lines.append("Names: HMAC-SHA256 of the channel (or the name) under a secret key, 64 bits.")
    return tuple(lines)


def limits(result: ChatResult) -> tuple[str, ...]:
    """What the figures do not say."""
    lines = [
        "Who only reads is in no chat: shares are of those who wrote.",
        "A replay often holds fewer messages than were sent.",
    ]
    if result.mood is not None:
        lines.append("Irony, in-jokes and words the engine does not know are misread or unscored.")
    if result.names.are_hidden:
        lines.append(
            "In texts the names of this chat's authors are hidden, and one word after an @; names "
            "of others are not known."
        )
    if result.reaction is not None:
        lines.append("A lag says what follows what, not that one causes the other.")
    return tuple(lines)
