"""Writes losses.json: what PyTorch computes of small random logits, targets and class weights."""
import json
import numpy as np
import torch
import torch.nn.functional as F

random = np.random.default_rng(11)
cases = []


def case(name, logits, targets, loss, **settings):
    cases.append({"name": name, "logits": logits.tolist(), "targets": targets.tolist(), "loss": float(loss), **settings})


def focal(log_p, gamma):
    return (1 - log_p.exp()) ** gamma * log_p


logits = random.normal(size=(6, 3)).round(3)
targets = random.integers(3, size=6)
z, y = torch.tensor(logits), torch.tensor(targets)
weights = [0.5, 2.0, 1.25]
w = torch.tensor(weights, dtype=torch.float64)
case("classes", logits, targets, F.cross_entropy(z, y))
case("classes, smoothed", logits, targets, F.cross_entropy(z, y, label_smoothing=0.1), smoothing=0.1)
case("classes, weighed", logits, targets, F.cross_entropy(z, y, weight=w), weights=weights)
case("classes, smoothed and weighed", logits, targets, F.cross_entropy(z, y, weight=w, label_smoothing=0.2), weights=weights, smoothing=0.2)
case("classes, focal", logits, targets, F.nll_loss(focal(F.log_softmax(z, 1), 2.0), y), gamma=2.0)
case("classes, focal and weighed", logits, targets, F.nll_loss(focal(F.log_softmax(z, 1), 1.5), y, weight=w), gamma=1.5, weights=weights)
targets = random.integers(2, size=(6, 3))
y = torch.tensor(targets, dtype=torch.float64)
case("labels", logits, targets, F.binary_cross_entropy_with_logits(z, y))
case("labels, weighed", logits, targets, F.binary_cross_entropy_with_logits(z, y, pos_weight=w), weights=weights)
case("labels, smoothed", logits, targets, F.binary_cross_entropy_with_logits(z, 0.9 * y + 0.05), smoothing=0.1)
p = torch.where(y == 1, z.sigmoid(), 1 - z.sigmoid())
case("labels, focal", logits, targets, -((1 - p) ** 2 * p.log()).mean(), gamma=2.0)
targets = random.normal(size=(6, 3)).round(3)
case("scores", logits, targets, F.mse_loss(z, torch.tensor(targets)))
json.dump(cases, open("losses.json", "w"), indent=1)
