"""Single operations at the sizes of the CIFAR-10 network, batch 8, as in benches/src/operations/."""

import math
from functools import partial

import torch
from torch.nn import functional as F

from layouts import LAYOUTS

BATCH, EMBEDDING, FEATURES, HEADS, TOKENS, WIDTH = 8, 512, 128, 4, 256, 64


class Operation:
    """A function of standard normal inputs of the given shapes.

    `wanted` says of which inputs training wants gradients: by default of all.
    """

    def __init__(self, function, *shapes, wanted=None):
        self.function = function
        self.shapes = shapes
        self.wanted = wanted or [True] * len(shapes)

    def forward(self, layout):
        inputs = [values(shape, layout) for shape in self.shapes]

        def work():
            with torch.no_grad():
                self.function(*inputs)

        return work

    def training(self, layout):
        inputs = [
            values(shape, layout).requires_grad_(wanted)
            for shape, wanted in zip(self.shapes, self.wanted)
        ]
        variables = [x for x in inputs if x.requires_grad]
        gradient = torch.randn_like(self.function(*inputs))

        def work():
            torch.autograd.grad(self.function(*inputs), variables, gradient)

        return work


def values(shape, layout):
    x = torch.randn(shape)
    return x.to(memory_format=layout) if x.dim() == 4 else x


def convolution(inputs, outputs, size, kernel=3, stride=1, wanted=None):
    """`size` is that of the input."""
    return Operation(
        partial(F.conv2d, stride=stride, padding=kernel // 2),
        (BATCH, inputs, size, size),
        (outputs, inputs, kernel, kernel),
        (outputs,),
        wanted=wanted,
    )


def upsampled_convolution(x, weight, bias):
    return F.conv2d(F.interpolate(x, scale_factor=2, mode="nearest"), weight, bias, padding=1)


def norm_silu(x, weight, bias):
    return F.silu(F.group_norm(x, 32, weight, bias))


def norm_silu_at(channels, size):
    return Operation(norm_silu, (BATCH, channels, size, size), (channels,), (channels,))


def attention_by_products(projection):
    """As torchcfm does, channels before pixels: [B, 3C, T] -> [B, C, T]."""
    heads = projection.view(BATCH * HEADS, 3 * WIDTH, TOKENS)
    q, k, v = heads.split(WIDTH, dim=1)
    scores = torch.einsum("bct,bcs->bts", q * WIDTH**-0.25, k * WIDTH**-0.25)
    mixed = torch.einsum("bts,bcs->bct", scores.softmax(dim=-1), v)
    return mixed.reshape(BATCH, HEADS * WIDTH, TOKENS)


def fused_attention(projection):
    """[B, T, 3C] -> [B, T, C], both in the order that the fused function works in."""
    heads = projection.view(BATCH, TOKENS, HEADS, 3 * WIDTH).transpose(1, 2)
    q, k, v = heads.split(WIDTH, dim=-1)
    mixed = F.scaled_dot_product_attention(q, k, v)
    return mixed.transpose(1, 2).reshape(BATCH, TOKENS, HEADS * WIDTH)


def linear(rows, inputs, outputs):
    return Operation(F.linear, (rows, inputs), (outputs, inputs), (outputs,))


def time_embedding(t, weight1, bias1, weight2, bias2):
    half = FEATURES // 2
    frequencies = torch.exp(-math.log(1e4) / half * torch.arange(half))
    angles = t[:, None] * frequencies
    features = torch.cat([angles.cos(), angles.sin()], dim=-1)
    return F.linear(F.silu(F.linear(features, weight1, bias1)), weight2, bias2)


def features(x, embedding, weight1, bias1, conv1, shift1, linear, offset, weight2, bias2, conv2, shift2):
    """What a residual block adds to its skip connection."""
    hidden = F.conv2d(norm_silu(x, weight1, bias1), conv1, shift1, padding=1)
    hidden = hidden + F.linear(F.silu(embedding), linear, offset)[:, :, None, None]
    return F.conv2d(norm_silu(hidden, weight2, bias2), conv2, shift2, padding=1)


def block_shapes(inputs, outputs):
    norms = [(inputs,), (inputs,)], [(outputs,), (outputs,)]
    first = [(outputs, inputs, 3, 3), (outputs,)]
    second = [(outputs, outputs, 3, 3), (outputs,)]
    return [(BATCH, EMBEDDING), *norms[0], *first, (outputs, EMBEDDING), (outputs,), *norms[1], *second]


def residual_block(channels, size):
    return Operation(
        lambda x, *parameters: x + features(x, *parameters),
        (BATCH, channels, size, size),
        *block_shapes(channels, channels),
    )


def decoder_block(below, encoder, skip, *parameters):
    x = torch.cat([below, encoder], dim=1)
    return F.conv2d(x, skip) + features(x, *parameters)


def decoder_block_at(channels, size):
    half = (BATCH, channels, size, size)
    shapes = block_shapes(2 * channels, channels)
    return Operation(decoder_block, half, half, (channels, 2 * channels, 1, 1), *shapes)


IMAGES = {
    "conv3x3-128@32": convolution(128, 128, 32),
    "conv3x3-256@16": convolution(256, 256, 16),
    "conv3x3-256@8": convolution(256, 256, 8),
    "conv3x3-384-128@32": convolution(384, 128, 32),
    "conv3x3-512-256@16": convolution(512, 256, 16),
    "conv3x3-3-128@32": convolution(3, 128, 32, wanted=[False, True, True]),
    "conv3x3-stride2-128@32": convolution(128, 128, 32, stride=2),
    "conv1x1-512-256@16": convolution(512, 256, 16, kernel=1),
    "upsample-conv3x3-256@16": Operation(
        upsampled_convolution, (BATCH, 256, 16, 16), (256, 256, 3, 3), (256,)
    ),
    "group-norm-silu-128@32": norm_silu_at(128, 32),
    "group-norm-silu-256@16": norm_silu_at(256, 16),
    "silu-128@32": Operation(F.silu, (BATCH, 128, 32, 32)),
    "residual-block-128@32": residual_block(128, 32),
    "residual-block-256@16": residual_block(256, 16),
    "decoder-block-256+256@16": decoder_block_at(256, 16),
}

OTHERS = {
    "attention-4x64-256": {
        "products": Operation(attention_by_products, (BATCH, 3 * HEADS * WIDTH, TOKENS)),
        "fused": Operation(fused_attention, (BATCH, TOKENS, 3 * HEADS * WIDTH)),
    },
    "linear-256x256-256": {"default": linear(256, 256, 256)},
    "linear-8x512-256": {"default": linear(8, 512, 256)},
    "time-embedding": {
        "default": Operation(
            time_embedding,
            (BATCH,),
            (EMBEDDING, FEATURES),
            (EMBEDDING,),
            (EMBEDDING, EMBEDDING),
            (EMBEDDING,),
            wanted=[False, True, True, True, True],
        )
    },
    "softmax-8192x256": {"default": Operation(partial(F.softmax, dim=-1), (8192, 256))},
}


def workloads():
    found = {}
    for step in ("forward", "training"):
        for name, operation in IMAGES.items():
            prepare = getattr(operation, step)
            found[f"ops/{name}/{step}"] = {
                layout: partial(prepare, memory_format) for layout, memory_format in LAYOUTS.items()
            }
        for name, variants in OTHERS.items():
            found[f"ops/{name}/{step}"] = {
                variant: partial(getattr(operation, step), torch.contiguous_format)
                for variant, operation in variants.items()
            }
    return found
