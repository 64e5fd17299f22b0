"""From bytes to text: marks, wide encodings, damage, and guesses by language."""

from __future__ import annotations

import base64
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.errors import InputError
from loquitur.formats.encoding import decode, guess
from loquitur.formats.letters import SCRIPTS

SRT = "1\n00:00:01,000 --> 00:00:02,000\n{}\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_marks_are_believed(encoding):
    found = decode("é 漢".encode(encoding))
    assert (found.text, found.confidence, found.diagnostics) == ("é 漢", 1.0, ())


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("said", ["Hello there", "그래서 우리가 발견한 것은", "今日は"])
def test_wide_text_without_a_mark_shows_by_its_nuls(encoding, said):
    found = decode(SRT.format(said).encode(encoding))
    assert (found.text, found.encoding) == (SRT.format(said), encoding)


def test_nuls_do_not_make_utf_16_of_a_file():
    assert decode(b"a\0b\0\0\0c\n" * 50 + b"\0" * 500).encoding == "utf-8"


def test_a_few_broken_bytes_leave_utf_8_what_it_is():
    data = SRT.format("één café, ça va — “oui”, più, über, niño").encode() + b"\xff\n"
    found = decode(data)
    assert (found.encoding, found.text.count("\ufffd")) == ("utf-8", 1)
    assert found.diagnostics[0].line == 4


SAID = {
    ("ko", "cp949"): "안녕하세요, 오늘은 날씨가 좋네요.",
    ("ja", "cp932"): "おはようございます。今日は寒いですね。",
    ("ja", "euc_jp"): "おはようございます。今日は寒いですね。",
    ("ja", "iso2022_jp"): "おはようございます。",
    ("zh", "gb18030"): "我们今天去看电影,好不好?",
    ("zh-Hant", "big5"): "我們今天去看電影,好不好?",
    ("fr", "cp1252"): "Où étiez-vous hier ? J’ai dû partir très tôt.",
    ("pl", "iso8859_2"): "Proszę, wejdź do środka, już późno.",
    ("pl", "cp1250"): "Proszę, wejdź do środka, już późno.",
    ("ru", "koi8_r"): "Добрый вечер, как вас зовут?",
    ("ru", "cp1251"): "Добрый вечер, как вас зовут?",
    ("el", "cp1253"): "Καλημέρα σας, τι κάνετε;",
    ("tr", "cp1254"): "Günaydın, bugün nasılsınız? Çok iyiyim, teşekkür ederim.",
    ("he", "cp1255"): "שלום, מה שלומך היום?",
    ("ar", "cp1256"): "صباح الخير، كيف حالك اليوم؟",
    ("th", "cp874"): "สวัสดีครับ วันนี้เป็นอย่างไรบ้าง",
    ("hu", "cp1250"): "Jó reggelt, hogy érzi magát? Köszönöm, jól.",
    ("cs", "cp1250"): "Dobré ráno, jak se máte? Děkuji, dobře.",
    ("lt", "cp1257"): "Labas rytas, kaip jūs šiandien jaučiatės?",
}


@pytest.mark.parametrize(("language", "encoding"), SAID)
@pytest.mark.parametrize("told", [True, False])
def test_one_sentence_is_enough(language, encoding, told):
    text = SRT.format(SAID[language, encoding])
    found = decode(text.encode(encoding), language=language if told else "")
    assert found.text == text
    assert found.diagnostics[0].code == "text.encoding"
    assert 0.5 <= found.confidence <= 1


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("cues", [1, 20])
def test_the_encodings_of_the_data(shared, told, cues):
    cases = json.loads((shared / "subtitles" / "encodings.json").read_text())["cases"]
    cases = [case for case in cases if case["cues"] == cues]
    wrong = []
    for case in cases:
        data = base64.b64decode(case["base64"])
        text = decode(data, language=case["lang"] if told else "").text
        if text.count(case["line"]) != cues:
            wrong.append((case["lang"], case["encoding"]))
    assert len(cases) == 28
    assert len(wrong) <= (0 if told and cues == 20 else 2), wrong


ENGLISH = SRT.format("We went there and it was, on the whole, what you would have thought of it.")


@pytest.mark.parametrize("sign", list("£©®°’“”–—…½€«¡éÉñ"))
@pytest.mark.parametrize("told", [True, False])
def test_one_sign_in_english_is_that_of_windows(sign, told):
    text = ENGLISH.replace("whole", f"whole{sign}" if not sign.isalpha() else f"{sign}tude") * 3
    found = decode(text.encode("cp1252"), language="en" if told else "")
    assert (found.text, found.encoding) == (text, "cp1252")


def test_what_looks_like_no_language_is_little_trusted():
    data = bytes(random.Random(1).choices(range(0x80, 0x100), k=400))
    assert guess(data).confidence < 0.6
    assert guess(b" ".join([b"\x81\x8d\x8f\x90\x9d"] * 9)).confidence < 0.6
    found = decode(b"\xff\xff\xff\xff")
    assert "--encoding" in found.diagnostics[0].message


def test_the_users_word_counts():
    assert decode(b"\xe9", encoding="cp437").text == "Θ"
    for encoding in ("no-such", "utf-16", "base64"):
        with pytest.raises(InputError):
            decode(b"\xe9", encoding=encoding)


@given(st.binary(max_size=200), st.sampled_from(["", *SCRIPTS, "xx", "zh-TW"]))
def test_any_bytes_are_text(data, language):
    assert isinstance(decode(data, language=language).text, str)
