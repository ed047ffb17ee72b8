"""Opens what peft_adapters.sh wrote in PEFT and Transformers, and compares logits and tensors.

python peft_check.py WORK OUT.json COMMIT

Needs torch, transformers, peft, safetensors. Exits with 1 where anything differs.
"""
import json
import os
import sys
import warnings

import peft
import torch
import transformers as t
from safetensors.torch import load_file

work, out, commit = sys.argv[1:4]
torch.manual_seed(0)
TEXTS = ["good film", "the very bad plot", "a", "not good the the film a plot very bad", "unknown words here", ""]
LABELS = ["bad", "good", "mixed"]
results, failures = [], []


def auto(name):
    return t.AutoModelForCausalLM if name == "gpt2" else t.AutoModelForSequenceClassification


def base(name):
    more = {} if name == "gpt2" else dict(num_labels=3, ignore_mismatched_sizes=True)
    return auto(name).from_pretrained(f"{work}/{name}", **more).eval()


def inputs(name):
    if name == "gpt2":
        return {"input_ids": torch.randint(0, 256, (3, 40), generator=torch.Generator().manual_seed(1))}
    return t.AutoTokenizer.from_pretrained(f"{work}/{name}")(TEXTS, padding=True, return_tensors="pt")


def adapted(name, path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = peft.PeftModel.from_pretrained(base(name), path)
    said = [str(w.message) for w in caught if "missing" in str(w.message).lower() or "unexpected" in str(w.message).lower()]
    if said:
        failures.append(f"{path}: {said}")
    return model.eval()


def merged(name, path):
    model, info = auto(name).from_pretrained(path, output_loading_info=True)
    wrong = {key: sorted(map(str, value)) for key, value in info.items() if value}
    if wrong:
        failures.append(f"{path}: {wrong}")
    return model.eval()


def same_tensors(one, other):
    a, b = (load_file(f"{path}/adapter_model.safetensors") for path in (one, other))
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


for directory in sorted(os.listdir(f"{work}/peft")):
    theirs = directory.startswith("theirs-")
    name, kind = directory.removeprefix("theirs-").split("-", 1)
    with torch.no_grad():
        ids = inputs(name)
        ours = adapted(name, f"{work}/peft/{directory}")
        logits = ours(**ids).logits
        with ours.disable_adapter():
            plain = ours(**ids).logits
        whole = merged(name, f"{work}/huggingface/{directory}")
        config = json.load(open(f"{work}/peft/{directory}/adapter_config.json"))
        result = {
            "base": name,
            "adapter": ("PEFT's " if theirs else "") + kind,
            "type": config["peft_type"],
            "rank": config.get("r", config.get("init_r")),
            "patterns": sorted(key for key in ("rank_pattern", "alpha_pattern") if config.get(key)),
            "adapter_changes_logits_by": float((logits - plain).abs().max()),
            "peft_against_transformers_merged": float((logits - whole(**ids).logits).abs().max()),
        }
        if result["adapter_changes_logits_by"] < 1e-2:
            failures.append(f"{directory}: the adapter changes nothing that could be compared")
        if not result["peft_against_transformers_merged"] <= 1e-5 * max(1, float(logits.abs().max())):
            failures.append(f"{directory}: logits differ")
        if name != "gpt2" and [whole.config.id2label[i] for i in range(3)] not in (LABELS, [f"LABEL_{i}" for i in range(3)]):
            failures.append(f"{directory}: {whole.config.id2label}")
        if theirs:
            original = f"{work}/theirs/{name}-{kind}"
            expected = adapted(name, original)(**ids).logits
            result["read_against_peft"] = float((whole(**ids).logits - expected).abs().max())
            result["largest_logit"] = float(expected.abs().max())
            result["tensors_bit_for_bit"] = same_tensors(original, f"{work}/peft/{directory}")
            if not result["read_against_peft"] <= 1e-5 * max(1, result["largest_logit"]):
                failures.append(f"{directory}: what was read computes something else")
            # A fused layer comes apart into query, key and value, whose ranks add up again.
            if not result["tensors_bit_for_bit"] and name != "gpt2":
                failures.append(f"{directory}: the tensors are not those that were read")
    results.append(result)
report = {
    "commit": commit,
    "versions": {"torch": torch.__version__, "transformers": t.__version__, "peft": peft.__version__},
    "held": "logits to 1e-5 (of the largest logit where that is above 1); PEFT's tensors written again bit for bit",
    "failures": failures,
    "results": results,
}
json.dump(report, open(out, "w"), indent=1)
print(json.dumps(report, indent=1))
sys.exit(1 if failures else 0)
