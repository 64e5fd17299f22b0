"""Words for what was measured, in each language that the measuring describer writes.

A sentence is a head (what the picture is like) and clauses (the camera, what moves), joined as the
language joins them. Colours stand where they need not agree with anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.engines.description.measured.colours import COLOURS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loquitur.engines.description.measured.colours import Colour
    from loquitur.engines.description.measured.looking import Looks

_MAIN = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """The words of a language; `{}` is where another text goes.

    Args:
        colours: By the English name.
        places: Behind a colour: where it lies.
        light: What the picture is called when it is `dark`, `bright`, or neither (empty).
        plain: All of it has one colour.
        black: Nothing but black.
        greys: In the place of colours where there are none.
        mostly: Of one colour that has most of it.
        with_: Of several colours.
        also: What joins the last of several colours to the others.
        comma: What joins the others.
        clause: What joins clauses.
        still: Nothing moves.
        camera: By which way it goes; empty for a camera that stands.
        mover: What moves, by which way; `{}` is the colour.
        unnamed: In the place of a colour that nothing names.
        scenes: How many scenes there are; `{}` is the number.
        fades: In and out of black.
        stop: The end.
    """

    colours: Mapping[str, str]
    places: Mapping[str, str]
    light: Mapping[str, str]
    plain: str
    black: str
    greys: str
    mostly: str
    with_: str
    also: str
    comma: str
    clause: str
    still: str
    camera: Mapping[str, str]
    mover: Mapping[str, str]
    unnamed: str
    scenes: str
    fades: Mapping[str, str]
    stop: str


ENGLISH = Tongue(
    colours={name: name for name in COLOURS},
    places={
        "top": "{} at the top",
        "bottom": "{} at the bottom",
        "left": "{} on the left",
        "right": "{} on the right",
        "middle": "{} in the middle",
    },
    light={"": "A picture", "dark": "A dark picture", "bright": "A bright picture"},
    plain="The picture is plain {}",
    black="The picture is black",
    greys="{} in shades of grey",
    mostly="{}, mostly {}",
    with_="{} with {}",
    also=" and ",
    comma=", ",
    clause="; ",
    still="nothing moves",
    camera={
        "": "the camera is still",
        "left": "the camera pans to the left",
        "right": "the camera pans to the right",
        "up": "the camera tilts up",
        "down": "the camera tilts down",
        "in": "the picture comes nearer",
        "out": "the picture draws back",
    },
    mover={
        "": "something {} moves",
        "left": "something {} moves to the left",
        "right": "something {} moves to the right",
        "up": "something {} moves up",
        "down": "something {} moves down",
        "grows": "something {} grows larger",
        "shrinks": "something {} grows smaller",
    },
    unnamed="",
    scenes="the scene changes, {} pictures in all",
    fades={"in": "it comes out of black", "out": "it fades to black"},
    stop=".",
)
GERMAN = Tongue(
    colours={
        "black": "Schwarz",
        "grey": "Grau",
        "white": "Weiß",
        "red": "Rot",
        "orange": "Orange",
        "yellow": "Gelb",
        "green": "Grün",
        "blue": "Blau",
        "purple": "Violett",
        "pink": "Rosa",
        "brown": "Braun",
    },
    places={
        "top": "{} oben",
        "bottom": "{} unten",
        "left": "{} links",
        "right": "{} rechts",
        "middle": "{} in der Mitte",
    },
    light={"": "Ein Bild", "dark": "Ein dunkles Bild", "bright": "Ein helles Bild"},
    plain="Das Bild zeigt nichts als {}",
    black="Das Bild ist schwarz",
    greys="{} in Grautönen",
    mostly="{}, vor allem {}",
    with_="{} mit {}",
    also=" und ",
    comma=", ",
    clause="; ",
    still="nichts bewegt sich",
    camera={
        "": "die Kamera steht still",
        "left": "die Kamera schwenkt nach links",
        "right": "die Kamera schwenkt nach rechts",
        "up": "die Kamera schwenkt nach oben",
        "down": "die Kamera schwenkt nach unten",
        "in": "das Bild kommt näher",
        "out": "das Bild rückt weiter weg",
    },
    mover={
        "": "etwas in {} bewegt sich",
        "left": "etwas in {} bewegt sich nach links",
        "right": "etwas in {} bewegt sich nach rechts",
        "up": "etwas in {} bewegt sich nach oben",
        "down": "etwas in {} bewegt sich nach unten",
        "grows": "etwas in {} wird größer",
        "shrinks": "etwas in {} wird kleiner",
    },
    unnamed="mehreren Farben",
    scenes="die Szene wechselt, insgesamt {} Bilder",
    fades={"in": "es kommt aus dem Schwarzen", "out": "es wird schwarz"},
    stop=".",
)
SPANISH = Tongue(
    colours={
        "black": "negro",
        "grey": "gris",
        "white": "blanco",
        "red": "rojo",
        "orange": "naranja",
        "yellow": "amarillo",
        "green": "verde",
        "blue": "azul",
        "purple": "morado",
        "pink": "rosa",
        "brown": "marrón",
    },
    places={
        "top": "{} arriba",
        "bottom": "{} abajo",
        "left": "{} a la izquierda",
        "right": "{} a la derecha",
        "middle": "{} en el centro",
    },
    light={"": "Una imagen", "dark": "Una imagen oscura", "bright": "Una imagen clara"},
    plain="La imagen no muestra más que {}",
    black="La imagen está en negro",
    greys="{} en tonos grises",
    mostly="{}, sobre todo {}",
    with_="{} con {}",
    also=" y ",
    comma=", ",
    clause="; ",
    still="nada se mueve",
    camera={
        "": "la cámara está quieta",
        "left": "la cámara gira a la izquierda",
        "right": "la cámara gira a la derecha",
        "up": "la cámara gira hacia arriba",
        "down": "la cámara gira hacia abajo",
        "in": "la imagen se acerca",
        "out": "la imagen se aleja",
    },
    mover={
        "": "algo {} se mueve",
        "left": "algo {} se mueve a la izquierda",
        "right": "algo {} se mueve a la derecha",
        "up": "algo {} sube",
        "down": "algo {} baja",
        "grows": "algo {} se hace más grande",
        "shrinks": "algo {} se hace más pequeño",
    },
    unnamed="",
    scenes="la escena cambia, {} imágenes en total",
    fades={"in": "sale del negro", "out": "se funde a negro"},
    stop=".",
)
JAPANESE = Tongue(
    colours={
        "black": "黒",
        "grey": "灰色",
        "white": "白",
        "red": "赤",
        "orange": "オレンジ",
        "yellow": "黄色",
        "green": "緑",
        "blue": "青",
        "purple": "紫",
        "pink": "ピンク",
        "brown": "茶色",
    },
    places={
        "top": "上に{}",
        "bottom": "下に{}",
        "left": "左に{}",
        "right": "右に{}",
        "middle": "中央に{}",
    },
    light={"": "画面", "dark": "暗い画面", "bright": "明るい画面"},
    plain="画面は{}一色",
    black="画面は真っ黒",
    greys="{}、濃淡のみ",
    mostly="{}、主に{}",
    with_="{}、{}",
    also="と",
    comma="、",
    clause="。",
    still="動きなし",
    camera={
        "": "カメラは静止",
        "left": "カメラは左へ動く",
        "right": "カメラは右へ動く",
        "up": "カメラは上へ動く",
        "down": "カメラは下へ動く",
        "in": "画面が近づく",
        "out": "画面が遠ざかる",
    },
    mover={
        "": "{}のものが動く",
        "left": "{}のものが左へ動く",
        "right": "{}のものが右へ動く",
        "up": "{}のものが上へ動く",
        "down": "{}のものが下へ動く",
        "grows": "{}のものが大きくなる",
        "shrinks": "{}のものが小さくなる",
    },
    unnamed="いろいろな色",
    scenes="場面が変わる、全部で{}場面",
    fades={"in": "黒から現れる", "out": "黒へ消える"},
    stop="。",
)
TONGUES: dict[str, Tongue] = {"en": ENGLISH, "de": GERMAN, "es": SPANISH, "ja": JAPANESE}


def sentence(looks: Looks, tongue: Tongue) -> str:
    """What was measured, as one sentence; of a thing that was not measured nothing is said."""
    return tongue.clause.join(_parts(looks, tongue)) + tongue.stop


def shorter(looks: Looks, tongue: Tongue) -> tuple[str, ...]:
    """The same in parts, each a sentence of its own: what happens before what is there."""
    parts = _parts(looks, tongue)
    if len(parts) < 2:
        return ()
    head, *clauses = parts
    return tuple(one[:1].upper() + one[1:] + tongue.stop for one in (*clauses[::-1], head))


def _parts(looks: Looks, tongue: Tongue) -> list[str]:
    if looks.plain:
        plain = tongue.black if looks.plain == "black" else tongue.plain
        return [plain.format(tongue.colours[looks.plain])]
    return [_head(looks, tongue), *_clauses(looks, tongue)]


def _head(looks: Looks, tongue: Tongue) -> str:
    head = tongue.light[looks.light]
    if looks.colourless:
        return tongue.greys.format(head)
    if not looks.colours:
        return head
    shown = [_placed(one, tongue) for one in looks.colours]
    first, *others = looks.colours
    if first.share >= _MAIN:
        own = [tongue.colours[first.name]]
        coloured = [one for one in others if one.name not in ("black", "grey", "white")][:1]
        return tongue.mostly.format(head, _listed(
            own + [_placed(one, tongue) for one in coloured], tongue
        ))  # fmt: skip
    return tongue.with_.format(head, _listed(shown, tongue))


def _placed(colour: Colour, tongue: Tongue) -> str:
    name = tongue.colours[colour.name]
    return tongue.places[colour.place].format(name) if colour.place else name


def _listed(texts: list[str], tongue: Tongue) -> str:
    if len(texts) < 2:
        return "".join(texts)
    return tongue.comma.join(texts[:-1]) + tongue.also + texts[-1]


def _clauses(looks: Looks, tongue: Tongue) -> list[str]:
    found: list[str] = []
    if looks.scenes > 1:
        found.append(tongue.scenes.format(looks.scenes))
    if looks.still:
        found.append(tongue.still)
    elif looks.camera is not None:
        found.append(tongue.camera[looks.camera])
    if looks.mover is not None:
        named = tongue.colours.get(looks.mover.colour, "") or tongue.unnamed
        found.append(" ".join(tongue.mover[looks.mover.way].format(named).split()))
    found += [tongue.fades[fade] for fade in looks.fades]
    return found
