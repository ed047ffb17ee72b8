"""Opens the exports of huggingface.sh in Transformers, PEFT and ONNX Runtime, and compares their logits.

python huggingface_check.py WORK OUT.json

Needs torch, transformers, peft, onnxruntime.
"""
import json
import os
import sys
import warnings

import numpy as np
import onnxruntime
import peft
import torch
import transformers as t

work, out = sys.argv[1:3]
torch.manual_seed(0)
TEXTS = ["good film", "the very bad plot", "a", "not good the the film a plot very bad", "unknown words here", ""]
results = []
failures = []


def held(name, value, most=1e-5):
    if not value <= most:
        failures.append(f"{name}: {value}")
    return float(value)


def strict(cls, path):
    model, info = cls.from_pretrained(path, output_loading_info=True)
    wrong = {key: sorted(map(str, value)) for key, value in info.items() if value}
    if wrong:
        failures.append(f"{path}: {wrong}")
    return model.eval(), wrong


def adapter(model, path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loaded = peft.PeftModel.from_pretrained(model, path)
    keys = loaded.load_adapter(path, adapter_name="again")
    wrong = {"unexpected": [k for k in keys.unexpected_keys], "missing": [k for k in keys.missing_keys if ".again" in k]}
    if any(wrong.values()):
        failures.append(f"{path}: {wrong}")
    loaded.set_adapter("default")
    return loaded.eval(), [str(w.message)[:100] for w in caught if "missing" in str(w.message).lower()]


def difference(a, b):
    return np.max(np.abs(a.detach().numpy() - (b if isinstance(b, np.ndarray) else b.detach().numpy())))


def config(path):
    read = json.load(open(f"{path}/adapter_config.json"))
    return {"type": read["peft_type"], "rank": read.get("r", read.get("init_r")), "targets": read["target_modules"],
            "saved": read["modules_to_save"], "pruned": "rank_pattern" in read}


for name in sorted(os.listdir(f"{work}/huggingface")):
    base = name.rsplit("-", 1)[0]
    path = f"{work}/huggingface/{name}"
    result = {"model": name}
    if base == "gpt2":
        merged, _ = strict(t.AutoModelForCausalLM, path)
        tokenizer = t.AutoTokenizer.from_pretrained(path)
        ids = torch.randint(0, 256, (3, 40))
        plain = t.AutoModelForCausalLM.from_pretrained(f"{work}/gpt2").eval()
        before = plain(ids).logits
        adapted, notes = adapter(plain, f"{work}/peft/{name}")
        logits = merged(ids).logits
        result["largest_logit"] = float(logits.abs().max())
        result["peft_against_merged"] = held(name, difference(logits, adapted(ids).logits))
        texts = open(f"{work}/runs/{name}.txt", encoding="utf-8").read().split("\n")[:-1]
        different = 0
        for i, text in enumerate(texts):
            prompt = tokenizer(f"name : A{i}||", return_tensors="pt").input_ids
            prompt = torch.cat([prompt, torch.tensor([[256]])], 1)
            got = merged.generate(prompt, max_new_tokens=20, do_sample=False, pad_token_id=256)
            different += tokenizer.decode(got[0, prompt.shape[1]:], skip_special_tokens=True).strip() != text.strip()
        result["greedy_texts"] = len(texts)
        result["greedy_texts_that_differ"] = different
        if different:
            failures.append(f"{name}: {different} greedy texts differ")
    else:
        merged, _ = strict(t.AutoModelForSequenceClassification, path)
        assert [merged.config.id2label[i] for i in range(3)] == ["bad", "good", "mixed"], merged.config.id2label
        tokenizer = t.AutoTokenizer.from_pretrained(path)
        inputs = tokenizer(TEXTS, padding=True, truncation=True, return_tensors="pt")
        session = onnxruntime.InferenceSession(f"{work}/onnx/{name}/model.onnx")
        feed = {i.name: inputs[i.name].numpy() for i in session.get_inputs()}
        expected = session.run(["logits"], feed)[0]
        plain = t.AutoModelForSequenceClassification.from_pretrained(f"{work}/{base}", num_labels=3,
                                                                     ignore_mismatched_sizes=True).eval()
        adapted, notes = adapter(plain, f"{work}/peft/{name}")
        logits = merged(**inputs).logits
        with adapted.disable_adapter():
            before = adapted(**inputs).logits
        result["largest_logit"] = float(logits.abs().max())
        result["transformers_against_onnx"] = held(name, difference(logits, expected))
        result["peft_against_onnx"] = held(name, difference(adapted(**inputs).logits, expected))
    result["base_differs_by"] = float(difference(logits, before))
    assert result["base_differs_by"] > 1e-2, result
    result["adapter"] = config(f"{work}/peft/{name}")
    results.append(result)
report = {"transformers": t.__version__, "peft": peft.__version__, "onnxruntime": onnxruntime.__version__,
          "results": results, "failures": failures}
json.dump(report, open(out, "w"), indent=1)
print(json.dumps(report, indent=1))
sys.exit(1 if failures else 0)
