"""Writes adalora.json: which values PEFT's AdaLoRA keeps after every step of a small run.

Run in this folder with peft 0.21 and transformers 5.24. The model is ../transformers/bert; the loop
is the one of PEFT's documentation: backward, (clip,) optimizer.step, update_and_allocate, zero_grad.
"""

import json

import torch
from peft import AdaLoraConfig, TaskType, get_peft_model
from transformers import AutoModelForSequenceClassification

STEPS, INITIAL, FINAL, INTERVAL = 24, 4, 6, 2
RANK, INITIAL_RANK, ALPHA, RATE = 2, 3, 8, 2e-2
LENGTH = 7


def batches():
    random = torch.Generator().manual_seed(7)
    for _ in range(3):
        ids = torch.randint(5, 60, (8, LENGTH), generator=random)
        ids[:, 0], ids[:, -1] = 2, 3
        yield ids, torch.randint(0, 3, (8,), generator=random)


def layers(model, letter):
    found = {}
    for name, value in model.named_parameters():
        if f"lora_{letter}.default" in name:
            found[name.split("bert.", 1)[1].split(".lora_")[0]] = value
    return found


def run(data, clip):
    torch.manual_seed(3)
    base = AutoModelForSequenceClassification.from_pretrained("../transformers/bert")
    config = AdaLoraConfig(
        task_type=TaskType.SEQ_CLS, target_modules=["query", "value"], init_r=INITIAL_RANK,
        target_r=RANK, lora_alpha=ALPHA, tinit=INITIAL, tfinal=FINAL, deltaT=INTERVAL, beta1=0.85,
        beta2=0.85, orth_reg_weight=0.1, total_step=STEPS)
    model = get_peft_model(base, config).eval()  # no dropout
    start = {
        letter: {name: value.detach().flatten().tolist() for name, value in layers(model, letter).items()}
        for letter in "AB"}
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=RATE, weight_decay=0)
    kept, values, losses, gaps = [], [], [], []
    for step in range(STEPS):
        ids, labels = data[step % len(data)]
        output = model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels)
        output.loss.backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(trained, clip)
        optimizer.step()
        model.base_model.update_and_allocate(step)
        optimizer.zero_grad()
        losses.append(output.loss.item())
        e = {name: value.detach().flatten().tolist() for name, value in layers(model, "E").items()}
        kept.append({name: "".join("1" if v else "0" for v in row) for name, row in e.items()})
        values.append(e)
    return {"clip": clip, "start": start, "losses": losses, "kept": kept, "last": values[-1]}


def main():
    data = list(batches())
    result = {
        "steps": STEPS, "initial": INITIAL, "final": FINAL, "interval": INTERVAL, "rank": RANK,
        "initial_rank": INITIAL_RANK, "alpha": ALPHA, "rate": RATE,
        "batches": [{"ids": ids.tolist(), "labels": labels.tolist()} for ids, labels in data],
        "runs": [run(data, 0), run(data, 0.05)],
    }
    for each in result["runs"]:
        print(each["clip"], [sum(row.count("1") for row in step.values()) for step in each["kept"]])
    with open("adalora.json", "w") as file:
        json.dump(result, file, indent=0, sort_keys=True)
        file.write("\n")


if __name__ == "__main__":
    main()
