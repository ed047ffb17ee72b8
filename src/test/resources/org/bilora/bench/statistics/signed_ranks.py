"""Writes signed_ranks.json: two-sided p of Wilcoxon's signed-rank test.

Up to 16 pairs p is SciPy's permutation method, which lists all 2^n signs; above that SciPy's exact
distribution where no rank is shared, else all sums of shared ranks counted in whole numbers, which
is checked here to give what SciPy gives wherever SciPy can.
Run with: python signed_ranks.py > signed_ranks.json
"""

import json
from collections import Counter
from fractions import Fraction

import numpy as np
from scipy import stats


def counted(differences):
    kept = [d for d in differences if d != 0]
    if not kept:
        return 1.0
    ranks = [round(2 * r) for r in stats.rankdata(np.abs(kept))]
    sums = Counter({0: 1})
    for rank in ranks:
        longer = Counter()
        for total, ways in sums.items():
            longer[total] += ways
            longer[total + rank] += ways
        sums = longer
    positive = sum(r for r, d in zip(ranks, kept) if d > 0)
    least = min(positive, sum(ranks) - positive)
    tail = sum(ways for total, ways in sums.items() if total <= least)
    return float(min(Fraction(1), 2 * Fraction(tail, 2 ** len(ranks))))


def scipy_p(differences):
    kept = np.array([d for d in differences if d != 0])
    untied = len(set(np.abs(kept))) == len(kept)
    if len(kept) == 0:
        return None
    if len(kept) <= 16:
        return float(stats.wilcoxon(kept, method=stats.PermutationMethod(n_resamples=np.inf)).pvalue)
    return float(stats.wilcoxon(kept, method="exact").pvalue) if untied else None


random = np.random.default_rng(7)
cases = []
for n in range(6, 31):
    for kind in ("untied", "tied", "tied with zeros"):
        if kind == "untied":
            d = np.round(random.normal(0.4, 1, n), 12)
        else:
            low = 0 if kind == "tied with zeros" else 1
            d = random.integers(low, 6, n) * random.choice([-1, 1, 1], n)
        d = [float(x) for x in d]
        p = counted(d)
        expected = scipy_p(d)
        if expected is not None:
            assert abs(p - expected) < 1e-12, (d, p, expected)
        cases.append({"differences": d, "p": p, "scipy": expected is not None})
print("[" + ",\n".join(json.dumps(c) for c in cases) + "]")
