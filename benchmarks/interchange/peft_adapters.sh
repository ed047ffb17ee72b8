#!/usr/bin/env bash
# Trains the models of peft_models.py for a moment and exports them; reads PEFT's own adapters and writes them again.
#
#   peft_adapters.sh WORK      BILORA is the command line (./bilora)
set -eu
work=$1
bilora=${BILORA:-./bilora}
for model in bert roberta gpt2; do
  case $model in
    gpt2) task=(--task e2e --data "$work/e2e" --batch-tokens 0) ;;
    *) task=(--task custom --data "$work/reviews.tsv" --max-length 32 --rank 4) ;;
  esac
  for method in lora adalora dora bilora; do
    run=$work/runs/$model-$method
    $bilora train "${task[@]}" --model "$work/$model" --method "$method" --max-steps 12 --batch 8 --lr 0.02 --jit off \
      --out "$run" --json
    for format in huggingface peft; do
      $bilora export --run "$run" --format "$format" --out "$work/$format/$model-$method" --json
    done
  done
  for kind in lora lora-patterns dora adalora; do
    for format in huggingface peft; do
      $bilora export --model "$work/$model" --adapter "$work/theirs/$model-$kind" --format "$format" \
        --out "$work/$format/theirs-$model-$kind" --json
    done
  done
  $bilora export --run "$work/runs/$model-bilora" --format peft --prune 0.5 --out "$work/peft/$model-pruned" --json
  $bilora export --run "$work/runs/$model-bilora" --format huggingface --prune 0.5 --out "$work/huggingface/$model-pruned" --json
done
