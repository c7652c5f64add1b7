"""The two ways in which PyTorch lays out images; which is faster depends on the work."""

from functools import partial

import torch

LAYOUTS = {"default": torch.contiguous_format, "channels_last": torch.channels_last}


def in_both(prepare):
    """Variants of a workload, by layout, from a function of the memory format that prepares it."""
    return {name: partial(prepare, layout) for name, layout in LAYOUTS.items()}
