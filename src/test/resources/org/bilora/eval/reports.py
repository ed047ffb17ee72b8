"""Writes reports.json: scikit-learn's and seqeval's numbers of small random and degenerate inputs."""
import json, warnings
import numpy as np
from sklearn import metrics
from seqeval import metrics as entities

warnings.filterwarnings("ignore")
random = np.random.default_rng(5)


def per_class(report, names):
    return [[report[n]["precision"], report[n]["recall"], report[n]["f1-score"], int(report[n]["support"])] for n in names]


def averages(report, names):
    return {n: per_class(report, [n])[0][:3] for n in names}


labels = []
for name, expected, predicted in (
    ("random", random.integers(2, size=(30, 4)), random.integers(2, size=(30, 4))),
    ("a label that is nowhere", np.c_[random.integers(2, size=(9, 2)), np.zeros((9, 1), int)], np.c_[random.integers(2, size=(9, 2)), np.zeros((9, 1), int)]),
    ("nothing is predicted", np.ones((3, 2), int), np.zeros((3, 2), int)),
    ("all right", np.eye(3, dtype=int), np.eye(3, dtype=int)),
):
    names = [f"l{k}" for k in range(expected.shape[1])]
    report = metrics.classification_report(expected, predicted, target_names=names, output_dict=True, zero_division=0)
    labels.append({
        "name": name, "expected": expected.tolist(), "predicted": predicted.tolist(),
        "micro_f1": metrics.f1_score(expected, predicted, average="micro", zero_division=0),
        "macro_f1": metrics.f1_score(expected, predicted, average="macro", zero_division=0),
        "accuracy": metrics.accuracy_score(expected, predicted),
        "classes": per_class(report, names),
        "averages": averages(report, ["micro avg", "macro avg", "weighted avg"]),
    })
classes = []
for name, k, expected, predicted in (
    ("random", 4, random.integers(4, size=50), random.integers(4, size=50)),
    ("a class that is never predicted", 3, np.array([0, 1, 2, 2, 1, 0]), np.array([0, 1, 1, 1, 0, 0])),
    ("a class that is nowhere", 3, np.array([0, 2, 2, 0]), np.array([0, 2, 0, 0])),
):
    names = [f"c{c}" for c in range(k)]
    report = metrics.classification_report(expected, predicted, labels=range(k), target_names=names, output_dict=True, zero_division=0)
    micro = metrics.precision_recall_fscore_support(expected, predicted, labels=range(k), average="micro", zero_division=0)
    classes.append({
        "name": name, "labels": k, "expected": expected.tolist(), "predicted": predicted.tolist(),
        "classes": per_class(report, names),
        "averages": averages(report, ["macro avg", "weighted avg"]) | {"micro avg": [float(v) for v in micro[:3]]},
        "confusion": metrics.confusion_matrix(expected, predicted, labels=range(k)).tolist(),
    })
tags = []
vocabularies = {
    "IOB2": ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"],
    "IOB1": ["O", "I-PER", "B-PER", "I-LOC"],
    "IOBES": ["O", "B-X", "I-X", "E-X", "S-X", "S-Y-Z", "E-Y-Z", "B-Y-Z"],
}
for scheme, words in vocabularies.items():
    for share in (0.9, 0.3):
        expected = [[str(random.choice(words)) for _ in range(random.integers(1, 9))] for _ in range(12)]
        predicted = [[t if random.random() < share else str(random.choice(words)) for t in s] for s in expected]
        report = entities.classification_report(expected, predicted, output_dict=True, zero_division=0)
        types = sorted(n for n in report if not n.endswith(" avg"))
        tags.append({
            "name": f"{scheme}, {share} kept", "expected": expected, "predicted": predicted,
            "f1": entities.f1_score(expected, predicted, zero_division=0),
            "precision": entities.precision_score(expected, predicted, zero_division=0),
            "recall": entities.recall_score(expected, predicted, zero_division=0),
            "accuracy": entities.accuracy_score(expected, predicted),
            "types": types, "classes": per_class(report, types),
        })
tags.append({"name": "no entity", "expected": [["O", "O"]], "predicted": [["O", "O"]], "f1": 0, "precision": 0, "recall": 0, "accuracy": 1, "types": [], "classes": []})
json.dump({"labels": labels, "classes": classes, "tags": tags}, open("reports.json", "w"), default=float)
