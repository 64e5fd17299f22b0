"""Made-up talks whose subjects are known, in several scripts."""

from __future__ import annotations

import random
from dataclasses import replace

from loquitur.insight.spoken.fragments import Fragment, Spoken

SUBJECTS = {
    "en": (
        "volcano lava magma crater eruption ash basalt tremor vent plume",
        "violin melody rhythm orchestra harmony sonata conductor cello tempo chord",
        "parser compiler token syntax grammar bytecode linker runtime opcode stack",
        "glacier iceberg moraine crevasse snowfall meltwater fjord permafrost drift ridge",
    ),
    "ko": (
        "화산 용암 분화구 지진 화산재 마그마 현무암 분출",
        "바이올린 선율 박자 관현악 화음 소나타 지휘자 첼로",
        "컴파일러 문법 토큰 바이트코드 구문 분석기 실행 스택",
        "빙하 빙산 눈보라 만년설 피오르 얼음 동토 능선",
    ),
    "ja": (
        "火山 溶岩 噴火 火口 地震 火山灰 玄武岩 噴煙",
        "音楽 旋律 交響曲 和音 指揮者 演奏会 楽譜 拍子",
        "文法 構文 解析 字句 翻訳器 実行 命令 変数",
        "氷河 氷山 積雪 永久凍土 流氷 雪崩 峡湾 寒波",
    ),
}
FILLING = {
    "en": "the of and we see that it is in this with for a to you",
    "ko": "그 이 그리고 우리 있는 수 것 더",
    "ja": "は の を に が です ます",
}


def talk(language="en", subjects=3, cues=50, cue_ms=4000, seed=0, known=True):
    """A talk of so many subjects, each of so many cues of eight words; and where they begin."""
    rng = random.Random(seed)
    fragments, starts = [], []
    gap = "" if language == "ja" else " "
    filling = FILLING[language].split()
    for words in map(str.split, SUBJECTS[language][:subjects]):
        starts.append(len(fragments) * cue_ms)
        for _ in range(cues):
            text = gap.join(
                rng.choice(words) if rng.random() < 0.4 else rng.choice(filling) for _ in range(8)
            )
            at_ms = len(fragments) * cue_ms
            fragments.append(Fragment(start_ms=at_ms, end_ms=at_ms + cue_ms - 100, text=text))
    spoken = Spoken(
        name="talk",
        title="A talk",
        fragments=tuple(fragments),
        language=language,
        origin="https://youtu.be/t5qgjJIBy9g",
        pauses_known=known,
    )
    return spoken, starts


def shuffled(spoken, seed=0):
    """The same words in random order."""
    words = [word for one in spoken.fragments for word in one.text.split()]
    random.Random(seed).shuffle(words)
    left = iter(words)
    fragments = tuple(
        replace(one, text=" ".join(next(left) for _ in one.text.split()))
        for one in spoken.fragments
    )
    return replace(spoken, fragments=fragments)
