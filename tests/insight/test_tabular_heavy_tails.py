"""Heavy tails: laws, intervals and verdicts, against the library `powerlaw` and by draws."""

from __future__ import annotations

import math
import time
import warnings

import numpy as np
import pytest

from loquitur.insight.tabular import tail_laws
from loquitur.insight.tabular.heavy_tails import LEAST_TAIL, fit_tail
from loquitur.insight.tabular.tail_laws import Tail, log_zeta

TEN_ROWS = [1257913, 2263570, 53483909, 101110, 51022, 6349, 49897, 80958, 161685, 30028]


def pareto(random, n, alpha=2.5):
    return (1 - random.random(n)) ** (-1 / (alpha - 1))


def test_the_ten_printed_rows_of_the_course():
    fit = fit_tail(np.array(TEN_ROWS, float))
    assert fit.xmin == 30_028
    assert round(fit.alpha, 2) == 1.44
    assert fit.n_tail == 9
    exponential = fit.comparisons["exponential"]
    assert round(exponential.ratio, 1) == 20.3
    assert round(exponential.p, 4) == 0.0003
    assert fit.verdict == fit.tail == "too few to say"
    assert fit.alpha_low < fit.alpha < fit.alpha_high


@pytest.mark.parametrize("values", [
    [], [5.0], [3.0] * 100, [1.0, 2.0, 3.0], [0.0] * 80, [-1.0] * 60, [math.nan, math.inf] * 40,
    [1e308, 5e-324] * 30,
])  # fmt: skip
def test_what_has_no_tail_gets_no_fit(values):
    fit = fit_tail(np.array(values, float))
    assert fit.verdict == "too few to say"
    assert fit.alpha is None
    assert fit.laws == ()


def test_zeros_and_what_is_missing_are_left_out():
    x = pareto(np.random.default_rng(1), 400)
    bare, padded = fit_tail(x), fit_tail(np.r_[x, np.zeros(50), -1.0, np.nan, np.inf])
    assert (bare.alpha, bare.xmin, bare.n) == (padded.alpha, padded.xmin, padded.n)


def test_multiplying_changes_xmin_alone():
    x = pareto(np.random.default_rng(2), 600)
    first, second = fit_tail(x), fit_tail(x * 1024.0)
    assert second.xmin == first.xmin * 1024
    assert second.alpha == pytest.approx(first.alpha)
    assert second.verdict == first.verdict


@pytest.mark.parametrize("alpha", [1.05, 1.7, 2.5, 6.0, 40.0])
def test_log_zeta_is_that_of_scipy(alpha):
    from scipy.special import zeta

    first = np.array([1.0, 2, 7, 60, 900])
    known = zeta(alpha, first)
    there = known > 1e-300
    assert log_zeta(alpha, first)[there] == pytest.approx(np.log(known[there]), abs=1e-10)


def test_log_zeta_does_not_vanish():
    """Of counts just below 1,000 with a steep end scipy's function is 0, and its logarithm none."""
    assert log_zeta(138.0, np.array([990.0]))[0] == pytest.approx(-949.8, abs=1.0)
    counts = 30 + np.random.default_rng(5).integers(0, 1_000, 3_000).astype(float)
    fit = fit_tail(counts)
    assert fit.tail == "not heavy"
    assert all(math.isfinite(one.ratio) for one in fit.comparisons.values())


@pytest.mark.parametrize("discrete", [False, True])
def test_every_law_adds_up_to_one(discrete):
    """The likelihoods of whole numbers sum to 1, those of measures integrate to 1."""
    xmin = 3.0
    if discrete:
        grid = np.arange(xmin, 8_000)
        tail = Tail(values=grid, counts=grid**-2.6, xmin=xmin, discrete=True)
        weights = np.ones(len(grid))
    else:
        t, step = np.linspace(0, math.log(1e6), 8_001, retstep=True)
        grid = xmin * np.exp(t)
        weights = grid * step
        weights[[0, -1]] /= 2
        tail = Tail(values=grid, counts=weights * grid**-2.6, xmin=xmin, discrete=False)
    laws = (
        tail_laws.power_law(tail, 2.6), tail_laws.lognormal(tail), tail_laws.exponential(tail),
        tail_laws.truncated_power_law(tail, 2.6),
    )  # fmt: skip
    for law in laws:
        total = float((np.exp(law.log_likelihoods) * weights).sum())
        assert total == pytest.approx(1, abs=4e-3), law.name
        ends = law.survival(np.array([xmin, 10.0, 100.0]))
        assert ends[0] == pytest.approx(1, abs=1e-6), law.name
        mass = float((np.exp(law.log_likelihoods) * weights)[grid >= 10].sum())
        assert ends[1] == pytest.approx(mass, abs=4e-3), law.name


@pytest.mark.slow
def test_whole_numbers_beyond_what_a_float_tells_apart_from_the_next():
    counts = np.array([10.0 ** (at % 18) for at in range(200)])
    measures = counts * (1 + 1e-9)
    whole, real = fit_tail(counts), fit_tail(measures * 1e4)
    assert whole.discrete
    assert not real.discrete
    for fit in (whole, real):  # the power law is a border of the log-normal: far better it is never
        assert abs(fit.comparisons["lognormal"].ratio) < 50


def test_a_count_is_as_likely_on_both_sides_of_where_its_density_stands_for_it(monkeypatch):
    values = np.array([3.0, 40.0, 700.0, 8_000.0, 90_000.0, 800_000.0])
    tail = Tail(values=values, counts=np.array([9.0, 7, 5, 4, 2, 1]), xmin=3.0, discrete=True)
    exact = tail_laws._counted_lognormal(tail, 0.4, 0.1)
    monkeypatch.setattr(tail_laws, "_NARROW", 1e3)
    by_density = tail_laws._counted_lognormal(tail, 0.4, 0.1)
    assert by_density.log_likelihoods == pytest.approx(exact.log_likelihoods, abs=1e-4)


def test_ratios_are_those_of_the_library_powerlaw():
    powerlaw = pytest.importorskip("powerlaw")
    random = np.random.default_rng(3)
    for x in (pareto(random, 900), random.lognormal(10, 2, 900)):
        fit = fit_tail(x)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = powerlaw.Fit(x, xmin=fit.xmin, verbose=0)
            assert fit.alpha == pytest.approx(theirs.power_law.alpha)
            for name in ("lognormal", "exponential"):
                ratio, p = theirs.distribution_compare("power_law", name)
                ours = fit.comparisons[name]
                # theirs may stop on the ridge of ever wider log-normals, before the maximum
                assert ratio - 0.05 < ours.ratio < ratio + 2e-3, name
                if ours.ratio < -1e-6 or ours.ratio > 1:
                    assert ours.p == pytest.approx(p, abs=5e-3), name


def test_the_border_of_fifty_values():
    few = fit_tail(np.array([1.0] * 3 + [2.0 ** (k / 4) for k in range(LEAST_TAIL - 10)]))
    assert few.verdict == "too few to say"
    assert few.alpha is not None


def test_steep_data_have_no_heavy_tail():
    fit = fit_tail(np.random.default_rng(8).exponential(1_000, 4_000))
    assert fit.tail != "heavy tail"
    assert fit.verdict != "power law preferred"


def test_the_goodness_of_fit_is_the_same_every_time():
    x = pareto(np.random.default_rng(4), 120)
    first, second = (fit_tail(x, goodness_sets=20) for _ in range(2))
    assert first.goodness_p == second.goodness_p
    assert first.goodness_p > 0.1
    assert fit_tail(x).goodness_p is None


def verdicts(make, n, sets, seed):
    random = np.random.default_rng(seed)
    inside, said = 0, []
    for _ in range(sets):
        alpha, x = make(random, n)
        fit = fit_tail(x)
        said.append(fit.verdict)
        inside += alpha is not None and fit.alpha_low <= alpha <= fit.alpha_high
    return inside, said


def any_pareto(random, n):
    alpha = random.uniform(1.5, 3.5)
    return alpha, pareto(random, n, alpha)


@pytest.mark.slow
@pytest.mark.parametrize("n", [50, 5_000])
def test_a_hundred_pareto_sets(n):
    inside, said = verdicts(any_pareto, n, 100, seed=n)
    assert inside >= 95
    assert said.count("lognormal preferred") <= 5


@pytest.mark.slow
@pytest.mark.parametrize("n", [50, 5_000])
def test_a_hundred_pareto_sets_as_counts(n):
    def counts(random, n):
        alpha, x = any_pareto(random, n)
        return alpha, np.floor(2_000 * x)

    inside, said = verdicts(counts, n, 100, seed=n + 1)
    assert inside >= 95
    assert said.count("lognormal preferred") <= 5


@pytest.mark.slow
def test_a_hundred_lognormal_sets():
    _, said = verdicts(lambda random, n: (None, random.lognormal(10, 2, n)), 5_000, 100, seed=7)
    assert said.count("power law preferred") <= 5


@pytest.mark.slow
def test_five_thousand_values_take_less_than_two_seconds():
    random = np.random.default_rng(0)
    for x in (pareto(random, 5_000), random.lognormal(10, 2, 5_000), random.zipf(2.0, 5_000)):
        begun = time.process_time()
        fit_tail(x.astype(float))
        assert time.process_time() - begun < 20


def test_the_norm_of_the_cut_off_law_is_that_of_the_incomplete_gamma_function():
    """For alpha 0.5 and 0 by scipy's, which knows positive parameters only."""
    from scipy.special import gamma, gammaincc

    for xmin, rate in ((1.0, 0.3), (30_000.0, 1e-6), (2.0, 1e-4)):
        for alpha in (0.5, 0.0):
            wanted = rate ** (alpha - 1) * gamma(1 - alpha) * gammaincc(1 - alpha, rate * xmin)
            found = tail_laws._cut_norm(xmin, alpha, rate)
            assert found == pytest.approx(math.log(wanted), abs=1e-8)
