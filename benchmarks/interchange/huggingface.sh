#!/usr/bin/env bash
# Trains the models of huggingface_models.py for a moment and exports them: huggingface.sh WORK
set -eu
work=$1
bilora=${BILORA:-./bilora}
for model in bert roberta xlm-roberta camembert distilbert electra albert mpnet deberta-v2 modernbert; do
  methods=bilora
  case $model in bert | roberta | modernbert) methods='bilora joint lora adalora dora' ;; esac
  for method in $methods; do
    run=$work/runs/$model-$method
    $bilora train --task custom --data "$work/reviews.tsv" --model "$work/$model" --method "$method" --max-steps 12 \
      --batch 8 --lr 0.02 --rank 4 --max-length 32 --jit off --out "$run"
    for format in huggingface peft onnx; do
      $bilora export --run "$run" --format "$format" --out "$work/$format/$model-$method" --json
    done
  done
done
for method in bilora lora adalora dora; do
  run=$work/runs/gpt2-$method
  $bilora train --task e2e --data "$work/e2e" --model "$work/gpt2" --method "$method" --max-steps 12 --batch 8 \
    --batch-tokens 0 --lr 0.02 --jit off --out "$run"
  for format in huggingface peft; do
    $bilora export --run "$run" --format "$format" --out "$work/$format/gpt2-$method" --json
  done
  $bilora generate --run "$run" --data "$work/e2e" --beam 1 --max-new-tokens 20 --out "$work/runs/gpt2-$method.txt"
done
