"""Figures in a text as values: `2,500`, `2.5 thousand` and `two thousand five hundred` agree.

Read are figures of any script, decimal points and commas, scales, per cent, currencies, times of
day, decades, ordinals; English numbers in words, Chinese and Japanese numerals with their scales,
and the small numbers of some other languages word by word.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from loquitur.library.answers.number_words import english_number

_SCALES = {
    "hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12,
    "millions": 6, "billions": 9, "mn": 6, "bn": 9,
    "tausend": 3, "millionen": 6, "milliarden": 9, "milliarde": 9, "mil": 3, "millones": 6,
    "millón": 6, "mille": 3, "milliards": 9, "milliard": 9, "mila": 3, "milioni": 6,
    "milhões": 6, "тысяч": 3, "тысячи": 3, "миллионов": 6, "миллиона": 6, "миллион": 6,
    "миллиардов": 9, "миллиарда": 9, "миллиард": 9, "مليون": 6, "مليار": 9, "लाख": 5,
    "करोड़": 7, "हज़ार": 3, "हजार": 3,
}  # fmt: skip
_HAN = {
    "〇": 0, "零": 0, "一": 1, "二": 2, "两": 2, "兩": 2, "三": 3, "四": 4, "五": 5, "六": 6,
    "七": 7, "八": 8, "九": 9,
}  # fmt: skip
_HAN_TENS = {"十": 1, "百": 2, "千": 3}
_HAN_SCALES = {"万": 4, "萬": 4, "億": 8, "亿": 8, "兆": 12, "만": 4, "억": 8, "조": 12}
_OTHERS = {
    2: "dos deux due dois duas zwei два две", 3: "tres trois tre três drei три",
    4: "cuatro quatre quattro quatro vier четыре", 5: "cinco cinq cinque fünf пять",
    6: "seis sei sechs шесть", 7: "siete sept sette sete sieben семь",
    8: "ocho huit otto oito acht восемь", 9: "nueve neuf nove neun девять",
    10: "diez dix dieci dez zehn десять", 11: "once onze undici elf одиннадцать",
    12: "doce douze dodici doze zwölf двенадцать", 15: "quince quinze quindici fünfzehn",
    20: "veinte vingt venti vinte zwanzig двадцать", 30: "treinta trente trenta trinta dreißig",
    40: "cuarenta quarante quaranta quarenta vierzig", 50: "cincuenta cinquante cinquanta fünfzig",
    100: "cien ciento cento hundert сто",
}  # fmt: skip
_OTHER = {word: value for value, words in _OTHERS.items() for word in words.split()}
_DOUBTFUL = {"one", "second", "once", "sei", "dix", "elf", "cento", "due"}
"""Number words that are other words too: a claim need not prove them, a passage may."""
_KINDS = {
    "percent": "% percent per-cent prozent porcento pourcent процентов процента процент प्रतिशत"
    " パーセント 퍼센트 프로 بالمئة",
    "dollar": "$ dollar dollars usd dólares долларов 美元 ドル 달러 دولار",
    "euro": "€ euro euros eur евро 欧元 ユーロ 유로",
    "pound": "£ pounds sterling",
    "yen": "¥ yen 円 日元",
    "won": "₩ won 원",
    "degree": "° degrees degree celsius fahrenheit",
    "kilometre": "km kilometer kilometers kilometre kilometres kilómetros километров 公里",
    "mile": "miles mile mi", "metre": "meter meters metre metres metros метров 米",
    "centimetre": "cm centimeters centimetres", "foot": "feet foot ft", "inch": "inches inch",
    "yard": "yards yard", "kilogram": "kg kilograms kilogram kilos", "gram": "grams gram",
    "ton": "tons ton tonnes tonne", "litre": "liters litres liter litre",
    "second": "seconds secs sec", "minute": "minutes minute mins min minuten minutos 分钟",
    "hour": "hours hour hrs stunden horas heures часов 小时 時間 시간",
    "day": "days day tage días jours дней", "week": "weeks week wochen semanas",
    "month": "months month monate meses mois месяцев", "byte": "bytes byte",
    "gigabyte": "gb gigabytes", "megabyte": "mb megabytes", "terabyte": "tb terabytes",
    "hertz": "hz hertz", "watt": "watts watt", "acre": "acres acre", "hectare": "hectares ha",
}  # fmt: skip
_KIND = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_SIGNS = "$€£¥₩"

_FIGURE = re.compile(
    rf"(?P<money>[{_SIGNS}])?\s?(?P<digits>\d{{1,2}}:\d{{2}}(?::\d{{2}})?"
    r"|\d{1,3}(?: \d{3})+(?!\d)|\d+(?:[.,\u066b\u066c'’]\d+)*)"
    r"(?P<tail>st|nd|rd|th|'?s|k|(?:er|e|º|ª|°))?(?![\w])?",
    re.IGNORECASE,
)
_SCALE_WORD = re.compile(r"[\s-]([^\W\d_]+)")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|[%$€£¥₩°]")
_HAN_SIGNS = "一二两兩三四五六七八九十"
_HAN_RUN = re.compile(
    f"[〇零百千万萬億亿兆{_HAN_SIGNS}]{{2,}}|[{_HAN_SIGNS}](?=[个個人年月日次种種位名章つ倍])"
)
_SHARES = {"half": "50", "a quarter": "25", "one quarter": "25", "three quarters": "75"}
_SHARE = re.compile(
    r"\b(?P<share>half|(?:a|one) quarter|three quarters) (?:of\b|the\b)", re.IGNORECASE
)
_DOZENS = re.compile(r"\b(a|one|two|three|half a) dozen\b", re.IGNORECASE)
_BELOW = re.compile(
    r"(?:(?:^|(?<=[\s(]))[-\u2212\u2013](?=$)|\b(?:minus|negative)\s+)$", re.IGNORECASE
)
_PERCENT = re.compile(
    r"\s?-?\s?(?:per\s+cent|por\s+ciento|pour\s+cent|per\s+cento)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure in a text.

    Args:
        values: What it may stand for: `1.500` is two numbers until somebody says of which language.
        kind: Its unit where one of those known stands with it; empty for none.
        start: Where it stands in the text that was read, half-open.
        end: Behind it, scale and unit counted.
        sure: False for words that are other words too (`one`, `second`).
        ordinal: Whether it counts places (`3rd`).
    """

    values: frozenset[str]
    kind: str
    start: int
    end: int
    sure: bool = True
    ordinal: bool = False

    def agrees(self, other: Figure) -> bool:
        """Whether both may be one figure: a common value, and no two kinds."""
        if self.kind and other.kind and self.kind != other.kind:
            return False
        return bool(self.values & other.values)


def figures(text: str) -> tuple[Figure, ...]:
    """The figures of a text in their order.

    >>> [sorted(one.values) for one in figures("two thousand five hundred, or 2.5 thousand")]
    [['2500'], ['2500']]
    >>> [(sorted(one.values), one.kind) for one in figures("50 % of 3 miles at 12:30")]
    [(['50'], 'percent'), (['3'], 'mile'), (['12:30'], '')]
    """
    plain = text if text.isascii() else "".join(map(_plain, text))
    found = [*_written(plain), *_spelt(plain), *_han(plain), *_shares(plain)]
    return tuple(sorted(found, key=lambda one: (one.start, one.end)))


def _plain(sign: str) -> str:
    """A digit of any script as an ASCII one; lengths stay."""
    if sign.isascii():
        return sign
    if sign.isspace():
        return " "
    value = unicodedata.decimal(sign, None)
    if value is not None:
        return str(value)
    return {"％": "%", "＄": "$", "٪": "%", "：": ":", "．": ".", "，": ","}.get(sign, sign)


def _written(text: str) -> list[Figure]:
    found: list[Figure] = []
    for match in _FIGURE.finditer(text):
        digits, tail = match["digits"], (match["tail"] or "").lower()
        if odd := _odd(text, match.start("digits"), match.end("digits")):
            found.append(odd)
            continue
        power, end = _scale(text, match.end())
        if tail == "k":
            power += 3
        kind, end = _kind(text, end, match["money"] or "")
        decade = tail.endswith("s") and "st" not in tail
        found.append(
            Figure(
                values=frozenset(_scaled(value, power) for value in _readings(digits)),
                kind=kind or ("decade" if decade and digits.isdigit() else ""),
                start=match.start("money") if match["money"] else match.start("digits"),
                end=end,
                ordinal=tail in ("st", "nd", "rd", "th"),
            )
        )
    return found


def _odd(text: str, first: int, end: int) -> Figure | None:
    """Figures below zero, to a power, or with a fraction: of no value but as they are written."""
    last = end
    while last < len(text) and unicodedata.category(text[last]) == "No":
        last += 1
    start = first
    if match := _BELOW.search(text, max(0, first - 12), first):
        start = match.start()
    if last == end and start == first:
        return None
    digits = min(_readings(text[first:end])) + text[end:last]
    value = f"-{digits}" if start < first else digits
    return Figure(values=frozenset((value,)), kind="", start=start, end=last)


def _readings(digits: str) -> set[str]:
    """The numbers that figures with points and commas may be; times of day stay as they are."""
    if ":" in digits:
        return {digits.lstrip("0")}
    bare = re.sub(r"[ '’\u066c]", "", digits).replace("\u066b", ".")
    marks = [sign for sign in bare if sign in ".,"]
    found: set[str] = set()
    if not marks:
        found.add(bare)
    else:
        last = max(bare.rfind("."), bare.rfind(","))
        whole, part = re.sub("[.,]", "", bare[:last]), bare[last + 1 :]
        if len(set(marks)) > 1 or len(marks) == 1:
            found.add(f"{whole}.{part}")
        if len(set(marks)) == 1 and all(len(one) == 3 for one in re.split("[.,]", bare)[1:]):
            found.add(whole + part)
        if not found:  # 1.2.3: a version, a date
            return {bare.replace(",", ".")}
    return {_number(value) for value in found if len(value) <= 40} or {bare[:40]}


def _number(value: str) -> str:
    plain = format(Decimal(value), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else (plain.lstrip("0") or "0")


def _scaled(value: str, power: int) -> str:
    if not power or not value.replace(".", "", 1).isdigit():
        return value
    return _number(format(Decimal(value).scaleb(power), "f"))


def _scale(text: str, at: int) -> tuple[int, int]:
    """The power of ten of the words behind a figure, and where they end."""
    power = 0
    while True:
        if text[at : at + 1] in _HAN_SCALES:
            power, at = power + _HAN_SCALES[text[at]], at + 1
            continue
        if text[at : at + 1] in ("千", "百", "천", "백") and not power:
            power, at = power + (3 if text[at] in "千천" else 2), at + 1
            continue
        match = _SCALE_WORD.match(text, at)
        if match is None or match[1].lower() not in _SCALES:
            return power, at
        power, at = power + _SCALES[match[1].lower()], match.end()


def _kind(text: str, at: int, money: str) -> tuple[str, int]:
    """The unit behind a figure, and where it ends."""
    if money:
        return _KIND[money], at
    rest = text[at : at + 24]
    if match := _PERCENT.match(rest):
        return "percent", at + match.end()
    match = _WORD.search(rest)
    if match is None or rest[: match.start()].strip(" -\u00a0"):
        return "", at
    word = match[0].lower()
    if word in _KIND:
        return _KIND[word], at + match.end()
    for length in (4, 3, 2, 1):  # scripts without blanks
        if word[:1] >= "\u0e00" and word[:length] in _KIND:
            return _KIND[word[:length]], at + match.start() + length
    return "", at


def _spelt(text: str) -> list[Figure]:
    """Numbers in words: English ones composed, others one by one."""
    words = [(match[0].lower(), *match.span()) for match in _WORD.finditer(text)]
    found: list[Figure] = []
    at = 0
    while at < len(words):
        first = at
        word, start, end = words[at]
        number = english_number(text, words, at)
        if number is not None:
            value, ordinal, at = number
            end = words[at - 1][2]
            kind, end = ("", end) if ordinal else _kind(text, end, "")
        else:
            at += 1
            if word not in _OTHER:
                continue
            power, end = _scale(text, end)
            value, ordinal = _scaled(str(_OTHER[word]), power), False
            kind, end = _kind(text, end, "")
        found.append(
            Figure(
                values=frozenset((value,)),
                kind=kind,
                start=start,
                end=end,
                sure=at > first + 1 or word not in _DOUBTFUL,
                ordinal=ordinal,
            )
        )
    return found


def _shares(text: str) -> list[Figure]:
    """Halves and quarters as per cent, dozens: where they are clearly meant."""
    found = [
        Figure(
            values=frozenset((_SHARES[match["share"].lower()],)), kind="percent",
            start=match.start(), end=match.end("share"),
        )
        for match in _SHARE.finditer(text)
    ]  # fmt: skip
    for match in _DOZENS.finditer(text):
        many = {"a": 1, "one": 1, "two": 2, "three": 3, "half a": 0.5}[match[1].lower()]
        value = str(int(12 * many))
        found.append(
            Figure(values=frozenset((value,)), kind="", start=match.start(), end=match.end())
        )
    return found


def _han(text: str) -> list[Figure]:
    """Chinese and Japanese numerals."""
    found: list[Figure] = []
    for match in _HAN_RUN.finditer(text):
        run = match[0]
        if match.start() and text[match.start() - 1].isdigit():
            continue  # a scale behind figures
        if all(sign in _HAN for sign in run):
            value = int("".join(str(_HAN[sign]) for sign in run))
        else:
            value = _han_value(run)
        kind, end = _kind(text, match.end(), "")
        found.append(
            Figure(
                values=frozenset((str(value),)),
                kind=kind,
                start=match.start(),
                end=end,
                sure=len(run) > 1 or end > match.end(),
            )
        )
    return found


def _han_value(run: str) -> int:
    total = section = digit = 0
    for sign in run:
        if sign in _HAN:
            digit = _HAN[sign]
        elif sign in _HAN_TENS:
            section, digit = section + (digit or 1) * 10 ** _HAN_TENS[sign], 0
        else:
            total, section, digit = (
                total + ((section + digit) or 1) * 10 ** _HAN_SCALES[sign],
                0,
                0,
            )
    return total + section + digit
