"""The language of captions that nobody told: right where there is enough of it, else none."""

from __future__ import annotations

from pathlib import Path

import pytest

from loquitur import formats
from loquitur.subtitles.guessing import likely_language

DATA = Path(__file__).parents[3] / "shared" / "data" / "subtitles"

TEXTS = {
    "en": "I think that we should go to the house before it gets dark",
    "de": "Ich glaube, dass wir vor der Nacht zu dem Haus gehen sollten",
    "fr": "Je crois que nous devrions aller à la maison avant la nuit",
    "es": "Creo que deberíamos ir a la casa antes de que llegue la noche, pero no con los niños",
    "it": "Penso che dovremmo andare alla casa prima che faccia notte",
    "pt": "Acho que nós devíamos ir para a casa antes que fique de noite",
    "nl": "Ik denk dat we naar het huis moeten gaan voor het donker wordt",
    "sv": "Jag tror att vi borde gå till huset innan det blir mörkt",
    "ru": "Я думаю, что мы должны пойти в дом до того, как стемнеет",
    "uk": "Я думаю, що ми повинні піти до дому, перш ніж стемніє",
    "ar": "أعتقد أننا يجب أن نذهب إلى البيت قبل الليل",
    "he": "אני חושב שאנחנו צריכים ללכת הביתה לפני הלילה",
    "hi": "मुझे लगता है कि हमें रात से पहले घर जाना चाहिए",
    "ko": "밤이 되기 전에 집에 가야 한다고 생각해요",
    "ja": "夜になる前に家に帰るべきだと思います",
    "zh": "我认为我们应该在天黑之前回家",
    "th": "ฉันคิดว่าเราควรกลับบ้านก่อนมืด",
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_sentence_is_enough(language):
    assert likely_language([TEXTS[language]]) == language


@pytest.mark.parametrize(
    "text", ["", "...", "12 34", "Loquitur", "xyzzy plugh", "Bonjour", "کتاب‌های من گم شده‌اند پدر"]
)
def test_where_there_is_too_little_nothing_is_said(text):
    assert likely_language([text]) == ""


@pytest.mark.skipif(not DATA.is_dir(), reason="the caption files are not here")
def test_whole_files_of_the_world():
    paths = sorted((DATA / "google-captions").glob("??/*.srt"))
    wrong = [
        path.name
        for path in paths
        if likely_language(cue.text for cue in formats.read(path).cues) != path.parent.name
    ]
    assert wrong == []
    assert len(paths) > 15
