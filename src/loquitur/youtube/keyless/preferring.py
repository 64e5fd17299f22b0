"""Which of a video's tracks is meant: by languages in order, people before recognisers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from loquitur.languages import ANY
from loquitur.youtube.captions import comparable
from loquitur.youtube.keyless.failures import failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.youtube.keyless.tracks import Listing, Track

Kinds: TypeAlias = Literal["any", "manual", "generated"]

_ALIKE = {"zh-my": "zh-hans", "zh-hk": "zh-hant", "zh-mo": "zh-hant", "no": "nb"}
"""Codes of two tracks, either of which is right for who wants the other."""
_ORIGINAL = "-orig"
_FAR = 3


def normal(language: str) -> str:
    """A tag for comparing alone, never for sending back.

    >>> normal("iw"), normal("zh_CN"), normal("en-orig"), normal("pt-BR")
    ('he', 'zh-hans', 'en', 'pt-br')
    """
    text = comparable(comparable(language).removesuffix(_ORIGINAL))
    text = _ALIKE.get(text, text)
    head, dash, rest = text.partition("-")
    return _ALIKE.get(head, head) + dash + rest


def distance(wanted: str, there: str) -> int | None:
    """How far a track's language is from a wanted one; None where it is another.

    0 the same, 1 a variety of what is wanted, 2 what the wanted one is a variety of, 3 another
    variety; another script is another language.

    >>> distance("en", "en"), distance("en", "en-GB"), distance("en-US", "en")
    (0, 1, 2)
    >>> distance("en-US", "en-GB"), distance("zh-Hans", "zh-TW"), distance("de", "en")
    (3, None, None)
    """
    if normal(wanted) in ANY or wanted in ("any", "*"):
        return 0
    one, other = normal(wanted).split("-"), normal(there).split("-")
    if one == other:
        return 0
    if other[: len(one)] == one:
        return 1
    if one[: len(other)] == other:
        return 2
    scripts = [next((part for part in tag[1:] if len(part) == 4), "") for tag in (one, other)]
    return _FAR if one[0] == other[0] and scripts[0] == scripts[1] else None


def chosen(
    listing: Listing, languages: Sequence[str], kinds: Kinds = "any"
) -> tuple[Track, tuple[str, ...]]:
    """The track that is meant, and what should be said about the choice.

    Args:
        listing: What there is.
        languages: Those wanted, the best first; `any` takes every one. Without any of them the
            language that is spoken is meant.
        kinds: `manual` and `generated` admit only such tracks; `any` takes people's first.

    Raises:
        RemoteError: There is none in these languages, or none of that kind.
    """
    there = {"any": listing.tracks, "manual": listing.manual, "generated": listing.generated}[kinds]
    if not there:
        what = "made by people" if kinds == "manual" else "automatic"
        name = "no-captions" if kinds == "any" else "no-language"
        detail = "" if kinds == "any" else f"none {what}; there are {_told(listing.tracks)}"
        raise failure(name, listing.video_id, detail=detail, hint=_other_kind(kinds, listing))
    if not languages:
        return _spoken(listing, there)
    for wanted in languages:
        exact = [track for track in there if track.id == wanted and track.id != track.language]
        if exact:
            return exact[0], ()
        if wanted in ("any", "*"):
            track, said = _spoken(listing, there)
            return track, said
        found = _near(there, wanted)
        if found:
            return found[0], _said(wanted, found)
    asked = ", ".join(languages)
    hint = "--language with one of these, or `any`; --translate lets YouTube translate"
    detail = f"{asked}; there are {_told(there)}"
    raise failure("no-language", listing.video_id, detail=detail, hint=hint)


def _near(tracks: Sequence[Track], wanted: str) -> list[Track]:
    """The tracks in a language: those of people first, then the nearest."""
    rows = [
        (track.is_generated, far, track.id != track.language, at)
        for at, track in enumerate(tracks)
        if (far := distance(wanted, track.language)) is not None
    ]
    return [tracks[row[-1]] for row in sorted(rows)]


def _said(wanted: str, found: Sequence[Track]) -> tuple[str, ...]:
    track, *others = found
    lines = []
    if distance(wanted, track.language) == _FAR:
        lines.append(f"there is no {wanted}; {track.language} was taken")
    same = [
        one
        for one in others
        if one.language == track.language and one.is_generated == track.is_generated
    ]
    if same:
        ids = ", ".join(one.id for one in same)
        lines.append(f"there are more tracks in {track.language}: --language {ids} takes another")
    return tuple(lines)


def _spoken(listing: Listing, there: Sequence[Track]) -> tuple[Track, tuple[str, ...]]:
    """The track in the language that is spoken; else the first, which is said."""
    spoken = listing.spoken_language
    found = _near(there, spoken) if spoken else []
    if found:
        return found[0], ()
    first = min(there, key=lambda track: track.is_generated)
    if len({normal(track.language) for track in there}) == 1:
        return first, ()
    return first, (f"nothing says what is spoken; {first.language} was taken of {_told(there)}",)


def _told(tracks: Sequence[Track]) -> str:
    return ", ".join(
        f"{track.language} ({'automatic' if track.is_generated else 'manual'})"
        for track in tracks[:20]
    ) + (" ..." if len(tracks) > 20 else "")


def _other_kind(kinds: Kinds, listing: Listing) -> str:
    if kinds == "any" or not listing.tracks:
        return ""
    return "leave out --" + kinds
