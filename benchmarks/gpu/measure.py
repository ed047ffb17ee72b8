"""Runs the measurements of a GPU one after the other, the most valuable first.

Called by run.sh; see README.md. Each is a process of its own with a time limit, so that first steps,
memory and failures are its own. A line of JSON is added to the results after each: a call that is
cut short has what it measured, and the next one goes on. What failed is tried again at the end.
"""

import argparse
import datetime
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SHAPES = {"bert-base": (32, 128), "gpt2-small": (8, 512), "tiny-bert": (2, 8), "tiny-gpt2": (2, 8)}
AGAIN = "exact, second process"  # which reads what XLA has compiled for the first
KEY = ("side", "model", "method", "precision", "compiled")


def measurements(bert, gpt):
    """All of them, in order: what is asked first comes first."""
    ours, theirs = "bilora", "pytorch"

    def pair(model, method, precision):
        yield ours, model, method, precision, True
        yield theirs, model, method, precision, False

    yield theirs, "products", "peak", "bf16", False
    yield from pair(bert, "lora", "bf16")
    yield theirs, bert, "lora", "bf16", True
    yield from pair(bert, "exact", "bf16")
    yield from pair(gpt, "lora", "bf16")
    yield theirs, gpt, "lora", "bf16", True
    yield from pair(bert, "finite-difference", "bf16")
    yield from pair(gpt, "exact", "bf16")
    yield theirs, "products", "peak", "f32", False
    yield from pair(bert, "lora", "f32")
    yield theirs, bert, "lora", "f32", True
    yield from pair(bert, "exact", "f32")
    yield from pair(gpt, "lora", "f32")
    yield theirs, gpt, "lora", "f32", True
    for model in (bert, gpt):  # without XLA
        yield ours, model, "lora", "bf16", False
        yield ours, model, "exact", "bf16", False
        yield ours, model, "lora", "f32", False
    yield ours, bert, AGAIN, "bf16", True
    yield from pair(bert, "finite-difference", "f32")
    yield from pair(gpt, "exact", "f32")
    yield from pair(gpt, "finite-difference", "bf16")
    yield from pair(gpt, "finite-difference", "f32")
    for model in (bert, gpt):
        yield ours, model, "exact", "f32", False
        yield ours, model, "finite-difference", "bf16", False
        yield ours, model, "finite-difference", "f32", False


class GpuMemory:
    """The most memory in use on the GPU while a process runs, less what was in use before."""

    def __init__(self):
        self.tool = shutil.which("nvidia-smi")
        self.most, self.stopped = None, threading.Event()

    def used(self):
        told = subprocess.run(
            [self.tool, "--query-gpu=memory.used", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            check=True,
        )
        return int(told.stdout.split()[0])

    def watch(self, before):
        while not self.stopped.wait(0.2):
            self.most = max(self.most or 0, self.used() - before)

    def __enter__(self):
        if self.tool:
            self.thread = threading.Thread(target=self.watch, args=(self.used(),))
            self.thread.start()
        return self

    def __exit__(self, *problem):
        self.stopped.set()
        if self.tool:
            self.thread.join()


def command(options, key):
    side, model, method, precision, compiled = key
    if side == "pytorch":
        shape = SHAPES.get(model, (0, 0))
        return [
            sys.executable,
            os.path.join(HERE, "peer.py"),
            *("--model", model, "--rows", str(shape[0]), "--length", str(shape[1])),
            *("--method", method, "--precision", precision, "--steps", str(options.steps)),
            *("--device", "cpu" if options.tiny else "cuda"),
            *(["--compile"] if compiled else []),
        ]
    rows, length = SHAPES[model]
    estimator = {"lora": None, "exact": "exact", "finite-difference": "darts", AGAIN: "exact"}[method]
    hypergradient = ["--hypergradient", estimator] if estimator else []
    step = [
        *options.bilora.split(),
        *("bench", "step", "--json", "--model", os.path.join(options.work, model)),
        *("--method", "bilora" if hypergradient else "lora", *hypergradient),
        *("--batch", str(rows), "--seq", str(length), "--rank", "8", "--steps", str(options.steps)),
        *("--precision", precision, "--jit", "on" if compiled else "off"),
    ]
    if method != AGAIN:
        return step
    cache = os.path.join(options.work, "xla-cache")
    shutil.rmtree(cache, ignore_errors=True)
    cached = shlex.join([*step, "--xla-cache", cache])
    return ["sh", "-c", f"{cached} >/dev/null && exec {cached}"]


def measure(options, key, limit):
    """Runs one and returns its line."""
    line = dict(zip(KEY, key))
    line["tiny"] = options.tiny
    line["commit"] = options.commit
    line["when"] = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    environment = dict(os.environ, TF_FORCE_GPU_ALLOW_GROWTH="true")
    log = os.path.join(options.work, "last.log")
    before = time.monotonic()
    with GpuMemory() as memory, open(log, "w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command(options, key),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment,
            start_new_session=True,
        )
        timer = threading.Timer(limit, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        try:
            out = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            timer.cancel()
    line["seconds"] = round(time.monotonic() - before, 1)
    line["peak_rss_mb"] = round(usage.ru_maxrss / 1024)
    if memory.most is not None:
        line["gpu_memory_mb"] = memory.most
    if process.returncode == 0:
        line["measured"] = json.loads(out.strip().splitlines()[-1])
        line["measured"].pop("model", None)  # a path of this machine
    elif line["seconds"] >= limit:
        line["error"] = f"stopped after {limit:.0f} s"
    else:
        with open(log, encoding="utf-8", errors="replace") as told:
            line["error"] = f"exit code {process.returncode}: " + told.read()[-600:].strip()
    return line


def stored(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as lines:
        return [json.loads(x) for x in lines if x.strip()]


def main():
    home = os.path.dirname(os.path.dirname(HERE))
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0], prog="run.sh")
    options.add_argument("--bilora", required=True, help=argparse.SUPPRESS)
    options.add_argument("--commit", default="unknown", help=argparse.SUPPRESS)
    options.add_argument("--out", default=os.path.join(HERE, "results.jsonl"))
    options.add_argument("--work", default=os.path.join(home, "target", "gpu"), help="for models with random weights")
    options.add_argument("--budget", type=float, default=560, help="seconds in all")
    options.add_argument("--limit", type=float, default=90, help="seconds for one measurement")
    options.add_argument("--steps", type=int, default=15, help="timed steps of each")
    options.add_argument("--tiny", action="store_true", help="tiny models on the processor: a dry run")
    options.add_argument("--only", default="", help="what the names of the measurements have to contain")
    options.add_argument("--list", action="store_true", help="say what would be measured, in order")
    given = options.parse_args()
    end = time.monotonic() + given.budget
    if given.tiny and given.out == os.path.join(HERE, "results.jsonl"):
        given.out = os.path.join(given.work, "tiny.jsonl")
    names = ("tiny-bert", "tiny-gpt2") if given.tiny else ("bert-base", "gpt2-small")
    lines = stored(given.out)
    done = {tuple(x[k] for k in KEY) for x in lines if "error" not in x}
    # What the end of a call cut short has not failed.
    failed = {tuple(x[k] for k in KEY) for x in lines if "error" in x and not x["cut"]} - done
    wanted = [x for x in measurements(*names) if x not in done and given.only in " ".join(map(str, x))]
    wanted.sort(key=lambda x: x in failed)
    if given.list:
        print("\n".join(" ".join(map(str, x)) for x in wanted))
        return
    os.makedirs(given.work, exist_ok=True)
    missing = [
        name
        for name in names
        if any(x[:2] == ("bilora", name) for x in wanted) and not os.path.exists(os.path.join(given.work, name))
    ]
    if missing:
        subprocess.run(
            [sys.executable, os.path.join(HERE, "peer.py"), "--write", given.work, *missing], check=True
        )
    for number, key in enumerate(wanted):
        left = end - time.monotonic()
        if left < 5:
            print(f"the time is up; {len(wanted) - number} are left for the next call", file=sys.stderr)
            break
        limit = given.limit * (2 if key[2] == AGAIN else 1)
        line = measure(given, key, min(limit, left))
        line["cut"] = "error" in line and line["seconds"] >= left
        with open(given.out, "a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")
            out.flush()
            os.fsync(out.fileno())
        told = line.get("error", "").splitlines()
        told = told[-1] if told else f"{line['seconds']} s"
        print(f"{number + 1} of {len(wanted)}: {' '.join(map(str, key))}: {told}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
