"""Single operations at the sizes of the CIFAR-10 network, as in benches/src/operations/."""

import math
from functools import partial

import torch
from torch.nn import functional as F

from layouts import LAYOUTS
from settings import entered

# Images in a batch on the processor.
BATCH = 8
EMBEDDING, FEATURES, HEADS, TOKENS, WIDTH = 512, 128, 4, 256, 64


class Operation:
    """A function of standard normal inputs of the given shapes.

    `wanted` says of which inputs training wants gradients: by default of all.
    """

    def __init__(self, function, *shapes, wanted=None):
        self.function = function
        self.shapes = shapes
        self.wanted = wanted or [True] * len(shapes)

    def forward(self, layout, dtype=torch.float32):
        inputs = [values(shape, layout, dtype) for shape in self.shapes]

        def work():
            with torch.no_grad():
                self.function(*inputs)

        return work

    def training(self, layout, dtype=torch.float32):
        inputs = [
            values(shape, layout, dtype).requires_grad_(wanted)
            for shape, wanted in zip(self.shapes, self.wanted)
        ]
        variables = [x for x in inputs if x.requires_grad]
        gradient = torch.randn_like(self.function(*inputs))

        def work():
            torch.autograd.grad(self.function(*inputs), variables, gradient)

        return work


def values(shape, layout, dtype):
    x = torch.randn(shape).to(dtype)
    return x.to(memory_format=layout) if x.dim() == 4 else x


def convolution(batch, inputs, outputs, size, kernel=3, stride=1, wanted=None):
    """`size` is that of the input."""
    return Operation(
        partial(F.conv2d, stride=stride, padding=kernel // 2),
        (batch, inputs, size, size),
        (outputs, inputs, kernel, kernel),
        (outputs,),
        wanted=wanted,
    )


def upsampled_convolution(x, weight, bias):
    return F.conv2d(F.interpolate(x, scale_factor=2, mode="nearest"), weight, bias, padding=1)


def norm_silu(x, weight, bias):
    return F.silu(F.group_norm(x, 32, weight, bias))


def norm_silu_at(batch, channels, size):
    return Operation(norm_silu, (batch, channels, size, size), (channels,), (channels,))


def attention_by_products(projection):
    """As torchcfm does, channels before pixels: [B, 3C, T] -> [B, C, T]."""
    heads = projection.view(-1, 3 * WIDTH, TOKENS)
    q, k, v = heads.split(WIDTH, dim=1)
    scores = torch.einsum("bct,bcs->bts", q * WIDTH**-0.25, k * WIDTH**-0.25)
    mixed = torch.einsum("bts,bcs->bct", scores.softmax(dim=-1), v)
    return mixed.reshape(-1, HEADS * WIDTH, TOKENS)


def fused_attention(projection):
    """[B, T, 3C] -> [B, T, C], both in the order that the fused function works in."""
    heads = projection.view(-1, TOKENS, HEADS, 3 * WIDTH).transpose(1, 2)
    q, k, v = heads.split(WIDTH, dim=-1)
    mixed = F.scaled_dot_product_attention(q, k, v)
    return mixed.transpose(1, 2).reshape(-1, TOKENS, HEADS * WIDTH)


def linear(rows, inputs, outputs):
    return Operation(F.linear, (rows, inputs), (outputs, inputs), (outputs,))


def time_embedding(t, weight1, bias1, weight2, bias2):
    half = FEATURES // 2
    frequencies = torch.exp(-math.log(1e4) / half * torch.arange(half))
    angles = t[:, None] * frequencies
    features = torch.cat([angles.cos(), angles.sin()], dim=-1).to(weight1.dtype)
    return F.linear(F.silu(F.linear(features, weight1, bias1)), weight2, bias2)


def features(x, embedding, weight1, bias1, conv1, shift1, linear, offset, weight2, bias2, conv2, shift2):
    """What a residual block adds to its skip connection."""
    hidden = F.conv2d(norm_silu(x, weight1, bias1), conv1, shift1, padding=1)
    hidden = hidden + F.linear(F.silu(embedding), linear, offset)[:, :, None, None]
    return F.conv2d(norm_silu(hidden, weight2, bias2), conv2, shift2, padding=1)


def block_shapes(batch, inputs, outputs):
    norms = [(inputs,), (inputs,)], [(outputs,), (outputs,)]
    first = [(outputs, inputs, 3, 3), (outputs,)]
    second = [(outputs, outputs, 3, 3), (outputs,)]
    return [(batch, EMBEDDING), *norms[0], *first, (outputs, EMBEDDING), (outputs,), *norms[1], *second]


def residual_block(batch, channels, size):
    return Operation(
        lambda x, *parameters: x + features(x, *parameters),
        (batch, channels, size, size),
        *block_shapes(batch, channels, channels),
    )


def decoder_block(below, encoder, skip, *parameters):
    x = torch.cat([below, encoder], dim=1)
    return F.conv2d(x, skip) + features(x, *parameters)


def decoder_block_at(batch, channels, size):
    half = (batch, channels, size, size)
    shapes = block_shapes(batch, 2 * channels, channels)
    return Operation(decoder_block, half, half, (channels, 2 * channels, 1, 1), *shapes)


def of_images(batch):
    """Operations on images, which may lie in memory in two ways."""
    return {
        "conv3x3-128@32": convolution(batch, 128, 128, 32),
        "conv3x3-256@16": convolution(batch, 256, 256, 16),
        "conv3x3-256@8": convolution(batch, 256, 256, 8),
        "conv3x3-384-128@32": convolution(batch, 384, 128, 32),
        "conv3x3-512-256@16": convolution(batch, 512, 256, 16),
        "conv3x3-3-128@32": convolution(batch, 3, 128, 32, wanted=[False, True, True]),
        "conv3x3-stride2-128@32": convolution(batch, 128, 128, 32, stride=2),
        "conv1x1-512-256@16": convolution(batch, 512, 256, 16, kernel=1),
        "upsample-conv3x3-256@16": Operation(
            upsampled_convolution, (batch, 256, 16, 16), (256, 256, 3, 3), (256,)
        ),
        "group-norm-silu-128@32": norm_silu_at(batch, 128, 32),
        "group-norm-silu-256@16": norm_silu_at(batch, 256, 16),
        "silu-128@32": Operation(F.silu, (batch, 128, 32, 32)),
        "residual-block-128@32": residual_block(batch, 128, 32),
        "residual-block-256@16": residual_block(batch, 256, 16),
        "decoder-block-256+256@16": decoder_block_at(batch, 256, 16),
    }


def of_vectors(batch):
    """The others, each in all of its forms."""
    return {
        "attention-4x64-256": {
            "products": Operation(attention_by_products, (batch, 3 * HEADS * WIDTH, TOKENS)),
            "fused": Operation(fused_attention, (batch, TOKENS, 3 * HEADS * WIDTH)),
        },
        "linear-256x256-256": {"default": linear(256, 256, 256)},
        "linear-8x512-256": {"default": linear(8, 512, 256)},
        "time-embedding": {
            "default": Operation(
                time_embedding,
                (batch,),
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
        for name, operation in of_images(BATCH).items():
            prepare = getattr(operation, step)
            found[f"ops/{name}/{step}"] = {
                layout: partial(prepare, memory_format) for layout, memory_format in LAYOUTS.items()
            }
        for name, variants in of_vectors(BATCH).items():
            found[f"ops/{name}/{step}"] = {
                variant: partial(getattr(operation, step), torch.contiguous_format)
                for variant, operation in variants.items()
            }
    return found


def gpu_workloads(batch):
    """As in the settings of whole networks: f32 in the default layout, bf16 with the channels last."""
    operations = {name: (operation, operation) for name, operation in of_images(batch).items()}
    for name, forms in of_vectors(batch).items():
        # As published, and as fast as it gets.
        forms = list(forms.values())
        operations[name] = (forms[0], forms[-1])
    found = {}
    for step in ("forward", "training"):
        for name, (published, fastest) in operations.items():
            ways = {
                "published": partial(getattr(published, step), torch.contiguous_format),
                "bf16": partial(getattr(fastest, step), torch.channels_last, torch.bfloat16),
            }
            found[f"ops/{name}/{step}"] = {
                setting: partial(entered, setting, prepare) for setting, prepare in ways.items()
            }
    return found
