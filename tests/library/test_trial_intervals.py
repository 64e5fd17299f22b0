"""The intervals of paired differences hold what they promise, by simulation."""

import numpy as np
import pytest

from loquitur.library.trials.outcomes import Outcome, Trial

ARTICLES, QUESTIONS, DRAWS = 40, 6, 600


def a_trial(rng, at):
    """Two ways on questions of articles: some articles suit the second way, others do not.

    The way that is better is so by 0.04 on the mean of all articles that there could be.
    """
    counts = rng.poisson(QUESTIONS, ARTICLES) + 1
    hard = np.repeat(rng.uniform(0.4, 0.8, ARTICLES), counts)
    suits = np.repeat(rng.choice([-0.06, 0.02, 0.16], ARTICLES), counts)  # their mean is 0.04
    luck = rng.uniform(size=hard.size)  # the same question is as hard for both
    groups = np.repeat(np.arange(ARTICLES), counts)
    found = {
        "words": luck < hard,
        "hybrid": luck < hard + suits,
    }
    outcomes = [
        Outcome(
            way=way, question_id=str(number), question="", group=f"a{group}", answerable=True,
            values={"recall@1": float(right)},
        )
        for way, all_right in found.items()
        for number, (group, right) in enumerate(zip(groups, all_right, strict=True))
    ]  # fmt: skip
    return Trial(
        name="x", ways=tuple(found), measures=("recall@1",), outcomes=tuple(outcomes), seed=at
    )


@pytest.mark.slow
def test_95_of_100_intervals_of_paired_differences_hold_the_truth():
    rng = np.random.default_rng(20)
    held = 0
    for at in range(DRAWS):
        (found,) = a_trial(rng, at).differences()
        assert found.interval.units == ARTICLES
        held += found.interval.low <= 0.04 <= found.interval.high
    assert 0.93 <= held / DRAWS <= 0.97, held / DRAWS
