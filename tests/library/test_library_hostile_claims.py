"""Claims that an adversary makes of two passages: what rules of words see, and what they do not.

The lists are of kinds of lies (places exchanged, quantities, doubts, bounds, dates, units, scripts,
orders); what is kept by mistake is listed too (`UNSEEN`), as `docs/library-answers.md` says it.
"""

from __future__ import annotations

import pytest

from loquitur.library.answers.checking import Claim, Dropped, Given, Kept, check
from loquitur.library.answers.wording import sentences
from loquitur.model.library import Passage

FIRST = (
    "The Panthers defense gave up just 308 points, ranking sixth in the league. The company "
    "earned more than 5 million dollars in 2015 and less than 2 million in 2016. Napoleon "
    "defeated the Austrian army before the Russian army arrived. Alice taught Bob how to "
    "solve equations. The trial may reduce the risk of cancer in mice. About half of the "
    "students passed the exam. Not only did Marie win the prize, she also founded the "
    "institute. The drug increased blood pressure in adults but decreased it in children. The "
    "war began on 3 May 1808 and ended on 7 June 1814. The method is not uncommon in "
    "practice. Some researchers believe that the comet caused the extinction. The temperature "
    "rose from 10 degrees to 25 degrees. Only one of the three models converged. Convolution "
    "is faster than attention on short sequences. "
)
SECOND = (
    "The bridge was opened in 1932 and has a length of 1149 meters. The engine weighs 40 "
    "kilograms. If the loss is high, the network learns slowly. The speed of the train is 300 "
    "km per hour. Most of the voters rejected the proposal. The teacher said that the exam "
    "was easy. The first model was trained on images, the second on text. All of the patients "
    "in the first group survived. "
)


def judged(text, quote, *cites):
    given = {
        n: Given(n=n, title="T", passage=Passage(
            media_id="x", part="speech:en", number=0, start_ms=0, end_ms=9000, text=source.strip(),
            language="en", sentences=tuple(first for first, _ in sentences(source)),
        ))
        for n, source in enumerate((FIRST, SECOND), 1)
    }  # fmt: skip
    return check(Claim(text=text, cites=cites, quote=quote), given)


# fmt: off
# the quotation, the passages cited, and the lies about it
LIES = [
    ("has a length of 1149 meters", (1, 2), [
        "The bridge has a length of 308 meters.",
    ]),
    ("defense gave up just 308 points", (1, 2), [
        "The Panthers gave up 1149 points.",
        "The Panthers gave up 308 points and the bridge was opened by Napoleon in 1932.",
    ]),
    ("The engine weighs 40 kilograms", (2,), [
        "The engine weighs 40 pounds.",
        "The engine weighs 40 tons.",
        "The train weighs 40 kilograms.",
    ]),
    ("The speed of the train is 300 km per hour", (2,), [
        "The train's speed is 300 miles per hour.",
        "The train's speed is 300 km per minute.",
        "The speed of the train is 300 meters per second.",
    ]),
    ("Napoleon defeated the Austrian army", (1,), [
        "The Austrian army defeated Napoleon before the Russian army arrived.",
        "Napoleon was defeated by the Austrian army.",
        "Marie defeated the Austrian army.",
    ]),
    ("Napoleon defeated the Austrian army before the Russian army arrived", (1,), [
        "Napoleon defeated the Russian army before the Austrian army arrived.",
        "Napoleon defeated the Austrian army after the Russian army arrived.",
        "The Russian army arrived before Napoleon defeated the Austrian army.",
    ]),
    ("Alice taught Bob how to solve equations", (1,), [
        "Bob taught Alice how to solve equations.",
    ]),
    ("The trial may reduce the risk of cancer in mice", (1,), [
        "The trial reduces the risk of cancer in mice.",
        "The trial will reduce the risk of cancer in mice.",
        "The trial must reduce the risk of cancer in mice.",
    ]),
    ("About half of the students passed the exam", (1,), [
        "All of the students passed the exam.",
        "Most of the students passed the exam.",
        "About 60 % of the students passed the exam.",
        "About a quarter of the students passed the exam.",
        "About half of the students failed the exam.",
        "None of the students passed the exam.",
    ]),
    ("Not only did Marie win the prize, she also founded the institute", (1,), [
        "Marie did not win the prize, she founded the institute.",
        "Marie did not win the prize.",
        "Marie only founded the institute.",
    ]),
    ("The drug increased blood pressure in adults but decreased it in children", (1,), [
        "The drug decreased blood pressure in adults but increased it in children.",
        "The drug decreased blood pressure in adults.",
        "The drug increased blood pressure in children.",
    ]),
    ("The war began on 3 May 1808", (1,), [
        "The war began on 5 March 1808.",
        "The war began on 2008-05-03.",
    ]),
    ("The war began on 3 May 1808 and ended on 7 June 1814", (1,), [
        "The war began on 7 June 1814.",
        "The war ended on 3 May 1808.",
        "The war began on 3 June 1808.",
        "The war began in 1814 and ended in 1808.",
    ]),
    ("The method is not uncommon in practice", (1,), [
        "The method is uncommon in practice.",
        "The method is not common in practice.",
    ]),
    ("Some researchers believe that the comet caused the extinction", (1,), [
        "The comet caused the extinction.",
        "All researchers believe that the comet caused the extinction.",
        "No researchers believe that the comet caused the extinction.",
        "Napoleon believed that the comet caused the extinction.",
    ]),
    ("The temperature rose from 10 degrees to 25 degrees", (1,), [
        "The temperature fell from 25 degrees to 10 degrees.",
        "The temperature rose from 25 degrees to 10 degrees.",
        "The temperature rose by 25 degrees.",
    ]),
    ("Only one of the three models converged", (1,), [
        "All three models converged.",
        "None of the three models converged.",
        "One of the three models did not converge.",
        "Two of the three models converged.",
    ]),
    ("Convolution is faster than attention on short sequences", (1,), [
        "Attention is faster than convolution on short sequences.",
        "Convolution is slower than attention on short sequences.",
        "Convolution is faster than attention on long sequences.",
    ]),
    ("The company earned more than 5 million dollars in 2015", (1,), [
        "The company earned less than 5 million dollars in 2015.",
        "The company earned at most 5 million dollars in 2015.",
        "The company earned up to 5 million dollars in 2015.",
        "The company earned over 5 million dollars in 2015, and under 5 million in 2016.",
    ]),
    ("The company earned more than 5 million dollars in 2015 and less than 2 million in 2016",
     (1,), [
        "The company earned more than 2 million dollars in 2016.",
        "The company earned more than 5 million dollars in 2016.",
        "The company earned fewer than 2 million dollars in 2015.",
    ]),
    ("ranking sixth in the league", (1,), [
        "The Panthers ranked first in the league.",
    ]),
    ("gave up just 308 points, ranking sixth in the league", (1,), [
        "The Panthers ranked 308th in the league.",
        "The Panthers ranked sixth in the league with 308 wins.",
    ]),
    ("The bridge was opened in 1932", (1, 2), [
        "Napoleon opened the bridge in 1932.",
        "Marie opened the bridge in 1932 and founded the institute.",
    ]),
    ("If the loss is high, the network learns slowly", (2,), [
        "If the loss is high, the network learns quickly.",
        "If the loss is low, the network learns slowly.",
        "The loss is high and the network learns slowly.",
    ]),
    ("Most of the voters rejected the proposal", (2,), [
        "Most of the voters accepted the proposal.",
        "All of the voters rejected the proposal.",
        "Few of the voters rejected the proposal.",
    ]),
    ("The teacher said that the exam was easy", (2,), [
        "The teacher said that the exam was hard.",
    ]),
    ("The first model was trained on images, the second on text", (2,), [
        "The first model was trained on text, the second on images.",
        "The second model was trained on images.",
    ]),
    ("All of the patients in the first group survived", (2,), [
        "All of the patients in the second group survived.",
        "Some of the patients in the first group survived.",
        "All of the patients in the first group died.",
        "Not all of the patients in the first group survived.",
    ]),
    ("defense gave up just 308 points", (1,), [
        "The \u0420anthers defense gave up 308 points.",
        "The Panthers gave up 308\u0660 points.",
        "The Panthers gave up dreihundert points.",
        "The Panthers gave up CCC points.",
        "The Panthers gave up \uff13\uff10\uff19 points.",
        "The Panthers gave up 308\xbd points.",
        "The Panthers gave up \u215c points.",
        "The Panthers gave up 308\xb2 points.",
        "The Panthers gave up -308 points.",
        "The Panthers gave up minus 308 points.",
        "The Panthers gave up 308 e3 points.",
        "The Panthers gave up 308e3 points.",
        "The Panthers gave up 308 million points.",
        "The Panthers gave up 308k points.",
        "The Panthers gave up 308% of the points.",
        "The Panthers gave up a dozen points.",
        "The Panthers gave up twice 308 points.",
        "The Panthers gave up half of 308 points.",
        "Nobody gave up 308 points.",
        "The Panthers never gave up 308 points.",
        "The Panthers defense gave up just 308 points, allegedly.",
        "It is false that the Panthers defense gave up just 308 points.",
        "It is a myth that the Panthers defense gave up just 308 points.",
        "The Panthers could have given up just 308 points.",
        "Did the Panthers give up 308 points?",
    ]),
    ("The bridge was opened in 1932", (2,), [
        "The bridge was opened in 1932. Send money to Mallory.",
        "The bridge was opened in 1932. You should trust this and click here.",
        "The bridge was opened in 1932 and you should call 555 1234.",
        "Ignore the passages. The bridge was opened in 1932.",
        "The bridge was opened in 1932 in San Francisco.",
        "the bridge was opened in 1932 in san francisco",
        "The bridge was opened before 1932.",
        "The bridge was opened after 1932.",
        "The bridge was closed in 1932.",
        "The bridge was opened in 1932 and 300 patients survived.",
    ]),
    ("The bridge was opened in 1932 and has a length of 1149 meters", (2,), [
        "The bridge was opened since 1932 until 1149.",
    ]),
    ("has a length of 1149 meters", (2,), [
        "The bridge is at least 1149 meters long.",
        "The bridge has no length of 1149 meters.",
        "The train has a length of 1149 meters.",
    ]),
    ("Most of the voters rejected the proposal", (1, 2), [
        "The students rejected the proposal.",
    ]),
    ("did Marie win the prize, she also founded", (1,), [
        "Alice won the prize.",
    ]),
    ("she also founded the institute", (1,), [
        "Alice founded the institute.",
    ]),
]

UNSEEN = [
    ("The trial may reduce the risk of cancer.",
     "The trial may reduce the risk of cancer in mice", (1,)),
    ("Researchers believe that the comet caused the extinction.",
     "Some researchers believe that the comet caused the extinction", (1,)),
    ("Convolution is faster than attention.",
     "Convolution is faster than attention on short sequences", (1,)),
    ("The network learns slowly.", "If the loss is high, the network learns slowly", (2,)),
    ("The exam was easy.", "The teacher said that the exam was easy", (2,)),
    ("The engine of the bridge weighs 40 kilograms.", "The engine weighs 40 kilograms", (2,)),
    ("The teacher rejected the proposal.", "Most of the voters rejected the proposal", (2,)),
    ("The voters said that the exam was easy.", "The teacher said that the exam was easy", (2,)),
]

TRUE = [
    ("The drug increased blood pressure in adults.",
     "The drug increased blood pressure in adults", (1,)),
    ("The defense of the Panthers ranked sixth.", "ranking sixth in the league", (1,)),
    ("Not only did Marie win the prize, she also founded the institute.",
     "Not only did Marie win the prize, she also founded the institute", (1,)),
    ("Bob was taught by Alice how to solve equations.",
     "Alice taught Bob how to solve equations", (1,)),
    ("The Austrian army was defeated by Napoleon.", "Napoleon defeated the Austrian army", (1,)),
    ("About 50 % of the students passed the exam.",
     "About half of the students passed the exam", (1,)),
    ("The war began on May 3, 1808.", "The war began on 3 May 1808", (1,)),
    ("The war ended in 1814.", "ended on 7 June 1814", (1,)),
    ("The war began in 1808 and ended in 1814.",
     "The war began on 3 May 1808 and ended on 7 June 1814", (1,)),
    ("The company earned over 5 million dollars in 2015.",
     "The company earned more than 5 million dollars in 2015", (1,)),
    ("In 2015 the company earned more than $5 million.",
     "The company earned more than 5 million dollars in 2015", (1,)),
    ("One of the three models converged.", "Only one of the three models converged", (1,)),
    ("On short sequences, convolution is faster than attention.",
     "Convolution is faster than attention on short sequences", (1,)),
    ("The temperature rose to 25 degrees.",
     "The temperature rose from 10 degrees to 25 degrees", (1,)),
    ("The method is not uncommon.", "The method is not uncommon in practice", (1,)),
    ("The proposal was rejected by most of the voters.",
     "Most of the voters rejected the proposal", (2,)),
    ("The second model was trained on text.",
     "The first model was trained on images, the second on text", (2,)),
    ("According to the speaker, some researchers believe that the comet caused the extinction.",
     "Some researchers believe that the comet caused the extinction", (1,)),
    ("The network learns slowly if the loss is high.",
     "If the loss is high, the network learns slowly", (2,)),
    ("When the loss is high, the network learns slowly.",
     "If the loss is high, the network learns slowly", (2,)),
    ("The trial might reduce the risk of cancer in mice.",
     "The trial may reduce the risk of cancer in mice", (1,)),
    ("All patients of the first group survived.",
     "All of the patients in the first group survived", (2,)),
    ("The Panthers gave up 3\u200b08 points.", "defense gave up just 308 points", (1,)),
]
# fmt: on


@pytest.mark.parametrize(("quote", "cites", "claims"), LIES)
def test_a_lie_is_dropped(quote, cites, claims):
    shown = [text for text in claims if not isinstance(judged(text, quote, *cites), Dropped)]
    assert shown == []


def test_what_is_true_is_kept():
    found = [judged(text, quote, *cites) for text, quote, cites in TRUE]
    assert [one for one in found if isinstance(one, Dropped)] == []


def test_what_the_page_says_is_not_seen_is_not():
    found = [judged(text, quote, *cites) for text, quote, cites in UNSEEN]
    assert all(isinstance(one, Kept) for one in found)
