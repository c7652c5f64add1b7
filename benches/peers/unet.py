"""The ADM UNet as published for CIFAR-10, from torchcfm: 35,746,307 parameters; and a tiny one."""

import torch
from torchcfm.models.unet.unet import UNetModelWrapper

from layouts import in_both
from training import matching_step, prediction, times

NETWORKS = {
    "published": {
        "dim": (3, 32, 32),
        "num_res_blocks": 2,
        "num_channels": 128,
        "channel_mult": [1, 2, 2, 2],
        "num_heads": 4,
        "num_head_channels": 64,
        "attention_resolutions": "16",
    },
    "tiny": {
        "dim": (3, 16, 16),
        "num_res_blocks": 1,
        "num_channels": 32,
        "channel_mult": [1, 2],
        "num_heads": 4,
        "num_head_channels": 16,
        "attention_resolutions": "8",
    },
}


def network(layout, name="published"):
    return UNetModelWrapper(**NETWORKS[name], dropout=0.0).to(memory_format=layout)


def images(batch, layout, name="published"):
    return torch.randn(batch, *NETWORKS[name]["dim"]).to(memory_format=layout)


def forward(batch):
    def prepare(layout):
        return prediction(network(layout).eval(), images(batch, layout), times(batch))

    return in_both(prepare)


def train(batch):
    def prepare(layout):
        data, source = images(batch, layout), images(batch, layout)
        return matching_step(network(layout), data, source, times(batch))

    return in_both(prepare)


def workloads():
    return {
        "unet/forward-1": forward(1),
        "unet/forward-8": forward(8),
        "unet/train-8": train(8),
    }
