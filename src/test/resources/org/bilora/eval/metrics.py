"""Writes metrics.json: what scikit-learn and SciPy say about small random and degenerate inputs."""
import json, math, warnings
import numpy as np
from scipy import stats
from sklearn import metrics

warnings.filterwarnings("ignore")
random = np.random.default_rng(7)


def value(x):
    return None if math.isnan(x) else float(x)


def classes(name, expected, predicted):
    expected, predicted = np.asarray(expected), np.asarray(predicted)
    want = {
        "matthews": value(metrics.matthews_corrcoef(expected, predicted)),
        "accuracy": value(metrics.accuracy_score(expected, predicted)),
        "f1": value(metrics.f1_score(expected, predicted, labels=[1], average="macro", zero_division=0)),
    }
    return {"name": name, "expected": expected.tolist(), "predicted": predicted.tolist(), "want": want}


def scores(name, expected, predicted):
    expected, predicted = np.asarray(expected, float), np.asarray(predicted, float)
    want = {
        "pearson": value(stats.pearsonr(expected, predicted)[0]),
        "spearman": value(stats.spearmanr(expected, predicted)[0]),
    }
    return {"name": name, "expected": expected.tolist(), "predicted": predicted.tolist(), "want": want}


cases = []
for count in (2, 5, 40):
    for k in (2, 3):
        cases.append(classes(f"{count} random of {k} classes", random.integers(k, size=count), random.integers(k, size=count)))
expected = random.integers(2, size=60)
cases.append(classes("mostly right", expected, np.where(random.random(60) < 0.9, expected, 1 - expected)))
cases.append(classes("all right", expected, expected))
cases.append(classes("all wrong", expected, 1 - expected))
cases.append(classes("constant prediction 0", [0, 1, 0, 1, 1], [0] * 5))
cases.append(classes("constant prediction 1", [0, 1, 0, 1, 1], [1] * 5))
cases.append(classes("one expected class 0", [0] * 4, [0, 1, 0, 1]))
cases.append(classes("one expected class 1", [1] * 4, [0, 1, 0, 1]))
cases.append(classes("one class, all right", [1] * 4, [1] * 4))
cases.append(classes("one class 0, all right", [0] * 4, [0] * 4))
cases.append(classes("a class never predicted", [0, 1, 2, 2, 1, 0], [0, 1, 1, 1, 1, 0]))
cases.append(classes("one example", [1], [0]))
for count in (2, 3, 30):
    cases.append(scores(f"{count} random scores", random.normal(size=count).round(6), random.normal(size=count).round(6)))
expected = (random.random(50) * 5).round(1)
cases.append(scores("many ties", expected, (expected + random.normal(size=50)).round(0)))
cases.append(scores("large offset", [1e6 + x for x in range(8)], [1e6 + x * x % 5 for x in range(8)]))
cases.append(scores("uncorrelated", [1, 1, -1, -1], [1, -1, 1, -1]))
cases.append(scores("nearly uncorrelated", [1, 1, -1, -1], [1, -1, 1, -1.000001]))
cases.append(scores("perfect", [0.1, 0.2, 0.3], [1, 2, 3]))
cases.append(scores("reversed", [0.1, 0.2, 0.3], [3, 2, 1]))
cases.append(scores("monotone but bent", [1, 2, 3, 4], [1, 8, 27, 64]))
cases.append(scores("constant prediction", [1, 2, 3], [0.1, 0.1, 0.1]))
cases.append(scores("constant expectation", [0.7] * 3, [1, 2, 3]))
with open("metrics.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
