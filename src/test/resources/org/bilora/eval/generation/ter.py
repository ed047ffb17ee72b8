"""Edits of random pairs of texts by sacreBLEU's TER without options."""
import json
import random

from sacrebleu.metrics.lib_ter import translation_edit_rate

random.seed(1)
cases = []


def add(output, reference):
    edits, _ = translation_edit_rate(output.split(), reference.split())
    cases.append([output, reference, edits])


def text(words, length):
    return " ".join(random.choice(words) for _ in range(length))


for _ in range(120):
    words = "abcdefghijkl"[: random.randint(2, 12)]
    add(text(words, random.randint(0, 14)), text(words, random.randint(1, 14)))
for _ in range(60):  # a reference cut into pieces in another order, with some words replaced
    reference = [chr(97 + random.randint(0, 25)) for _ in range(random.randint(8, 40))]
    cuts = sorted(random.sample(range(1, len(reference)), random.randint(1, 4)))
    pieces = [reference[i:j] for i, j in zip([0] + cuts, cuts + [len(reference)])]
    random.shuffle(pieces)
    output = [random.choice("xyz") if random.random() < 0.1 else w for p in pieces for w in p]
    add(" ".join(output), " ".join(reference))
for long, short in ((90, 3), (3, 90), (70, 70)):  # the beam and the limits of shifts
    add(text("ab", long), text("ab", short))
    add(text("abcdefgh", long), text("abcdefgh", short))

print(json.dumps(cases, indent=0))
