"""Labels taken for one another and videos told worst: as rows, tables and a section of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.insight.page.markup import escaped
from loquitur.tables.cells import Column
from loquitur.tables.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loquitur.tables.cells import Type
    from loquitur.vision.labels.judging.judge import Judged, Judgement

CONFUSION_HEADS = ("label", "taken for", "videos", "of")
VIDEO_HEADS = ("video", "less", "has", "was said")
ABOUT_CONFUSIONS = (
    "videos with n labels, whose n highest scores miss the first label and have the second; of: "
    "all videos with the first and without the second"
)
ABOUT_VIDEOS = (
    "less: the highest score of a wrong label less the highest of a right one; look there for wrong"
    " labels, too"
)
_MOST = 15


def confusion_rows(judgement: Judgement, one: Judged) -> list[tuple[str, str, int, int]]:
    """Under `CONFUSION_HEADS`, most frequent first."""
    names = judgement.vocabulary.names
    found = () if one.mistakes is None else one.mistakes.confusions
    return [(names[each.held], names[each.said], each.videos, each.holding) for each in found]


def video_rows(judgement: Judgement, one: Judged) -> list[tuple[str, float, str, str]]:
    """Under `VIDEO_HEADS`, surest mistakes first."""
    names = judgement.vocabulary.names
    found = () if one.mistakes is None else one.mistakes.worst
    return [
        (
            judgement.video_ids[each.row],
            each.margin,
            " | ".join(names[label] for label in each.held),
            " | ".join(f"{names[label]} {score:.2f}" for label, score in each.said),
        )
        for each in found
    ]


def confusions_table(judgement: Judgement) -> Table:
    """A row for each voice and pair of labels."""
    columns = [*_columns("text", "voice", "label", "said"), *_columns("int", "videos", "of")]
    rows: list[list[Any]] = [
        [one.name, *row] for one in judgement.judged for row in confusion_rows(judgement, one)
    ]
    return Table.from_rows("confusions", columns, rows)


def videos_table(judgement: Judgement) -> Table:
    """A row for each voice and video of which something wrong is said most surely."""
    columns = [
        *_columns("text", "voice", "video"),
        *_columns("float", "margin"),
        *_columns("text", "labels", "said"),
    ]
    rows: list[list[Any]] = [
        [one.name, *row] for one in judgement.judged for row in video_rows(judgement, one)
    ]
    return Table.from_rows("videos", columns, rows)


def section_html(judgement: Judgement) -> str:
    """The mistakes of the first voice; empty where nobody asked or there are none."""
    one = judgement.judged[0]
    pairs = confusion_rows(judgement, one)[:_MOST]
    videos = video_rows(judgement, one)[:_MOST]
    if not pairs and not videos:
        return ""
    whose = f" of <bdi>{escaped(one.name, 80)}</bdi>" if len(judgement.judged) > 1 else ""
    parts = [f'<section id="mistakes"><h2>Mistakes{whose}</h2>']
    if pairs:
        parts.append(_table("Labels taken for one another", CONFUSION_HEADS, pairs, (2, 3)))
        parts.append(f'<p class="note">{_sentence(ABOUT_CONFUSIONS)}</p>')
    if videos:
        cells = [(video, f"{less:.2f}", held, said) for video, less, held, said in videos]
        parts.append(_table("Videos told worst", VIDEO_HEADS, cells, (1,)))
        parts.append(
            f'<p class="note">{_sentence(ABOUT_VIDEOS)} confusions.csv and videos.csv have more.'
            "</p>"
        )
    return "".join(parts) + "</section>\n"


def _table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[object]],
    numbers: Sequence[int],
) -> str:
    def kind(at: int) -> str:
        return ' class="r"' if at in numbers else ""

    head = "".join(f'<th scope="col"{kind(at)}>{one}</th>' for at, one in enumerate(heads))
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{kind(at)}><bdi>{escaped(f'{one:,}' if isinstance(one, int) else str(one), 200)}"
            "</bdi></td>"
            for at, one in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0"><table><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _columns(kind: Type, *names: str) -> list[Column]:
    return [Column(name=name, type=kind) for name in names]
