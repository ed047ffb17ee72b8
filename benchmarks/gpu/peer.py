"""One measurement of PyTorch and PEFT, in a process of its own; called by measure.py.

Also writes models with random weights, as Hugging Face directories, for this project's side.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import time

import torch
import transformers

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))
import peers  # noqa: E402

WARM_UP = 2
PRODUCTS = 20
PASSES = {"lora": 2, "exact": 6, "finite-difference": 8}


def byte_letters():
    """GPT-2's letter for each byte: itself where it is printed, else one from 256 on."""
    printed = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(byte) if byte in printed else chr(next(others)) for byte in range(256)]


def write(folder, name):
    """A model with random weights and a tokenizer that knows no text worth speaking of."""
    place = os.path.join(folder, name)
    torch.manual_seed(42)
    config = peers.configuration(name)
    partial = place + ".part"
    shutil.rmtree(partial, ignore_errors=True)
    if name in peers.DECODERS:
        transformers.GPT2LMHeadModel(config).save_pretrained(partial)
        vocabulary = {letter: i for i, letter in enumerate(byte_letters())}
        vocabulary["<|endoftext|>"] = config.vocab_size - 1
        with open(os.path.join(partial, "vocab.json"), "w", encoding="utf-8") as out:
            json.dump(vocabulary, out)
        with open(os.path.join(partial, "merges.txt"), "w", encoding="utf-8") as out:
            out.write("#version: 0.2\n")
    else:
        transformers.BertForSequenceClassification(config).save_pretrained(partial)
        tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        tokens += [f"w{i}" for i in range(config.vocab_size - len(tokens))]
        with open(os.path.join(partial, "vocab.txt"), "w", encoding="utf-8") as out:
            out.write("\n".join(tokens) + "\n")
    os.replace(partial, place)


def operations(name, method, rows, length):
    """Floating-point operations of a step, counted as this project's bench step counts them."""
    if name in peers.DECODERS:
        layers, _, width, inner, tokens = peers.DECODERS[name]
        head = 2 * width * tokens * rows * (length - 1)
    else:
        layers, _, width, inner, _ = peers.ENCODERS[name]
        head = 0
    weights = layers * (4 * width * width + 2 * width * inner)
    forward = 2 * weights * rows * length + layers * 4 * rows * length * length * width + head
    return PASSES[method] * forward


def synchronized(device):
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def peak(device, dtype):
    """The best rate of a plain product, several sizes tried."""
    best = 0
    for size in (128, 256) if device == "cpu" else (4096, 8192, 12288):
        a = torch.randn(size, size, device=device, dtype=dtype)
        b = torch.randn(size, size, device=device, dtype=dtype)
        a @ b
        for _ in range(3):
            before = synchronized(device)
            for _ in range(PRODUCTS):
                a @ b
            best = max(best, 2 * size**3 * PRODUCTS / (synchronized(device) - before))
    return {"gemm_peak_gflops": round(best / 1e9, 1)}


def steps(given, where):
    if given.method == "lora":
        peer = peers.Lora(given.model, given.rows, given.length, given.compile, where)
    else:
        exact = given.method == "exact"
        peer = peers.BiLora(given.model, given.rows, given.length, exact, where)
    times = []
    for _ in range(1 + WARM_UP + given.steps):
        before = synchronized(given.device)
        peer.step()
        times.append(synchronized(given.device) - before)
    timed = times[1 + WARM_UP :]
    return {
        "ms_per_step": round(1e3 * statistics.median(timed), 3),
        "ms_min": round(1e3 * min(timed), 3),
        "first_step_seconds": round(times[0], 2),
        "gflop_per_step": operations(given.model, given.method, given.rows, given.length) / 1e9,
    }


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--write", nargs="+", metavar=("FOLDER", "MODEL"))
    options.add_argument("--model")
    options.add_argument("--rows", type=int)
    options.add_argument("--length", type=int)
    options.add_argument("--method")
    options.add_argument("--precision")
    options.add_argument("--device")
    options.add_argument("--compile", action="store_true")
    options.add_argument("--steps", type=int)
    given = options.parse_args()
    if given.write:
        for name in given.write[1:]:
            write(given.write[0], name)
        return
    torch.manual_seed(42)
    torch.set_float32_matmul_precision("high")  # TF32, as TensorFlow has it by default
    bfloat16 = given.precision == "bf16"
    where = peers.Where(given.device, bfloat16)
    measured = peak(given.device, where.dtype) if given.method == "peak" else steps(given, where)
    measured["torch"] = torch.__version__
    if given.device == "cuda":
        measured["gpu"] = torch.cuda.get_device_name()
        measured["allocated_mb"] = round(torch.cuda.max_memory_allocated() / 1e6)
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
