#!/usr/bin/env bash
# One process against two of Spark's executors on this machine: run.sh OUT
# OUT/times.txt: seconds from start to end of each command, and how many cells or rows it did.
set -eu
here=$(cd -- "$(dirname -- "$0")/../.." && pwd)
out=$1
executors=${EXECUTORS:-local-cluster[2,1,2048]}
mkdir -p "$out/glue/CoLA"
seq 256 | awk '{
  printf "made\t%d\t\tthe river number %d runs %s past the old mill and the bridge near the town, as it always has\n",
    ($1 * $1 % 7 > 2), $1, ($1 % 3 ? "slowly" : "fast") }' >"$out/glue/CoLA/train.tsv"
head -n 32 "$out/glue/CoLA/train.tsv" >"$out/glue/CoLA/dev.tsv"
seq "${ROWS:-20000}" | awk '{
  printf "{\"id\":%d,\"text\":\"the river number %d runs slowly past the old mill and the bridge near the town\"}\n",
    $1, $1 }' >"$out/texts.jsonl"
study=(--tasks cola --methods lora --model minilm-l6 --data "$out/glue"
  --set jit=off --set max-steps="${STEPS:-30}" --set batch=16 --set max_length=32)
timed() {
  local name=$1 start end
  shift
  start=$(date +%s.%N)
  "$here/bilora" "$@" >"$out/$name.txt" 2>&1
  end=$(date +%s.%N)
  echo "$name $(echo "$end $start" | awk '{ printf "%.1f", $1 - $2 }')" | tee -a "$out/times.txt"
}
# Both builds, before the clock runs.
"$here/bilora" --help >/dev/null
"$here/bilora" spark --help >/dev/null
timed bench bench glue "${study[@]}" --seeds "${SEEDS:-6}" --out "$out/study-1"
timed spark-bench spark bench glue "${study[@]}" --seeds "${SEEDS:-6}" --out "$out/study-2" --master "$executors"
"$here/bilora" bench glue "${study[@]}" --seeds 1 --out "$out/study-0" --keep-runs >/dev/null 2>&1
run=$(ls -d "$out"/study-0/runs/*)
timed predict predict --run "$run" --in "$out/texts.jsonl" --keep id --out "$out/labels.jsonl"
timed spark-predict spark predict --run "$run" --in "$out/texts.jsonl" --keep id --out "$out/labels-2.jsonl" \
  --master "$executors"
cat "$out"/labels-2.jsonl/part-* | cmp - "$out/labels.jsonl" && echo "the same labels"
grep -h '"trained_sha256"' "$out"/study-1/cells/*.json >"$out/1.txt"
grep -h '"trained_sha256"' "$out"/study-2/cells/*.json >"$out/2.txt"
cmp "$out/1.txt" "$out/2.txt" && echo "the same trained values"
