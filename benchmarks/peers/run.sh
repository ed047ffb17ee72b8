#!/bin/sh
# Times training steps against PEFT and PyTorch on this machine: benchmarks/peers/run.sh [options of peers.py]
#
#   PEERS_PYTHON  a Python that has torch, transformers and peft (default: one of its own, made under
#                 target/peers, which takes some minutes and about 1 GB the first time)
set -eu
here=$(CDPATH='' cd "$(dirname "$0")" && pwd)
home=$(CDPATH='' cd "$here/../.." && pwd)
"$home/bilora" --version >/dev/null
python=${PEERS_PYTHON:-}
if [ -z "$python" ]; then
  python=$home/target/peers/bin/python
  if [ ! -x "$python" ]; then
    python3 -m venv "$home/target/peers"
    "$home/target/peers/bin/pip" install --quiet torch transformers peft
  fi
fi
TF_CPP_MIN_LOG_LEVEL=2
TF_CPU_ALLOCATOR_USE_BFC=true
export TF_CPP_MIN_LOG_LEVEL TF_CPU_ALLOCATOR_USE_BFC
commit=$(git -C "$home" rev-parse --short HEAD 2>/dev/null || echo unknown)
exec "$python" "$here/peers.py" --commit "$commit" --out "$here/results.json" \
  --java "java -XX:+UseSerialGC -Xmx4g -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 -cp $home/target/classes:$(cat "$home/target/bilora-cpu.classpath") $here/Steps.java" \
  "$@"
