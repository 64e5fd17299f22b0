from __future__ import annotations

import random

import pytest

from loquitur.errors import InputError
from loquitur.youtube.complaints import (
    BucketEmptyError,
    KeyProblemError,
    ThrottledError,
    UnavailableError,
)
from loquitur.youtube.methods import find
from loquitur.youtube.retrying import Patience, may_have_acted
from loquitur.youtube.wire import LostError

MOST = Patience(dice=lambda _, high: high)


def test_a_spent_bucket_is_never_tried_again():
    empty = BucketEmptyError("m", bucket="search", resets_at=0.0)
    assert not any(MOST.wait(empty, failures) for failures in range(1, 7))


@pytest.mark.parametrize("error", [KeyProblemError("m"), InputError("m"), ValueError()])
def test_what_another_try_cannot_mend_is_not_tried_again(error):
    assert MOST.wait_s(error, 1) is None


def test_five_more_tries_and_each_failure_doubles_the_bound():
    assert [MOST.wait_s(UnavailableError("m"), n) for n in range(1, 8)] == [
        0.5, 1.0, 2.0, 4.0, 8.0, None, None,
    ]  # fmt: skip
    assert [MOST.wait_s(ThrottledError("m"), n) for n in range(1, 7)] == [
        1.0, 2.0, 4.0, 8.0, 16.0, None,
    ]  # fmt: skip
    patient = Patience(retries=9, dice=lambda _, high: high)
    assert patient.wait_s(ThrottledError("m"), 9) == 32.0


def test_never_earlier_than_the_service_asked_and_never_all_at_once():
    error = ThrottledError("m", retry_after_s=7.0)
    dice = random.Random(1)
    waits = [Patience(dice=dice.uniform).wait_s(error, 2) for _ in range(200)]
    assert all(7.0 <= wait <= 9.0 for wait in waits)
    assert max(waits) - min(waits) > 1.5


def test_a_wait_of_hours_is_left_to_whoever_called():
    assert MOST.wait_s(ThrottledError("m", retry_after_s=3600.0), 1) is None


def test_it_sleeps_as_long_as_it_says():
    slept = []
    patience = Patience(sleep=slept.append, dice=lambda _, high: high)
    assert patience.wait(UnavailableError("m"), 1)
    assert not patience.wait(UnavailableError("m"), 6)
    assert slept == [0.5]


@pytest.mark.parametrize(
    ("method_id", "error", "acted"),
    [
        ("videos.list", LostError("m"), False),
        ("videos.list", UnavailableError("m", status=503), False),
        ("captions.insert", LostError("m"), True),
        ("captions.insert", UnavailableError("m", status=503), True),
        ("captions.insert", UnavailableError("m", status=400), False),
        ("captions.insert", UnavailableError("m"), False),
        ("captions.delete", LostError("m"), True),
        ("captions.update", ThrottledError("m", status=429), False),
    ],
)
def test_only_what_may_have_acted_is_not_sent_again(method_id, error, acted):
    assert may_have_acted(find(method_id), error) is acted
