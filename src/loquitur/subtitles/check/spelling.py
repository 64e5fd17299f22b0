"""X: the text itself, blanks, signs, letters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.subtitles.check.edits import EDITS, ENGLISH_QUOTES, usage
from loquitur.subtitles.check.finding import Mark, of_cue, of_track
from loquitur.subtitles.check.relaying import MARKED
from loquitur.subtitles.check.tags import tags_of, unbalanced_tags
from loquitur.subtitles.layout import ends_sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.subtitles.check.finding import CueCheck
    from loquitur.subtitles.check.scene import Scene, View

_MESSAGES = {
    "X001": "blanks or blank lines too many",
    "X002": "a blank before '{after}'",
    "X003": "no blank after '{before}'",
    "X004": "'{found}' where the ellipsis is '{wanted}'",
    "X005": "'{found}' where an interruption is '{wanted}'",
    "X006": "'{found}'",
    "X007": "{found} among other quotes",
    "X008": "two apostrophes for a quote",
    "X011": "'i' alone",
    "X013": "no unbreakable blank at '{around}'",
}


def _edited(code: str) -> CueCheck:
    """The check that finds what an edit would put right."""
    edits, message = EDITS[code], _MESSAGES[code]

    def look(view: View, scene: Scene) -> Mark | None:
        edit = next(edits(view.text, scene), None)
        if edit is None or view.empty:
            return None
        text = view.text
        return Mark(
            message.format(
                found=text[edit.start : edit.end][:12],
                wanted=edit.text,
                before=text[edit.start - 1 : edit.start],
                after=text[edit.end : edit.end + 1],
                around=text[max(0, edit.start - 6) : edit.end + 2].replace("\n", " "),
            ),
            True,
        )

    return look


for _code in _MESSAGES:
    of_cue(_code)(_edited(_code))


@of_track("X007")
def mixed_quotes(scene: Scene) -> Iterator[tuple[View, Mark]]:
    """Straight quotes where most are curly: which way each turns is for people."""
    if usage(scene).quote == "“" and scene.language in ENGLISH_QUOTES:
        for view in scene.timed:
            if '"' in view.text:
                yield view, Mark("straight quotes where most are curly")


_PAIRS = {"(": ")", "[": "]", "{": "}", "“": "”", "«": "»", "（": "）", "「": "」", "『": "』",
          "【": "】", "《": "》", "〈": "〉"}  # fmt: skip
_CLOSERS = {closer: opener for opener, closer in _PAIRS.items()}
_SIGNS = re.compile("[" + re.escape("".join((*_PAIRS, *_CLOSERS))) + "]")
_FAR = 12
"""Cues over which a quotation or bracket may stretch."""
_OTHER_QUOTES = frozenset({"de", "da", "no", "cs", "sk", "pl", "hu", "ro", "bg", "hr", "sr", "sl",
                           "sv", "fi", "lt", "et", "lv", "ru", "uk"})  # fmt: skip
"""Languages where “ or » may close, or one sign does both."""


@of_cue("X009")
def tags_in_pairs(view: View, scene: Scene) -> Mark | None:
    """Tags that open or close alone."""
    del scene
    payload = view.cue.payload
    if "<" not in payload and "{" not in payload:
        return None
    told = unbalanced_tags(payload, view.cue.notation)
    return Mark(told, "close the tags") if told else None


@of_track("X009")
def signs_in_pairs(scene: Scene) -> Iterator[tuple[View, Mark]]:
    """Brackets and quotes that open or close alone, over cues."""
    opened: list[tuple[str, View]] = []
    skipped = "“”«»" if scene.language in _OTHER_QUOTES else ""
    for view in scene.timed:
        while opened and view.index - opened[0][1].index > _FAR:
            sign, first = opened.pop(0)
            yield first, Mark(f"'{sign}' is not closed")
        if view.text.isascii() and not _SIGNS.search(view.text):
            continue
        for sign in _SIGNS.findall(view.text):
            if sign in skipped or (sign == ")" and _listed(view.text)):
                continue
            if sign in _PAIRS:
                opened.append((sign, view))
            elif opened and opened[-1][0] == _CLOSERS[sign]:
                opened.pop()
            else:
                yield view, Mark(f"'{sign}' was not opened")
    for sign, first in opened:
        yield first, Mark(f"'{sign}' is not closed")


def _listed(text: str) -> bool:
    """`a)`, `1)` and the faces of chats."""
    return bool(re.search(r"(?:^|\s)\w{1,2}\)|[:;]-?\)", text))


@of_cue("X010")
def small_start(view: View, scene: Scene) -> Mark | None:
    """A small letter where the cue before ended a sentence."""
    del scene
    before = view.before
    if before is None or view.empty or not view.lines[0][0].islower():
        return None
    last = before.lines[-1].split()[-1]
    if not ends_sentence(last) or last.endswith(("...", "…")) or _abbreviated(last):
        return None
    first = view.lines[0].split()[0]
    if first != first.lower() or "." in first.rstrip(".") or MARKED.match(view.lines[0]):
        return None
    return Mark(f"'{first[:20]}' after the end of a sentence")


def _abbreviated(word: str) -> bool:
    bare = word.rstrip(".").casefold()
    return word.endswith(".") and (
        "." in bare or bare in {"etc", "approx", "no", "vol", "inc", "ltd", "co", "jr", "sr", "usw"}
    )


_OPENED = {"?": "¿", "!": "¡"}


@of_track("X012")
def spanish_marks(scene: Scene) -> Iterator[tuple[View, Mark]]:
    """A question or cry that nothing opens."""
    if scene.language not in ("es", "gl", "ast"):
        return
    sentence = ""
    for view in scene.timed:
        for sign in re.findall(r"[^?!.…]+|[?!.…]", view.text):
            if sign in _OPENED:
                if not any(opener in sentence for opener in _OPENED.values()):
                    yield view, Mark(f"'{sign}' without '{_OPENED[sign]}'")
                    break
            elif sign in ".…":
                sentence = ""
                continue
            sentence = "" if sign in _OPENED else (sentence + sign)[-400:]


_FOREIGN: dict[str, tuple[str, str]] = {
    "tr": ("ýþðÝÞÐ", "Icelandic letters for ı ş ğ: read in the wrong code page"),
    "az": ("ýþðÝÞÐ", "Icelandic letters for ı ş ğ: read in the wrong code page"),
    "da": ("öäÖÄ", "Swedish letters for ø and æ"),
    "no": ("öäÖÄ", "Swedish letters for ø and æ"),
    "nb": ("öäÖÄ", "Swedish letters for ø and æ"),
    "sv": ("øæØÆ", "Danish letters for ö and ä"),
    "ro": ("şţŞŢ", "cedillas for the comma below"),
    "pl": ("¹³æœêñ¿Ÿ", "letters of the wrong code page"),
    "ru": ("іїєґ", "Ukrainian letters"),
    "uk": ("ыэъё", "Russian letters"),
}
_MOJIBAKE = re.compile("Ã[\x80-\xbf¡-¿]|â€[\x90-\x9f™œ“”¦]|Ð[°-¿]|Ñ[\x80-\x8f]")


@of_cue("X014")
def foreign_letters(view: View, scene: Scene) -> Mark | None:
    """Letters that the language does not have, or UTF-8 read as something else."""
    text = view.text
    if text.isascii():
        return None
    if _MOJIBAKE.search(text):
        return Mark(f"'{_MOJIBAKE.search(text)[0]}': UTF-8 read in another encoding")  # type: ignore[index]
    letters, why = _FOREIGN.get(scene.language, ("", ""))
    found = next((char for char in text if char in letters), "")
    return Mark(f"'{found}': {why}") if found else None


_SMALL_NUMBER = re.compile(r"(?<![\w.,:/$€£#+'’-])(\d{1,2})(?![\w.,:/%°'’-]|\s?(?:%|°|[ap]\.?m\b))")
_DIGIT = re.compile(r"\d")
_FORMULA = re.compile(r"[=<>+*/×]")
_LISTS = re.compile(r"(?:^|\s)(?:chapter|part|number|no\.|page|room|step|figure|version)\s*$", re.I)
_MEASURES = re.compile(
    r"\s*(?:percent|per cent|am|pm|o'clock|kg|g|km|m|cm|mm|s|ms|mb|gb|kb|tb|hz|khz|mhz|ghz|"
    r"million|billion|january|february|march|april|may|june|july|august|september|october|"
    r"november|december|[a-z]?\d)\b",
    re.IGNORECASE,
)


@of_cue("X017")
def small_numbers(view: View, scene: Scene) -> Mark | None:
    """Small numbers are written in letters."""
    most = scene.style.spelled
    if not most or not _DIGIT.search(view.text) or _FORMULA.search(view.text):
        return None
    for found in _SMALL_NUMBER.finditer(view.text):
        if not 1 <= int(found[1]) <= most:
            continue
        ahead = view.text[max(0, found.start() - 16) : found.start()]
        if _LISTS.search(ahead) or _MEASURES.match(view.text, found.end()):
            continue
        return Mark(f"'{found[1]}' in digits", False, int(found[1]), most)
    return None


@of_cue("X018")
def number_first(view: View, scene: Scene) -> Mark | None:
    """A sentence does not begin with digits."""
    if not scene.style.spelled or view.empty:
        return None
    first = view.lines[0].lstrip("-–—\"'“‘¿¡ ")
    if not first[:1].isdigit():
        return None
    before = view.before
    if before is not None and not ends_sentence(before.lines[-1].split()[-1]):
        return None
    return Mark(f"'{first.split()[0][:20]}' begins a sentence")


_LOST = re.compile("\ufffd")
_PRIVATE = re.compile("[\ue000-\uf8ff]")


@of_cue("X019")
def strange_characters(view: View, scene: Scene) -> Mark | None:
    """Characters that are lost, not shown, or not in the target's set."""
    text = view.text
    if _LOST.search(text):
        return Mark("U+FFFD: a character that was lost in decoding", severity="error")
    edit = next(EDITS["X019"](text, scene), None)
    if edit is not None:
        name = f"U+{ord(text[edit.start]):04X}"
        return Mark(f"{name} inside the text", not view.empty)
    if found := _PRIVATE.search(text):
        return Mark(f"U+{ord(found[0]):04X}: a character of no common meaning")
    if scene.style.charset:
        for char in text:
            if not _encodable(char, scene.style.charset):
                return Mark(f"'{char}' is not in {scene.style.charset}")
    return None


def _encodable(char: str, charset: str) -> bool:
    try:
        char.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


@of_cue("X021")
def italics(view: View, scene: Scene) -> Mark | None:
    """The language has no italics."""
    if scene.style.italics:
        return None
    slanted = any(tag.name == "i" for tag in tags_of(view.cue.payload, view.cue.notation))
    return Mark("italics", True) if slanted else None
