#!/usr/bin/env bash
# Where a step's time goes: oneDNN's own log of a timed step, summed by kind of primitive.
#   benchmarks/step/primitives.sh --model minilm-l6 --method lora --batch 32 --seq 64
# takes the options of ./bilora bench step (one method, batch and length). Times are means of the timed steps; products are
# "wide" where all three sizes are above 32 and "thin" where one of them is a rank; GFLOP/s are a product's own.
set -euo pipefail
cd "$(dirname "$0")/../.."
steps=5
log=$(mktemp)
trap 'rm -f "$log"' EXIT
ONEDNN_VERBOSE=1 ./bilora bench step "$@" --steps "$steps" --json >"$log"
grep -o '"ms_per_step":[0-9.]*' "$log"
awk -F, -v steps="$steps" '
  $1 != "onednn_verbose" || $3 != "exec" { next }
  # Between the steps run plain products of known sizes, the last of which is this one.
  $5 == "gemm_api" && $11 == "4096x1024:1024x1024" { segment++; inside = 1; next }
  $5 == "gemm_api" && $11 == "1024x1024:1024x1024" { inside = 0 }
  inside {
    kind = $5; flop = 0
    if (kind == "gemm_api" || kind == "matmul" || kind == "inner_product") {
      split($11, sides, ":"); n = split(sides[1], left, "x"); m = split(sides[2], right, "x")
      flop = 2 * right[m]
      for (i = 1; i <= n; i++) flop *= left[i]
      if (n > 2) kind = "batched products (attention)"
      else if (left[1] <= 32 || left[2] <= 32 || right[m] <= 32) kind = "thin products (increments)"
      else kind = "wide products"
    }
    ms[segment, kind] += $12; calls[segment, kind]++; flops[segment, kind] += flop; kinds[kind] = 1
  }
  END {
    for (kind in kinds) {
      time = count = work = 0
      for (i = segment - steps; i < segment; i++) {
        time += ms[i, kind] / steps; count += calls[i, kind] / steps; work += flops[i, kind] / steps
      }
      total += time; line[kind] = sprintf("%-32s %8.0f %10.1f %10s", kind, count, time, work ? sprintf("%.0f", work / time / 1e6) : "")
      order[kind] = time
    }
    printf "%-32s %8s %10s %10s\n", "primitives of a step", "calls", "ms", "GFLOP/s"
    for (kind in order) print line[kind] | "sort -k1,1"
    close("sort -k1,1")
    printf "%-32s %8s %10.1f\n", "all", "", total
  }' "$log"
