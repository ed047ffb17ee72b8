#!/bin/sh
# Times steps on a GPU against PEFT and PyTorch, for a machine that may be lent for minutes; see README.md.
#
#   benchmarks/gpu/run.sh                   what is not measured yet, until the time is up
#   benchmarks/gpu/run.sh --tiny            a dry run of all of it on the processor, with tiny models
#   benchmarks/gpu/run.sh --help            all options
#
#   BILORA        the command of this project (default: ./bilora with the profile gpu, which needs Maven)
#   PEERS_PYTHON  a Python that has torch, transformers and peft (default: python3)
set -eu
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE
here=$(CDPATH='' cd "$(dirname "$0")" && pwd)
home=$(CDPATH='' cd "$here/../.." && pwd)
tiny=false
for option in "$@"; do
  [ "$option" = --tiny ] && tiny=true
done
if [ -z "${BILORA:-}" ]; then
  BILORA=$home/bilora
  [ "$tiny" = true ] || BILORA_PROFILE=${BILORA_PROFILE:-gpu}
  [ -z "${BILORA_PROFILE:-}" ] || export BILORA_PROFILE
  # Built before the clock runs.
  "$BILORA" --version >/dev/null
fi
commit=$(git -C "$home" rev-parse --short HEAD 2>/dev/null || echo unknown)
exec "${PEERS_PYTHON:-python3}" "$here/measure.py" --bilora "$BILORA" --commit "$commit" "$@"
