"""Word documents (`.docx`, Office Open XML, ECMA-376): a script to read, correct and sign.

Written with `zipfile` alone: five small parts are all that a word processor needs. The bytes are
the same for the same content (no time of day is in them).
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from loquitur.formats.losing import Losses, PlainTexts
from loquitur.formats.reading import display_name, draft_notice, losses, voice
from loquitur.formats.safe_xml import escaped, quoted
from loquitur.formats.voices import speaker_of
from loquitur.formats.written import Written, one_line
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loquitur.model.captions import CaptionTrack
    from loquitur.model.speech import Transcript

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_TYPES = (
    f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_TYPE}.document.main+xml"/>'
    f'<Override PartName="/word/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    '<Override PartName="/docProps/core.xml" '
    'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
)
_RELATIONS = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
    f'<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" '
    'Target="docProps/core.xml"/></Relationships>'
)
_DOCUMENT_RELATIONS = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
)
_FONT = '<w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:cs="Calibri"/>'
_STYLES = (
    f'{_HEAD}<w:styles xmlns:w="{_MAIN}"><w:docDefaults><w:rPrDefault><w:rPr>{_FONT}'
    '<w:sz w:val="22"/><w:szCs w:val="22"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr>'
    '<w:spacing w:after="120" w:line="264" w:lineRule="auto"/></w:pPr></w:pPrDefault>'
    '</w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal">'
    '<w:name w:val="Normal"/></w:style>'
    '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">'
    '<w:name w:val="Default Paragraph Font"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/>'
    '<w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:pPr><w:keepNext/></w:pPr>'
    '<w:rPr><w:b/><w:sz w:val="36"/><w:szCs w:val="36"/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Facts"><w:name w:val="Facts"/>'
    '<w:basedOn w:val="Normal"/><w:rPr><w:color w:val="595959"/></w:rPr></w:style>'
    '<w:style w:type="character" w:styleId="Speaker"><w:name w:val="Speaker"/><w:rPr><w:b/></w:rPr>'
    '</w:style><w:style w:type="character" w:styleId="Time"><w:name w:val="Time"/>'
    '<w:rPr><w:color w:val="767676"/></w:rPr></w:style></w:styles>'
)
_RTL = frozenset({"ar", "fa", "he", "iw", "ur", "yi", "ps", "sd", "ckb", "dv"})


def write_transcript(transcript: Transcript) -> Written:
    """A transcript as a Word document: title, facts, and a paragraph for each utterance."""
    speakers = ", ".join(display_name(one) for one in transcript.speakers)
    facts = [
        draft_notice(transcript),
        f"Speakers: {speakers}" if speakers else "",
        f"Language: {one_line(transcript.language)}" if transcript.language else "",
        f"Length: {short_clock(transcript.duration_ms)}",
    ]
    rows, speaking = [], ""
    for said in transcript.utterances:
        who = voice(transcript, said)
        shown = who if who != speaking else ""
        rows.append((said.start_ms, shown, [one_line(said.text)]))
        speaking = who
    title = one_line(transcript.title) or "Transcript"
    data = _package(title, transcript.language, [fact for fact in facts if fact], rows)
    return Written(data=data, losses=losses(transcript))


def write(track: CaptionTrack) -> Written:
    """Captions as a Word document: a paragraph for each cue, its lines kept."""
    told = Losses()
    told.of_track(track, form="docx", kept=("note",))
    texts = PlainTexts(track, told)
    rows, speaking = [], ""
    for cue in track.cues:
        told.of_cue(cue)
        lines, who = texts.lines(cue), speaker_of(cue)
        if who and lines and lines[0].startswith(f"{who}: "):
            lines[0] = lines[0].removeprefix(f"{who}: ")
        rows.append((max(cue.start_ms, 0), who if who != speaking else "", lines))
        speaking = who or speaking
    if rows:
        told.add("the ends of cues, and parts of seconds")
    facts = [one_line(note) for note in track.notes]
    data = _package(one_line(track.name) or "Captions", track.language, facts, rows)
    return Written(data=data, losses=told.all())


def _package(
    title: str, language: str, facts: Iterable[str], rows: Iterable[tuple[int, str, list[str]]]
) -> bytes:
    rtl = language.replace("_", "-").split("-")[0].lower() in _RTL
    body = [_paragraph(_run(title), style="Title", rtl=rtl)]
    body += [_paragraph(_run(fact), style="Facts", rtl=rtl) for fact in facts]
    for start_ms, who, lines in rows:
        runs = _run(f"{short_clock(start_ms)}  ", style="Time")
        if who:
            runs += _run(f"{who}: ", style="Speaker")
        runs += "<w:r><w:br/></w:r>".join(_run(line, rtl=rtl) for line in lines)
        body.append(_paragraph(runs, rtl=rtl))
    document = (
        f'{_HEAD}<w:document xmlns:w="{_MAIN}"><w:body>{"".join(body)}<w:sectPr>'
        '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="1134" w:bottom="1134" '
        'w:left="1134" w:header="709" w:footer="709" w:gutter="0"/></w:sectPr></w:body>'
        "</w:document>"
    )
    core = (
        f'{_HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escaped(title)}</dc:title>"
        f"<dc:language>{escaped(one_line(language))}</dc:language></cp:coreProperties>"
    )
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS,
        "word/document.xml": document,
        "word/styles.xml": _STYLES,
        "word/_rels/document.xml.rels": _DOCUMENT_RELATIONS,
        "docProps/core.xml": core,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, text.encode())
    return file.getvalue()


def _paragraph(runs: str, *, style: str = "", rtl: bool = False) -> str:
    said = f"<w:pStyle w:val={quoted(style)}/>" if style else ""
    said += "<w:bidi/>" if rtl else ""
    return f"<w:p>{f'<w:pPr>{said}</w:pPr>' if said else ''}{runs}</w:p>"


def _run(text: str, *, style: str = "", rtl: bool = False) -> str:
    said = f"<w:rStyle w:val={quoted(style)}/>" if style else ""
    said += "<w:rtl/>" if rtl else ""
    head = f"<w:rPr>{said}</w:rPr>" if said else ""
    return f'<w:r>{head}<w:t xml:space="preserve">{escaped(text)}</w:t></w:r>'
