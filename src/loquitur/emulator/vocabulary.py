"""The words that invented titles, descriptions, names and comments are made of."""

from __future__ import annotations

import re
import unicodedata

ADJECTIVES = (
    *("amber", "ancient", "brief", "bright", "broken", "careful", "cheap", "clever", "coastal"),
    *("complete", "curious", "distant", "early", "elegant", "empty", "famous", "fragile", "frozen"),
    *("gentle", "golden", "hidden", "honest", "hollow", "humble", "improbable", "late", "little"),
    *("lucky", "modern", "narrow", "northern", "patient", "plain", "polite", "remote", "rough"),
    *("rusty", "second", "secret", "sharp", "silver", "simple", "slow", "southern", "steep"),
    *("strange", "stubborn", "sudden", "tender", "tiny", "true", "upper", "urban", "useful"),
    *("vivid", "weary", "western", "wild", "windy", "wooden", "yellow"),
)
NOUNS = (
    *("anchor", "atlas", "bakery", "barrel", "bridge", "bottle", "candle", "canyon", "carpet"),
    *("cellar", "clock", "compass", "corridor", "engine", "feather", "ferry", "forest", "garden"),
    *("glacier", "guitar", "hammer", "harbour", "island", "kettle", "kitchen", "ladder", "lantern"),
    *(
        "lecture",
        "letter",
        "library",
        "machine",
        "market",
        "meadow",
        "mirror",
        "mountain",
        "needle",
    ),
    *("notebook", "orchard", "parade", "pencil", "piano", "planet", "pocket", "puzzle", "railway"),
    *("recipe", "river", "rocket", "school", "shadow", "signal", "station", "theatre", "thread"),
    *("ticket", "tunnel", "umbrella", "valley", "violin", "window", "winter"),
)
PLACES = (
    *("Utrecht", "Porto", "Tampere", "Lagos", "Kyoto", "Valparaiso", "Tbilisi", "Galway", "Pune"),
    *("Hobart", "Cusco", "Leipzig", "Tromso", "Bergamo", "Accra", "Hanoi", "Oaxaca", "Izmir"),
    *("Brno", "Zaragoza", "Kampala", "Halifax", "Busan", "Cardiff", "Lviv", "Medina", "Perth"),
    *("Quito", "Riga", "Sapporo", "Tunis", "Vilnius"),
)
FORMS = (
    *("{subject}: the {adj} {noun}", "{adj} {noun}, or {subject} in {place}"),
    *("What {subject} taught a {adj} {noun}", "{subject} explained, part {number}"),
    *("Lesson {number}: {subject} & the {noun}", "Why {subject} < {adj} {noun}"),
    *('"{subject}" in {place}, {adj} as ever', "{place} '26: {subject} and a {noun}"),
    *("{subject} 🎉 {adj} {noun}", "🔴 {subject} | {place} | #{noun}"),
    *("= {subject} = {noun} no. {number}", "+{number} things on {subject}"),
    *("مقدمة {subject} ({place})", "{subject} - שיעור {number}"),
    *("{subject} 入門 第 {number} 回「{noun}」", "The {adj} {noun} of {place}"),
    *("A {noun} in {place} <{number}>", "{adj}, {adj} {noun}"),
    *("Talk {number}: {subject}", "{subject} with a {adj} {noun} from {place}"),
)
"""How titles are made; a few leave the subject to the tags and the description."""

NUMBERS = tuple(str(count) for count in range(1, 21))

REMARKS = (
    *("First!", "Thank you for this.", "This is the {adj} {noun} I needed.", "❤️❤️❤️"),
    *("I watched this {number} times", 'At {number}:12 he says "{noun}" & laughs', "+1"),
    *("Line one\nLine two: the {noun}\n\nand a third", "=SUM(A1:A{number})", "{noun} > {noun}?"),
    *("See https://example.invalid/{noun}?n={number}&t=1 for more", "😂 the {adj} {noun}"),
    *("شكرا جزيلا", "תודה רבה", "素晴らしい動画です", "Grüße aus {place}!", "@{noun} look at this"),
    *("It's {adj}, isn't it", "Who is here in 2026?", "-1 for the {noun}", "{place} represent 🇵🇹"),
    *("My grandmother's {noun} was {adj}.", "Can you do one about {place}?", "<b>no</b> {adj}"),
    *("I disagree; {noun}.", "Why {place}, though?"),
)
"""How comments are made."""

_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """The words of a text as the search compares them."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def cap(text: str) -> str:
    """With its first letter large."""
    return text[:1].upper() + text[1:]
