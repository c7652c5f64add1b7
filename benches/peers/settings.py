"""The ways in which PyTorch executes networks on a GPU, and what they say of their memory.

`published` is what the official loop does: f32, with convolutions in TF32, which is cuDNN's default there.
`bf16` is the usual way to be faster: autocast, and images with the channels last. `compile` is that, compiled.
"""

from functools import partial

import torch
from torch import nn


class Autocast(nn.Module):
    """A network whose products are bf16 and whose result is f32."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, t, x):
        with torch.autocast(x.device.type, torch.bfloat16):
            return self.network(t, x).float()


def compiled(network):
    return torch.compile(Autocast(network))


def plain(network):
    return network


# Layout of images, and what a network is made to be executed.
SETTINGS = {
    "published": (torch.contiguous_format, plain),
    "bf16": (torch.channels_last, Autocast),
    "compile": (torch.channels_last, compiled),
}


def in_all(prepare):
    """Variants of a workload, by setting, from a function of layout and execution that prepares it."""
    return {name: partial(entered, name, partial(prepare, *how)) for name, how in SETTINGS.items()}


def entered(setting, prepare):
    """Has this process round the factors of f32 as `setting` says, then prepares the work."""
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = setting != "f32"
    # The official code leaves products of matrices in f32.
    torch.backends.cuda.matmul.allow_tf32 = setting == "tf32"
    return prepare()


def on_gpu():
    return torch.get_default_device().type == "cuda"


def wait():
    """Until nothing is left to be done."""
    if on_gpu():
        torch.cuda.synchronize()


def forget_peak():
    """Gives back what is not in use, and counts anew."""
    torch._dynamo.reset()
    if on_gpu():
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def peak():
    """The most memory of the GPU that was held, in bytes: with what was kept for later, and in use."""
    if not on_gpu():
        return {}
    return {
        "peak_bytes": torch.cuda.max_memory_reserved(),
        "used_bytes": torch.cuda.max_memory_allocated(),
    }
