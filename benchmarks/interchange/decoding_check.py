"""Checks the export of a GPT-2 in Python TensorFlow against Transformers' greedy decoding.

python decoding_check.py REFERENCE.json OUT.json EXPORT_BASE

REFERENCE.json is decoding_reference.py's. Prompts of all lengths share batches, padded behind and before; tokens must
be the same, one by one, and texts character by character. Needs tensorflow.
"""
import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import tensorflow as tf

rows = json.load(open(sys.argv[1]))
base = sys.argv[3]
directory = os.path.join(base, max((d for d in os.listdir(base) if d.isdigit()), key=int))
calls = tf.saved_model.load(directory).signatures
wrong = {"serving_default": 0, "serving_int64": 0, "padded_before": 0, "serving_text": 0}
tokens, seconds = 0, 0.0
for start in range(0, len(rows), 16):
    batch = rows[start:start + 16]
    length = max(len(row["prompt"]) for row in batch)

    def feed(dtype, before):
        def fill(values):
            filler = [0] * (length - len(values))
            return filler + values if before else values + filler
        return {"input_ids": tf.constant([fill(row["prompt"]) for row in batch], dtype),
                "attention_mask": tf.constant([fill([1] * len(row["prompt"])) for row in batch], dtype)}

    began = time.time()
    answers = {"serving_default": calls["serving_default"](**feed(tf.int32, False))}
    seconds += time.time() - began
    answers["serving_int64"] = calls["serving_int64"](**feed(tf.int64, False))
    answers["padded_before"] = calls["serving_default"](**feed(tf.int32, True))
    answers["serving_text"] = calls["serving_text"](text=tf.constant([row["text"] for row in batch]))
    for kind, answer in answers.items():
        for i, row in enumerate(batch):
            written = answer["output_ids"][i][:answer["length"][i]].numpy().tolist()
            same = written == row["tokens"]
            if kind == "serving_text":
                same = same and answer["generated_text"][i].numpy().decode() == row["written"]
            wrong[kind] += not same
    tokens += sum(len(row["tokens"]) for row in batch)
refused = ""
try:
    calls["serving_default"](input_ids=tf.constant([[1]]), attention_mask=tf.constant([[0]]))
except tf.errors.InvalidArgumentError as error:
    refused = next(line for line in error.message.splitlines() if "no token" in line)
lengths = {len(row["prompt"]) for row in rows}
report = {
    "tensorflow": tf.__version__, "prompts": len(rows),
    "prompt_lengths": {"shortest": min(lengths), "longest": max(lengths), "different": len(lengths)},
    "tokens": tokens, "different": len({tuple(row["tokens"]) for row in rows}), "wrong": wrong,
    "empty_prompt": refused[-160:], "seconds_serving_default": round(seconds, 2),
}
json.dump(report, open(sys.argv[2], "w"), indent=2)
print(json.dumps(report, indent=2))
if any(wrong.values()) or "no token" not in refused:
    sys.exit("the export decodes otherwise than Transformers")
