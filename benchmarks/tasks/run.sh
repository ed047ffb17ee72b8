#!/bin/sh
# Trains and measures one run for each type of task: benchmarks/tasks/run.sh TABLES RUNS
set -eu
tables=$1
runs=$2
results=$(dirname "$0")/results
mkdir -p "$results"
common='--task custom --model minilm-l6 --max-length 64 --batch 16 --length-buckets 2 --precision bf16 --seed 42'

run() { # name, table, options of train
  name=$1 table=$2
  shift 2
  # shellcheck disable=SC2086
  ./bilora train $common --data "$tables/$table" --out "$runs/$name" "$@"
  cp "$runs/$name/settings.yaml" "$results/$name.yaml"
  ./bilora eval --run "$runs/$name" --data "$tables/$table" --report "$runs/$name/report" --json > "$results/$name.json"
  grep -v '^!\[' "$runs/$name/report/report.md" > "$results/$name.md" # the tables; pictures stay with the run
}

columns=eatType,food,priceRange,customer_rating,area,familyFriendly,near
run labels labels --method lora --lr 2e-3 --epochs 4 --label-columns $columns
run labels-bilora labels --method bilora --epochs 4 --label-columns $columns
run scores scores --method lora --lr 2e-3 --epochs 4 --label-columns attributes,rating
run tags tags --method lora --lr 2e-3 --epochs 3 --task-type token-classification
run cola-plain cola --method lora --lr 2e-3 --epochs 3
run cola-balanced cola --method lora --lr 2e-3 --epochs 3 --class-weights balanced --focal-gamma 1
