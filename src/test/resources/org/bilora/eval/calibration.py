"""Writes calibration.json: expected calibration errors of random logits, by NumPy's histograms."""
import json
import numpy as np

random = np.random.default_rng(11)


def expected_error(logits, expected, bins=15):
    logits = np.asarray(logits, np.float64)
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    confidence, right = p.max(1), p.argmax(1) == np.asarray(expected)
    edges = np.linspace(0, 1, bins + 1)
    error = 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return error


cases = []
for count, classes, scale in ((1, 2, 1), (7, 2, 3), (60, 2, 0.2), (200, 2, 5), (150, 3, 2), (90, 5, 1)):
    logits = (scale * random.normal(size=(count, classes))).astype(np.float32)
    noisy = logits + random.gumbel(size=logits.shape) * scale / 2
    expected = noisy.argmax(1)
    cases.append({"logits": logits.astype(float).tolist(), "expected": expected.tolist(), "error": float(expected_error(logits, expected))})
print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")
