"""Opens a tagger's exports in Transformers and ONNX Runtime and compares them with each other and with `bilora predict`.

    python tagger_check.py HUGGINGFACE_DIR ONNX_DIR texts.txt tags.jsonl

tags.jsonl is what `bilora predict --run RUN --in texts.txt --out tags.jsonl` wrote. A word's tag is that of its first token.
"""

import json
import re
import sys

import numpy as np
import onnxruntime
import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer

huggingface, onnx, texts, tags = sys.argv[1:]
model = AutoModelForTokenClassification.from_pretrained(huggingface).eval()
tokenizer = AutoTokenizer.from_pretrained(huggingface)
session = onnxruntime.InferenceSession(onnx + "/model.onnx")
names = {given.name for given in session.get_inputs()}
largest, words, other, lines = 0.0, 0, 0, 0
for text, line in zip(open(texts, encoding="utf-8"), open(tags, encoding="utf-8")):
    text, lines = text.rstrip("\n"), lines + 1
    encoding = tokenizer(text, return_tensors="pt", truncation=True, return_offsets_mapping=True)
    offsets = encoding.pop("offset_mapping")[0].tolist()
    with torch.no_grad():
        logits = model(**encoding).logits[0].numpy()
    fed = {name: value.numpy().astype(np.int64) for name, value in encoding.items() if name in names}
    ours = session.run(["logits"], fed)[0][0]
    largest = max(largest, float(np.abs(logits - ours).max()))
    found = [model.config.id2label[int(best)] for best in logits.argmax(-1)]
    first = {start: found[i] for i, (start, end) in enumerate(offsets) if end > start}
    answer = json.loads(line)
    starts = [word.start() for word in re.finditer(r"[^\W_]+|\S", text)]  # letters and digits, else each sign
    assert len(starts) == len(answer["tags"]), text
    for start, tag in zip(starts, answer["tags"]):
        words += 1
        other += first.get(start) != tag
print(json.dumps({"architecture": type(model).__name__, "texts": lines, "words": words,
                  "largest_logit_difference": round(largest, 7), "words_with_another_tag": other}, indent=1))
