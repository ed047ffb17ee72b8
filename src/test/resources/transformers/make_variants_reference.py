"""What Hugging Face Transformers computes with the models in this folder under other configurations."""

import json
import shutil
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoModelForCausalLM

HERE = Path(__file__).parent
ENCODER_IDS = [[2, 11, 30, 7, 3], [2, 25, 3]]
DECODER_IDS = [[40, 71, 12, 9], [5, 17, 200, 3, 90]]
ACTIVATIONS = ["gelu", "gelu_python", "gelu_new", "gelu_fast", "gelu_10", "quick_gelu", "silu", "swish", "relu"]


def variant(name, change, generation=None, head=None):
    """A copy of a model with fields of its configuration changed, and perhaps another output layer."""
    folder = Path(tempfile.mkdtemp())
    shutil.copytree(HERE / name, folder, dirs_exist_ok=True)
    config = json.loads((folder / "config.json").read_text())
    config.update(change)
    (folder / "config.json").write_text(json.dumps(config))
    if generation is not None:
        (folder / "generation_config.json").write_text(json.dumps(generation))
    if head is not None:
        tensors = load_file(folder / "model.safetensors")
        tensors["lm_head.weight"] = tensors["transformer.wte.weight"].flip(head).contiguous()
        save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    return folder


def rounded(values):
    return [round(v, 6) for v in values.tolist()]


def encoder(change):
    model = AutoModel.from_pretrained(variant("bert", change)).eval()
    with torch.no_grad():
        states = [model(torch.tensor([ids])).last_hidden_state[0, 0] for ids in ENCODER_IDS]
    return {"model": "bert", "config": change, "input_ids": ENCODER_IDS, "first": [rounded(s) for s in states]}


def decoder(change, head=None):
    model = AutoModelForCausalLM.from_pretrained(variant("gpt2", change, head=head)).eval()
    with torch.no_grad():
        logits = [model(torch.tensor([ids])).logits[0, -1, :16] for ids in DECODER_IDS]
    flips = {} if head is None else {"flipped_head": head}
    return {"model": "gpt2", "config": change, **flips, "input_ids": DECODER_IDS, "first": [rounded(x) for x in logits]}


def generated(generation, change, beams):
    model = AutoModelForCausalLM.from_pretrained(variant("gpt2", change, generation)).eval()
    tokens = []
    for ids in DECODER_IDS:
        out = model.generate(torch.tensor([ids]), do_sample=False, num_beams=beams, max_new_tokens=12, length_penalty=0.9, early_stopping="never")
        tokens.append(out[0, len(ids):].tolist())
    return {"model": "gpt2", "config": change, "generation": generation, "beams": beams, "input_ids": DECODER_IDS, "tokens": tokens}


def main():
    variants = [encoder({"hidden_act": name}) for name in ACTIVATIONS]
    variants += [
        decoder({"activation_function": "silu"}),
        decoder({"scale_attn_weights": False}),
        decoder({"scale_attn_by_inverse_layer_idx": True}),
        decoder({"scale_attn_weights": False, "scale_attn_by_inverse_layer_idx": True}),
        decoder({}, head=0),
        decoder({}, head=1),
        decoder({"tie_word_embeddings": False}, head=1),
    ]
    greedy = generated({"eos_token_id": None}, {}, 1)["tokens"]
    third, other = greedy[0][2], greedy[1][2]
    for beams in (1, 3):
        variants += [
            generated({"eos_token_id": None}, {}, beams),
            generated({"bos_token_id": 0}, {"eos_token_id": third}, beams),
            generated({"eos_token_id": [third, other]}, {}, beams),
            generated({"eos_token_id": 7, "repetition_penalty": 1.6}, {}, beams),
            generated({"eos_token_id": [third, other], "repetition_penalty": 0.8}, {}, beams),
            generated(None, {"eos_token_id": [third, other]}, beams),
            generated(None, {"eos_token_id": 50256}, beams),
        ]
    lines = ",\n".join(json.dumps(each) for each in variants)
    (HERE / "variants.json").write_text(f"[\n{lines}\n]\n")


main()
