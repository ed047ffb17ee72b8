#!/usr/bin/env bash
# Trains with N processes on this machine: run.sh N STEPS OUT [options of train…]
# OUT/traffic.txt: bytes that the chief sent and received, as the kernel counts them by connection, read once a second.
set -eu
here=$(cd -- "$(dirname -- "$0")/../.." && pwd)
n=$1 steps=$2 out=$3
shift 3
mkdir -p "$out"
port=${PORT:-7711}
{
  echo 'workers:'
  for i in $(seq 0 $((n - 1))); do echo "  - 127.0.0.1:$((port + i))"; done
} >"$out/cluster.yaml"
{
  printf 'text\tlabel\n'
  for i in $(seq 400); do
    printf 'the river number %d runs slowly past the old mill and the bridge near the town, as it always has\t%s\n' \
      "$i" "$([ $((i * i % 7)) -gt 2 ] && echo a || echo b)"
  done
} >"$out/data.tsv"
for i in $(seq 1 $((n - 1))); do
  "$here/bilora" train --cluster "$out/cluster.yaml" --task-index "$i" >"$out/worker$i.txt" 2>&1 &
done
cluster=()
[ "$n" -gt 1 ] && cluster=(--cluster "$out/cluster.yaml")
"$here/bilora" train "${cluster[@]}" --out "$out/run" --task custom --data "$out/data.tsv" \
  --model "${MODEL:-minilm-l6}" --method "${METHOD:-bilora}" --batch "${BATCH:-16}" --max-length 32 --length-buckets 1 \
  --max-steps "$steps" --jit off --precision f32 "$@" >"$out/chief.txt" 2>&1 &
chief=$!
while kill -0 "$chief" 2>/dev/null; do
  # Connections of the chief's process with the other workers' ports, either way.
  ss -tinpHO 2>/dev/null | awk -v pid="pid=$chief," '
    index($0, pid) > 0 {
      for (i = 1; i <= NF; i++) {
        if ($i ~ /^bytes_sent:/) { split($i, a, ":"); sent += a[2] }
        if ($i ~ /^bytes_received:/) { split($i, a, ":"); got += a[2] }
      }
    }
    END { printf "%d %d\n", sent, got }' >>"$out/traffic.txt"
  sleep 1
done
wait "$chief" && echo "chief: 0" || echo "chief: $?"
sort -n "$out/traffic.txt" | tail -n 1
wait
