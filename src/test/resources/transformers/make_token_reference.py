"""Makes tokens.json: the encoders here under Transformers' own heads for token classification, of random values."""

import json
import tempfile

import torch
import transformers
from make_kinds_reference import LONG
from make_reference import HERE, TEXTS
from safetensors import safe_open
from tokenizers import Tokenizer

NAMES = [
    "bert", "roberta", "xlm-roberta", "camembert", "distilbert", "electra", "albert", "mpnet", "deberta-v3",
    "modernbert", "modernbert-biases",
]
LABELS = ["O", "B-NAME", "I-NAME"]
LONGEST = 36


def reference(name):
    folder = HERE / name
    model = transformers.AutoModelForTokenClassification.from_pretrained(
        folder, num_labels=len(LABELS), ignore_mismatched_sizes=True, id2label=dict(enumerate(LABELS))
    ).eval()
    for parameter in model.classifier.parameters():
        parameter.data = torch.round(0.5 * torch.randn_like(parameter), decimals=4)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(LONGEST)
    texts = [TEXTS[0], next(both for both in TEXTS if both[1]), (LONG, None)]
    encodings = [tokenizer.encode(text, pair) for text, pair in texts]
    longest = max(len(encoding.ids) for encoding in encodings)

    def padded(rows, value):
        return torch.tensor([row + [value] * (longest - len(row)) for row in rows])

    inputs = {
        "input_ids": padded([e.ids for e in encodings], model.config.pad_token_id),
        "attention_mask": padded([[1] * len(e.ids) for e in encodings], 0),
    }
    if getattr(model.config, "type_vocab_size", 0) > 1:
        inputs["token_type_ids"] = padded([e.type_ids for e in encodings], 0)
    with torch.no_grad():
        logits = model(**inputs).logits
    with tempfile.TemporaryDirectory() as saved:
        model.save_pretrained(saved)
        with safe_open(saved + "/model.safetensors", "pt") as file:
            tensors = sorted(file.keys())
    return {
        "name": name,
        "architecture": type(model).__name__,
        "tensors": tensors,
        "classifier.weight": [[round(v, 4) for v in row] for row in model.classifier.weight.tolist()],
        "classifier.bias": [round(v, 4) for v in model.classifier.bias.tolist()],
        "texts": [
            {
                "text": text,
                **({"pair": pair} if pair else {}),
                "logits": [[round(v, 5) for v in token] for token in logits[row, : len(encodings[row].ids)].tolist()],
            }
            for row, (text, pair) in enumerate(texts)
        ],
    }


if __name__ == "__main__":
    torch.manual_seed(31)
    references = [reference(name) for name in NAMES]
    (HERE / "tokens.json").write_text(json.dumps(references, ensure_ascii=False))
    for made in references:
        print(made["name"], made["architecture"], len(made["tensors"]), "tensors")
