"""Every check by its code: how grave it is where a profile says nothing, what it is, what mends it.

F is about the file, T times, R reading speed, L lines, S speakers, D sounds, X the text itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[str, ...] = get_args(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One check.

    Args:
        code: Its letter and number.
        severity: Where a profile says nothing; empty where it is then off.
        title: What is wrong, in a few words.
        repair: What `fix` does about it where it can; empty where a person must.
    """

    code: str
    severity: Severity | Literal[""]
    title: str
    repair: str = ""


_ANEW = "written anew as it should be"
_EXTEND = "extend into free time"
_REBREAK = "break the lines anew"
_TABLE: tuple[tuple[str, Severity | Literal[""], str, str], ...] = (
    ("F001", "warning", "the encoding had to be guessed", _ANEW),
    ("F002", "info", "a byte order mark, NUL or odd line end inside the file", _ANEW),
    ("F003", "warning", "the header is missing or is another format's", _ANEW),
    ("F004", "warning", "a block that is neither cue nor comment", ""),
    ("F005", "error", "no captions at all", ""),
    ("F006", "info", "written otherwise than the format wants", _ANEW),
    ("F007", "error", "a cue that cannot be read and is not shown", ""),
    ("T001", "error", "ends when or before it starts", "give it time"),
    ("T002", "error", "overlaps the next cue", "end it before the next"),
    ("T003", "warning", "too short", _EXTEND),
    ("T004", "warning", "too long", "split it, or end it earlier"),
    ("T005", "warning", "too close to the next cue", "end it earlier"),
    ("T006", "info", "a gap neither closed nor long enough to notice", "close the gap"),
    ("T007", "error", "out of order", "sort the cues"),
    ("T008", "error", "beyond the end of the medium", "end it with the medium"),
    ("T009", "warning", "starts away from its first word", "start with the word"),
    ("T010", "warning", "stays long after its last word", "end it earlier"),
    ("T011", "info", "starts or ends close to a cut", "move it to the cut"),
    ("T012", "warning", "speech without captions", ""),
    ("T013", "error", "a time before zero", "start at zero"),
    ("R001", "warning", "too many characters a second", _EXTEND),
    ("R002", "warning", "too many words a minute", _EXTEND),
    ("L001", "error", "a line too long", _REBREAK),
    ("L002", "error", "too many lines", "break the lines anew, or split the cue"),
    ("L003", "info", "would fit on one line", _REBREAK),
    ("L004", "info", "lines badly balanced", _REBREAK),
    ("L005", "info", "a line that ends inside a phrase", _REBREAK),
    ("L006", "warning", "a lone word of a sentence", "join it to the cue before"),
    ("S001", "warning", "the speaker changes without a mark", ""),
    ("S002", "warning", "two speakers on one line", "give each a line"),
    ("S003", "info", "dashes of two speakers in another style", "write the dashes in the style"),
    ("S004", "", "a dash though only one speaks", "take the dash off"),
    ("S005", "warning", "more than two speakers in one cue", ""),
    ("D001", "info", "a sound in other brackets than the style's", "write the style's brackets"),
    ("D002", "info", "a sound in the wrong case", ""),
    ("D003", "info", "another sign for music than the style's", "write the style's sign"),
    ("D004", "info", "no sound is told anywhere", ""),
    ("X001", "info", "blanks doubled, leading or trailing", "take them out"),
    ("X002", "info", "a blank before punctuation", "take it out"),
    ("X003", "info", "no blank after punctuation", "put one in"),
    ("X004", "info", "three dots and the ellipsis sign", "write one of them"),
    ("X005", "info", "an interruption in another style", "write the style's dash"),
    ("X006", "info", "punctuation repeated", "write it once"),
    ("X007", "info", "straight and curly quotes mixed", "write the more frequent"),
    ("X008", "info", "two apostrophes for a quote", "write a quote"),
    ("X009", "warning", "tags, quotes or brackets not in pairs", "close the tags"),
    ("X010", "info", "a sentence that starts small", ""),
    ("X011", "info", "a lone small i", "write I"),
    ("X012", "info", "Spanish without its opening mark", ""),
    ("X013", "info", "French without its unbreakable blank", "put one in"),
    ("X014", "info", "letters of another language", ""),
    ("X015", "warning", "a cue without text", "take it out"),
    ("X016", "warning", "repeats the cue before", "take the repetition out"),
    ("X017", "info", "a small number in digits", ""),
    ("X018", "info", "a sentence that starts with digits", ""),
    ("X019", "warning", "characters that should not be there", "take them out"),
    ("X020", "warning", "unlikely text, as recognisers make it up", ""),
    ("X021", "info", "italics where the language has none", "take them off"),
)
CODES: dict[str, Code] = {
    code: Code(code=code, severity=severity, title=title, repair=repair)
    for code, severity, title, repair in _TABLE
}
