"""Greedy decoding of a Hugging Face directory by Transformers, for decoding_check.py.

python decoding_reference.py DIRECTORY LINES OUT.json TOKENS

DIRECTORY was written by export --format huggingface. Each line is a prompt of its own, cut at 40 tokens, closed with
the end of a text, and continued by up to TOKENS tokens. Needs torch and transformers.
"""
import json
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

directory, lines_file, out, most = sys.argv[1:5]
model = AutoModelForCausalLM.from_pretrained(directory).eval()
tokenizer = AutoTokenizer.from_pretrained(directory)
end = model.config.eos_token_id
rows = []
for line in open(lines_file, encoding="utf-8"):
    text = line.rstrip("\n")
    prompt = tokenizer(text, truncation=True, max_length=40)["input_ids"]
    text = tokenizer.decode(prompt)
    prompt = prompt + [end]
    with torch.no_grad():
        whole = model.generate(torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
                               do_sample=False, max_new_tokens=int(most), pad_token_id=end)[0].tolist()
    written = whole[len(prompt):]
    written = written[:written.index(end)] if end in written else written
    rows.append({"text": text, "prompt": prompt, "tokens": written, "written": tokenizer.decode(written)})
json.dump(rows, open(out, "w"))
