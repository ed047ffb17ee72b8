"""The table of results.jsonl: python3 benchmarks/gpu/summary.py [results.jsonl]"""

import json
import os
import sys

COLUMNS = ("model", "method", "precision", "", "ms", "fastest", "share", "memory, MB", "first step, s", "times as fast")


def main():
    usual = os.path.join(os.path.dirname(os.path.abspath(__file__)), "results.jsonl")
    with open(sys.argv[1] if len(sys.argv) > 1 else usual, encoding="utf-8") as lines:
        # Of one that was measured again the last counts.
        measured = {}
        failed = {}
        for line in map(json.loads, filter(str.strip, lines)):
            key = (line["model"], line["method"], line["precision"], line["side"], line["compiled"])
            (failed if "error" in line else measured)[key] = line
    peaks = {}
    for (_, _, precision, _, _), line in measured.items():
        told = line["measured"].get("gemm_peak_gflops", 0)
        peaks[precision] = max(peaks.get(precision, 0), told)
    for precision, rate in sorted(peaks.items()):
        print(f"peak of plain products, {precision}: {rate / 1e3:,.1f} TFLOP/s (the best that either side measured)\n")
    print("| " + " | ".join(COLUMNS) + " |")
    print("| --- | --- | --- | --- |" + " ---: |" * (len(COLUMNS) - 4))
    for key in sorted(measured, key=lambda k: (k[0], k[1] != "lora", k[1], k[2], k[3], not k[4])):
        model, method, precision, side, compiled = key
        if method == "peak":
            continue
        line, values = measured[key], measured[key]["measured"]
        name = {"bilora": "XLA" if compiled else "no XLA", "pytorch": "compiled" if compiled else "eager"}[side]
        peak = peaks.get(precision)
        share = f"{100 * values['gflop_per_step'] / values['ms_per_step'] * 1e3 / peak:.1f} %" if peak else ""
        # Against the peer's faster way, where there are two.
        others = [
            measured[(model, method, precision, "pytorch", way)]["measured"]["ms_per_step"]
            for way in (True, False)
            if (model, method, precision, "pytorch", way) in measured
        ]
        ratio = f"{min(others) / values['ms_per_step']:.2f}" if others and side == "bilora" else ""
        memory = line.get("gpu_memory_mb", line["peak_rss_mb"])
        cells = (
            *(model, method, precision, f"{side}, {name}"),
            *(f"{values['ms_per_step']:.2f}", f"{values['ms_min']:.2f}", share, f"{memory:,}"),
            *(f"{values['first_step_seconds']:.1f}", ratio),
        )
        print("| " + " | ".join(cells) + " |")
    for key, line in failed.items():
        if key not in measured:
            print(f"\nfailed: {' '.join(map(str, key))}: {line['error'].splitlines()[-1]}")


if __name__ == "__main__":
    main()
