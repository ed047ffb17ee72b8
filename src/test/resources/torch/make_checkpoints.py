"""Makes the small PyTorch checkpoints in this folder (torch 2.15.0)."""

import collections
from pathlib import Path

import torch

HERE = Path(__file__).parent


class Run:
    """What must not be run: its pickle calls a function."""

    def __reduce__(self):
        return print, ("this was run",)


def main():
    base = torch.arange(12, dtype=torch.float32).reshape(3, 4) / 4 - 1
    tensors = collections.OrderedDict(
        whole=base,
        shared=base,
        turned=base.t(),
        rows=base[1:],
        parameter=torch.nn.Parameter(torch.tensor([1.5, -2.0])),
        double=torch.tensor([0.1, 1e-300], dtype=torch.float64),
        half=torch.tensor([0.5, 6e-8], dtype=torch.float16),
        brain=torch.tensor([0.5, 3.0], dtype=torch.bfloat16),
        scalar=torch.tensor(7.0),
        none=torch.zeros(0, 3),
        positions=torch.arange(4),
    )
    torch.save(tensors, HERE / "zip.bin")
    torch.save(tensors, HERE / "stream.bin", _use_new_zipfile_serialization=False)
    module = torch.nn.Linear(2, 1)
    module.weight.data = torch.tensor([[0.25, 4.0]])
    module.bias.data = torch.tensor([-1.0])
    torch.save(module.state_dict(), HERE / "module.bin")
    for name, content in {"run": {"a": Run()}, "nested": {"state_dict": dict(tensors)}, "module": module}.items():
        torch.save(content, HERE / f"refused-{name}.bin")


main()
