"""Checks an export of several adapters in Python TensorFlow against the exports of each adapter alone.

python adapters_check.py LINES OUT.json EXPORT_BASE NAME=EXPORT_BASE...

EXPORT_BASE was written by export --adapters; each NAME is an adapter of it, with its own export. Every line goes
through serving_text and serving_ids in batches that mix all adapters, and is held against what the adapter's own
export answers. A name that is no adapter must be an error. Needs tensorflow and tokenizers.
"""
import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import numpy as np
import tensorflow as tf
from tokenizers import Tokenizer


def version(base):
    return os.path.join(base, max((d for d in os.listdir(base) if d.isdigit()), key=int))


def size(directory):
    return sum(os.path.getsize(os.path.join(path, file)) for path, _, files in os.walk(directory) for file in files)


lines = [line.rstrip("\n") for line in open(sys.argv[1], encoding="utf-8")]
together = version(sys.argv[3])
alone = {name: version(base) for name, base in (argument.split("=", 1) for argument in sys.argv[4:])}
model = tf.saved_model.load(together)
adapters = {adapter["name"]: adapter for adapter in json.load(open(f"{together}/assets/adapters.json"))}
names = list(alone)
assert set(names) == set(adapters), (names, list(adapters))
mixed_pairs = "text_pair" in model.signatures["serving_text"].structured_input_signature[1]
tokenizer = Tokenizer.from_file(f"{together}/assets/tokenizer.json")
pad_id = json.load(open(f"{together}/assets/export.json"))["pad_token_id"]
typed = "token_type_ids" in model.signatures["serving_default"].structured_input_signature[1]
singles = {name: tf.saved_model.load(directory) for name, directory in alone.items()}


def encoded(name, text, second):
    tokenizer.no_padding()
    tokenizer.enable_truncation(adapters[name]["max_tokens"])
    return tokenizer.encode(text, second) if adapters[name]["pairs"] else tokenizer.encode(text)


def padded(rows, filler):
    length = max(map(len, rows))
    return tf.constant([row + [filler] * (length - len(row)) for row in rows], tf.int32)


worst = {"text": 0.0, "ids": 0.0}
wrong_labels, rows, seconds = 0, 0, 0.0
for start in range(0, len(lines), 32):
    batch = lines[start:start + 32]
    second = [lines[(start + i) * 7 % len(lines)][:200] for i in range(len(batch))]
    chosen = [names[(start + i) % len(names)] for i in range(len(batch))]
    expected = {}
    for name in names:
        own = [i for i, other in enumerate(chosen) if other == name]
        feed = {"text": tf.constant([batch[i] for i in own])}
        if adapters[name]["pairs"]:
            feed["text_pair"] = tf.constant([second[i] for i in own])
        answer = singles[name].signatures["serving_text"](**feed)
        for place, i in enumerate(own):
            expected[i] = answer["logits"][place].numpy(), answer["label"][place].numpy()
    feed = {"text": tf.constant(batch), "adapter": tf.constant(chosen)}
    if mixed_pairs:
        feed["text_pair"] = tf.constant([s if adapters[n]["pairs"] else "" for s, n in zip(second, chosen)])
    began = time.time()
    answers = {"text": model.signatures["serving_text"](**feed)}
    seconds += time.time() - began
    tokens = [encoded(n, t, s) for n, t, s in zip(chosen, batch, second)]
    feed = {"input_ids": padded([t.ids for t in tokens], pad_id), "adapter": tf.constant(chosen),
            "attention_mask": padded([[1] * len(t.ids) for t in tokens], 0)}
    if typed:
        feed["token_type_ids"] = padded([t.type_ids for t in tokens], 0)
    answers["ids"] = model.signatures["serving_default"](**feed)
    for kind, answer in answers.items():
        for i, (logits, label) in expected.items():
            worst[kind] = max(worst[kind], float(np.max(np.abs(answer["logits"][i][:len(logits)] - logits))))
            wrong_labels += answer["label"][i].numpy() != label
            rows += 1

refused = ""
try:
    feed["adapter"] = tf.constant(["nobody"] + chosen[1:])
    model.signatures["serving_default"](**feed)
except tf.errors.InvalidArgumentError as error:
    refused = next(line for line in error.message.splitlines() if "no adapter" in line)
report = {
    "tensorflow": tf.__version__, "adapters": adapters, "rows": rows, "largest_difference": worst,
    "wrong_labels": wrong_labels, "unknown_adapter": refused[-200:], "seconds_serving_text": round(seconds, 2),
    "bytes": {"together": size(together), **{name: size(directory) for name, directory in alone.items()}},
}
json.dump(report, open(sys.argv[2], "w"), indent=2)
print(json.dumps(report, indent=2))
if max(worst.values()) > 1e-5 or wrong_labels or "nobody" not in refused:
    sys.exit("the adapters do not answer as alone")
