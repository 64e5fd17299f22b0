r"""The nine places of ASS (`\an1` to `\an9`, as on a keypad) and WebVTT's settings for them.

SubRip files use them as overrides; players agree on the place alone. 1 to 3 stand at the bottom, 4
to 6 in the middle, 7 to 9 at the top; each three are left, centre, right.
"""

from __future__ import annotations

from dataclasses import replace

from loquitur.model.captions import PLAIN_SETTINGS, Settings

_MIDDLE = {"line": 50, "snap_to_lines": False, "line_align": "center"}
_ROWS: tuple[dict[str, object], ...] = ({}, _MIDDLE, {"line": 0})
_COLUMNS: tuple[dict[str, object], ...] = (
    {"position": 0, "position_align": "line-left", "align": "left"},
    {},
    {"position": 100, "position_align": "line-right", "align": "right"},
)


def settings_of(number: int) -> Settings:
    r"""The settings of `\anN`; the plain ones where N is none of 1 to 9.

    >>> settings_of(8).line, settings_of(2) is PLAIN_SETTINGS
    (0, True)
    """
    if number == 2 or not 1 <= number <= 9:
        return PLAIN_SETTINGS
    row, column = divmod(number - 1, 3)
    return replace(PLAIN_SETTINGS, **_ROWS[row], **_COLUMNS[column])  # type: ignore[arg-type]


def number_of(settings: Settings) -> int:
    r"""The nearest of the nine places.

    >>> number_of(settings_of(7)), number_of(PLAIN_SETTINGS)
    (7, 2)
    """
    return _row(settings) * 3 + _column(settings) + 1


def _row(settings: Settings) -> int:
    if settings.line is None:
        return 0
    if settings.snap_to_lines:
        return 0 if settings.line < 0 or settings.line >= 10 else 1 if settings.line >= 5 else 2
    return 2 if settings.line < 100 / 3 else 1 if settings.line < 200 / 3 else 0


def _column(settings: Settings) -> int:
    if settings.align in ("left", "start") and (settings.position or 0) < 40:
        return 0
    if settings.align in ("right", "end") and (settings.position is None or settings.position > 60):
        return 2
    return 1
