r"""Cards as Anki takes them: a package (.apkg, by genanki), or text to import.

What was said is shown as it stands: HTML, fields of templates (`{{`), Anki's own brackets
(`[sound:...]`, `[latex]`) and MathJax (`\(`) in it are written as entities. A card keeps its id
(`Card.id`), so that a second import changes notes and adds none.

Text: "File headers" of Anki's manual, "Text files" (since 2.1.54).
"""

from __future__ import annotations

import hashlib
import html
import re
import time
from typing import TYPE_CHECKING, Any

from loquitur.errors import MissingError
from loquitur.library.sheets.cards import cards_of
from loquitur.library.sheets.markdown import safe_address
from loquitur.tables.writing import replacing
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from loquitur.library.sheets.cards import Card
    from loquitur.library.sheets.sheet import Sheet

_BASIC_ID, _CLOZE_ID = 1_607_392_319 + 7_110_401, 1_607_392_319 + 7_110_402
"""Of the note types; they never change, or a second import would bring the notes again."""
_ENTITIES = str.maketrans(
    {"{": "&#123;", "}": "&#125;", "[": "&#91;", "]": "&#93;", "\\": "&#92;", ":": "&#58;"}
)
_BARE = dict.fromkeys((*range(32), 127), " ")
_STYLE = (
    ".card { font-family: sans-serif; font-size: 20px; text-align: center; line-height: 1.4 }"
    " .source { font-size: 14px; opacity: .7; margin-top: 1em }"
    " .cloze { font-weight: bold; color: #1f6feb }"
)
_TAG = re.compile(r"[^\w-]+")


def write_package(
    sheets: Sequence[Sheet], path: Path, *, most: int, parent: str = "", now_s: float | None = None
) -> int:
    """Write a deck for each sheet into one package; how many cards there are.

    Args:
        sheets: With their cards made anew.
        path: The file; replaced when all is written.
        most: Cards of each sheet.
        parent: A deck that holds them all; empty for none.
        now_s: The time of writing, which tells Anki what is newer; the clock's where None.

    Raises:
        MissingError: genanki is not installed.
        FullError: It cannot be written.
    """
    try:
        import genanki
    except ImportError as exc:
        raise MissingError(
            "a package for Anki needs genanki",
            hint='pip install "loquitur[library]", or -o FILE.txt',
            code="LQ-NO-PACKAGE",
        ) from exc
    models = _models(genanki)
    decks, count = [], 0
    for sheet in sheets:
        name = deck_name(sheet, parent)
        deck = genanki.Deck(
            _deck_id(sheet.volume.media_id), name, description=html.escape(sheet.volume.origin)
        )
        for card in cards_of(sheet, most=most):
            deck.add_note(
                genanki.Note(
                    model=models[card.sort == "cloze"],
                    fields=[*sides(card), source(card)],
                    guid=card.id,
                    tags=tags(card),
                )
            )
            count += 1
        decks.append(deck)
    with replacing(path) as temporary:
        genanki.Package(decks).write_to_file(
            str(temporary), timestamp=time.time() if now_s is None else now_s
        )
    return count


def anki_text(sheets: Sequence[Sheet], *, most: int, parent: str = "") -> Iterator[str]:
    """The lines of a text file for Anki's import, into its note types Basic and Cloze."""
    yield "#separator:tab"
    yield "#html:true"
    yield "#guid column:1"
    yield "#notetype column:2"
    yield "#deck column:3"
    yield "#tags column:6"
    for sheet in sheets:
        name = deck_name(sheet, parent)
        for card in cards_of(sheet, most=most):
            front, *back = sides(card)
            kind = "Cloze" if card.sort == "cloze" else "Basic"
            behind = "".join((*back, source(card)))
            cells = (card.id, kind, name, front, behind, " ".join(tags(card)))
            yield "\t".join(cell.replace("\t", " ") for cell in cells)


def sides(card: Card) -> tuple[str, ...]:
    """A card's fields as HTML: front and back, or the text with gaps."""
    if card.sort != "cloze":
        return plain(card.front), plain(card.back)
    pieces: list[str] = []
    at = 0
    for first, end in card.gaps:
        pieces += (plain(card.front[at:first]), "{{c1::", plain(card.front[first:end]), "}}")
        at = end
    return ("".join((*pieces, plain(card.front[at:]))),)


def source(card: Card) -> str:
    """Where it is from, as HTML: the chapter, and the time as a link."""
    clock = short_clock(card.start_ms)
    address = safe_address(card.url)
    said = f'<a href="{html.escape(address)}">{clock}</a>' if address else ""
    named = " ".join(part for part in (plain(card.chapter), said) if part)
    return f'<div class="source">{named}</div>' if named else ""


def tags(card: Card) -> list[str]:
    """`loquitur`, the sort, and the chapter by number and title: tags have no blanks."""
    title = _TAG.sub("_", card.chapter).strip("_")[:60]
    chapter = [f"{card.number:02d}_{title}"] if title else []
    return ["loquitur", f"loquitur::{card.sort}", *chapter]


def deck_name(sheet: Sheet, parent: str = "") -> str:
    """A deck's name: the title on one line; `::` would begin a deck inside it."""
    title = " ".join((sheet.volume.title or sheet.volume.media_id).split())
    name = re.sub(r":{2,}", ":", "".join(sign for sign in title if sign.isprintable()))
    name = name.strip(": ")[:120] or "Loquitur"
    return f"{parent}::{name}" if parent else name


def plain(text: str) -> str:
    """Text as HTML that shows it as it stands, in Anki too.

    >>> plain("{{c2::x}} <b> [sound:a.mp3]")
    '&#123;&#123;c2&#58;&#58;x&#125;&#125; &lt;b&gt; &#91;sound&#58;a.mp3&#93;'
    """
    return html.escape(text.translate(_BARE)).translate(_ENTITIES)


def _deck_id(media_id: str) -> int:
    """A number of 31 bits by the volume: the same deck every time."""
    digest = hashlib.sha256(media_id.encode("utf-8", "replace")).digest()
    return (1 << 30) + int.from_bytes(digest[:4], "big") % (1 << 30)


def _models(genanki: Any) -> tuple[Any, Any]:
    def fields(names: Iterable[str]) -> list[dict[str, str]]:
        return [{"name": name} for name in names]

    basic = genanki.Model(
        _BASIC_ID,
        "Loquitur",
        fields=fields(("Front", "Back", "Source")),
        templates=[
            {"name": "Card", "qfmt": "{{Front}}",
             "afmt": "{{FrontSide}}<hr id=answer>{{Back}}{{Source}}"}
        ],
        css=_STYLE,
    )  # fmt: skip
    cloze = genanki.Model(
        _CLOZE_ID,
        "Loquitur Cloze",
        model_type=genanki.Model.CLOZE,
        fields=fields(("Text", "Source")),
        templates=[{"name": "Cloze", "qfmt": "{{cloze:Text}}", "afmt": "{{cloze:Text}}{{Source}}"}],
        css=_STYLE,
    )
    return basic, cloze
