"""Generates texts with the tiny GPT-2 in this folder by Hugging Face Transformers."""

import json
from pathlib import Path

import torch
from transformers import GPT2LMHeadModel

FOLDER = Path(__file__).parent / "gpt2"
SEVERAL = [[0], [7, 12, 40], [265, 280, 100, 101, 33, 270, 44], [90, 90], [284, 5]]
# The token that ends a text is one that the model is inclined to. Transformers counts the prompt's
# n-grams too: a prompt of that one token can be part of no n-gram that comes twice.
CASES = [
    (dict(num_beams=1, max_new_tokens=15, eos_token_id=57), SEVERAL),
    (dict(num_beams=4, max_new_tokens=15, length_penalty=0.9, early_stopping="never", eos_token_id=57), SEVERAL),
    (dict(num_beams=3, max_new_tokens=20, length_penalty=1.5, early_stopping=False, eos_token_id=130), SEVERAL),
    (
        dict(num_beams=5, max_new_tokens=20, min_new_tokens=6, length_penalty=-1.0, early_stopping="never", eos_token_id=57),
        SEVERAL,
    ),
    (
        dict(num_beams=10, max_new_tokens=25, no_repeat_ngram_size=2, length_penalty=0.8, early_stopping="never", min_new_tokens=4, eos_token_id=57),
        [[57]],
    ),
]


def main():
    model = GPT2LMHeadModel.from_pretrained(FOLDER).eval()
    results = []
    for settings, prompts in CASES:
        settings = {"length_penalty": 1.0, "early_stopping": False, "no_repeat_ngram_size": 0, "min_new_tokens": 0, **settings}
        texts = []
        for prompt in prompts:
            ids = torch.tensor([prompt])
            output = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, pad_token_id=0, **settings)
            texts.append({"prompt": prompt, "generated": output[0, len(prompt) :].tolist()})
        results.append({**settings, "texts": texts})
    (FOLDER / "generated.json").write_text(json.dumps(results))


main()
