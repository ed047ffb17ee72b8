"""Times training steps of this project against PEFT and PyTorch, each step in turn with the other's.

Called by run.sh; see README.md. Every round takes one step of each method on either side, so that
what else the machine does meets both alike; medians and their ratios are what is reported.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time

import peft
import torch
import transformers
from torch.func import functional_call

RANK, ALPHA, LABELS = 8, 16, 2
# Layers, heads, width, inner width, tokens; the language models are GPT-2's architecture.
ENCODERS = {
    "minilm-l6": (6, 12, 384, 1536, 30522),
    "bert-base": (12, 12, 768, 3072, 30522),
    "tiny-bert": (2, 2, 32, 64, 300),
}
DECODERS = {
    "gpt2-small": (12, 12, 768, 3072, 50257),
    "tiny-gpt2": (2, 2, 32, 64, 300),
}
RATE, UPPER_RATE, GAMMA, CLIP = 5e-4, 5e-3, 0.1, 1.0
EPSILON = 0.01


def configuration(name):
    """A model's architecture."""
    if name in DECODERS:
        layers, heads, width, inner, tokens = DECODERS[name]
        return transformers.GPT2Config(
            n_layer=layers,
            n_head=heads,
            n_embd=width,
            n_inner=inner,
            vocab_size=tokens,
            bos_token_id=tokens - 1,
            eos_token_id=tokens - 1,
        )
    layers, heads, width, inner, tokens = ENCODERS[name]
    return transformers.BertConfig(
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=inner,
        max_position_embeddings=512,
        vocab_size=tokens,
        num_labels=LABELS,
    )


def backbone(name, eager, where):
    """A model of the same architecture, with random weights: values do not change a step's time."""
    config = configuration(name)
    # The fused attention has no second derivative.
    config._attn_implementation = "eager" if eager else "sdpa"
    kind = transformers.GPT2LMHeadModel if name in DECODERS else transformers.BertForSequenceClassification
    return kind(config).to(device=where.device, dtype=where.dtype).train(), config.vocab_size


class Where:
    """Device and type that a step computes in; trained values are float32 in either case."""

    def __init__(self, device="cpu", bfloat16=False):
        self.device, self.bfloat16 = device, bfloat16
        self.dtype = torch.bfloat16 if bfloat16 else torch.float32

    def computing(self):
        return torch.autocast(self.device, torch.bfloat16, enabled=self.bfloat16)


class Triplet(torch.nn.Module):
    """A frozen layer plus s P diag(softmax(e) r) Q on some slices of its output."""

    def __init__(self, layer, width, slices):
        super().__init__()
        self.layer, self.width, self.slices = layer, width, slices
        self.P = torch.nn.ParameterList([torch.zeros(width, RANK) for _ in slices])
        self.Q = torch.nn.ParameterList(
            [torch.nn.init.orthogonal_(torch.empty(RANK, width)) for _ in slices]
        )
        self.E = torch.nn.ParameterList([torch.zeros(RANK) for _ in slices])

    def forward(self, x):
        y = self.layer(x)
        changes = []
        for p, q, e in zip(self.P, self.Q, self.E):
            scaled = (x @ q.T) * (torch.softmax(e, 0) * RANK)
            changes.append(ALPHA / RANK * (scaled @ p.T))
        if len(self.slices) == 1:
            return y + changes[0]
        return y + torch.cat([changes[0], torch.zeros_like(changes[0]), changes[1]], -1)


def with_triplets(name, model, where):
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    width = model.config.hidden_size
    if name in DECODERS:
        for block in model.transformer.h:
            block.attn.c_attn = Triplet(block.attn.c_attn, width, [0, 2]).to(where.device)
    else:
        for layer in model.bert.encoder.layer:
            attention = layer.attention.self
            attention.query = Triplet(attention.query, width, [0]).to(where.device)
            attention.value = Triplet(attention.value, width, [0]).to(where.device)
        model.classifier.float()
        for parameter in model.classifier.parameters():
            parameter.requires_grad_(True)
    return model


class Batches:
    def __init__(self, name, vocabulary, rows, length, where):
        self.language, self.device = name in DECODERS, where.device
        self.vocabulary, self.rows, self.length = vocabulary, rows, length

    def next(self):
        ids = torch.randint(1, self.vocabulary, (self.rows, self.length)).to(self.device)
        labels = ids if self.language else torch.randint(0, LABELS, (self.rows,)).to(self.device)
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}


class Lora:
    """PEFT's usual loop: forward, backward, clipping, AdamW."""

    def __init__(self, name, rows, length, compiled, where=Where()):
        model, vocabulary = backbone(name, eager=False, where=where)
        self.where = where
        targets = ["c_attn"] if name in DECODERS else ["query", "value"]
        task = "CAUSAL_LM" if name in DECODERS else "SEQ_CLS"
        self.model = peft.get_peft_model(
            model,
            peft.LoraConfig(
                r=RANK,
                lora_alpha=ALPHA,
                target_modules=targets,
                task_type=task,
                fan_in_fan_out=name in DECODERS,
            ),
        ).train()
        self.trained = [p for p in self.model.parameters() if p.requires_grad]
        for parameter in self.trained:
            parameter.data = parameter.data.float()
        self.optimizer = torch.optim.AdamW(self.trained, lr=RATE)
        self.batches = Batches(name, vocabulary, rows, length, where)
        self.run = torch.compile(self.model) if compiled else self.model

    def step(self):
        with self.where.computing():
            loss = self.run(**self.batches.next()).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.trained, CLIP)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return float(loss.detach())


class BiLora:
    """One lower and one upper step; the hypergradient by two passes of autograd, or by differences."""

    def __init__(self, name, rows, length, exact, where=Where()):
        model, vocabulary = backbone(name, eager=exact, where=where)
        self.where = where
        self.model, self.exact = with_triplets(name, model, where), exact
        named = [(n, p) for n, p in self.model.named_parameters() if p.requires_grad]
        self.upper = {n: p for n, p in named if ".E." in n}
        self.lower = {n: p for n, p in named if ".E." not in n}
        self.lower_optimizer = torch.optim.AdamW(self.lower.values(), lr=RATE)
        self.upper_optimizer = torch.optim.AdamW(self.upper.values(), lr=UPPER_RATE)
        self.batches = Batches(name, vocabulary, rows, length, where)

    def task(self, batch, lower):
        with self.where.computing():
            return functional_call(self.model, {**lower, **self.upper}, kwargs=batch).loss

    def lower_loss(self, batch, lower, seed):
        torch.manual_seed(seed)  # the same dropout at V and at V ± εv
        penalty = 0.0
        for n, p in lower.items():
            if ".P." in n or ".Q." in n:
                gram = p.T @ p if ".P." in n else p @ p.T
                identity = torch.eye(RANK, device=self.where.device)
                penalty = penalty + ((gram - identity) ** 2).sum()
        return self.task(batch, lower) + GAMMA * penalty / (RANK * len(self.lower))

    def step(self):
        d1, d2, seed = self.batches.next(), self.batches.next(), torch.seed() % 2**31
        v, e = list(self.lower.values()), list(self.upper.values())
        loss = self.lower_loss(d1, self.lower, seed)
        g = torch.autograd.grad(loss, v, create_graph=self.exact)
        moved = {
            n: (p - RATE * d).detach().requires_grad_(True)
            for (n, p), d in zip(self.lower.items(), g)
        }
        upper = self.task(d2, moved)
        both = torch.autograd.grad(upper, list(moved.values()) + e)
        by_lower, first = both[: len(v)], both[len(v) :]
        if self.exact:
            second = torch.autograd.grad(g, e, grad_outputs=by_lower, allow_unused=True)
        else:
            norm = torch.sqrt(sum((d**2).sum() for d in by_lower))
            eps = EPSILON / norm
            sides = []
            for sign in (1, -1):
                at = {
                    n: (p + sign * eps * d).detach()
                    for (n, p), d in zip(self.lower.items(), by_lower)
                }
                sides.append(torch.autograd.grad(self.lower_loss(d1, at, seed), e))
            second = [(a - b) / (2 * eps) for a, b in zip(*sides)]
        for p, d in zip(v, g):
            p.grad = d.detach()
        for p, f, s in zip(e, first, second):
            p.grad = f - RATE * s
        torch.nn.utils.clip_grad_norm_(v, CLIP)
        torch.nn.utils.clip_grad_norm_(e, CLIP)
        self.lower_optimizer.step()
        self.upper_optimizer.step()
        return float(upper.detach())


class Ours:
    """A process of this project that takes a step when it is told a method's name."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        if self.process.stdout.readline().strip() != "ready":
            sys.exit("the Java side did not start: " + " ".join(command[-4:]))

    def milliseconds(self, name):
        self.process.stdin.write(name + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def compare(model, rows, length, rounds, java, compiled):
    peers = {
        "lora": Lora(model, rows, length, False),
        "exact": BiLora(model, rows, length, True),
        "finite-difference": BiLora(model, rows, length, False),
    }
    if compiled:
        peers["lora, torch.compile"] = Lora(model, rows, length, True)
    ours = Ours(java + [model, str(rows), str(length)])
    times = {name: {"ours_ms": [], "peer_ms": []} for name in peers}
    try:
        for turn in range(rounds + 2):  # the first two warm up
            for name, peer in peers.items():
                own = ours.milliseconds(name.split(",")[0])
                before = time.perf_counter()
                peer.step()
                other = 1e3 * (time.perf_counter() - before)
                if turn >= 2:
                    times[name]["ours_ms"].append(round(own, 1))
                    times[name]["peer_ms"].append(round(other, 1))
            print(f"{model}: round {turn + 1} of {rounds + 2}", file=sys.stderr, flush=True)
    finally:
        ours.close()
    results = []
    for name, both in times.items():
        own, other = (statistics.median(both[k]) for k in ("ours_ms", "peer_ms"))
        fastest = min(both["ours_ms"]), min(both["peer_ms"])
        results.append(
            {
                "model": model,
                "batch": rows,
                "seq": length,
                "method": name,
                "ours_ms": own,
                "peer_ms": other,
                "times_as_fast": round(other / own, 3),
                "ours_ms_min": fastest[0],
                "peer_ms_min": fastest[1],
                "times_as_fast_at_min": round(fastest[1] / fastest[0], 3),
                "steps": both,
            }
        )
    return results


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(x.split(":")[1].strip() for x in lines if x.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--java", required=True, help="java and its options, separated by spaces")
    options.add_argument("--out", required=True)
    options.add_argument("--commit", default="unknown")
    options.add_argument("--models", default="minilm-l6:32x64:9,gpt2-small:4x128:3")
    options.add_argument("--compile", action="store_true", help="torch.compile for PEFT as well")
    options.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(42)
    report = {
        "cpu": processor(),
        "threads": given.threads,
        "torch": torch.__version__,
        "peft": peft.__version__,
        "transformers": transformers.__version__,
        "commit": given.commit,
        "load_average_before": os.getloadavg()[0],
        "results": [],
    }
    for entry in given.models.split(","):
        model, shape, rounds = entry.split(":")
        rows, length = (int(n) for n in shape.split("x"))
        report["results"] += compare(
            model, rows, length, int(rounds), given.java.split(), given.compile
        )
        # Written as they come: a run that is cut short has what it measured.
        report["load_average_after"] = os.getloadavg()[0]
        partial = given.out + ".part"
        with open(partial, "w", encoding="utf-8") as out:
            json.dump(report, out, indent=1)
        os.replace(partial, given.out)
    print(f"{'model':12} {'method':22} {'ours ms':>9} {'peer ms':>9} {'times as fast':>14} {'fastest':>8}")
    for r in report["results"]:
        print(
            f"{r['model']:12} {r['method']:22} {r['ours_ms']:9.1f} {r['peer_ms']:9.1f}"
            f" {r['times_as_fast']:14.2f} {r['times_as_fast_at_min']:8.2f}"
        )


if __name__ == "__main__":
    main()
