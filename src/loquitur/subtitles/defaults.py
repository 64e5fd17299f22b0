"""The limits that go where no guideline is chosen: Netflix's, by language.

Source: Netflix Timed Text Style Guides, line lengths, reading speeds (adult programmes) and dual
speakers by language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.languages import primary
from loquitur.subtitles.limits import Limits

if TYPE_CHECKING:
    from loquitur.subtitles.limits import Dashes

_OWN = {
    "en": Limits(),
    "ar": Limits(dashes="both-spaced"),
    "hi": Limits(speed_cps=22),
    "ja": Limits(line_width=13, counting="halves", speed_cps=4),
    "ko": Limits(line_width=16, counting="halves", speed_cps=12, dashes="both-spaced"),
    "zh": Limits(line_width=16, counting="halves", speed_cps=9),
    "th": Limits(line_width=35, speed_cps=17, dashes="both-spaced"),
}
_DASHES: dict[Dashes, frozenset[str]] = {
    "both-spaced": frozenset(
        ("cs", "es", "fr", "hu", "id", "it", "ms", "pl", "pt", "ro", "ru", "sk", "vi")
    ),
    "second": frozenset(["nl", "fi", "sr", "he"]),
    "second-spaced": frozenset({"bg"}),
}


def default_limits(language: str = "") -> Limits:
    """The limits for a BCP 47 tag.

    >>> default_limits("ja-JP").line_width, default_limits("fr").dashes
    (13, 'both-spaced')
    """
    name = primary(language)
    if not name or name in _OWN:
        return _OWN[name or "en"]
    style: Dashes = next((one for one, some in _DASHES.items() if name in some), "both")
    return Limits(speed_cps=17, dashes=style)
