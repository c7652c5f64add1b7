"""The workloads of `cargo xtask gpu`, as in benches/src/gpu/."""

from functools import partial

import torch

import unet
from distillation import Round
from settings import entered, in_all
from training import matching_step, prediction, times

FAKE_TURNS = 5


def matrix_product(size, dtype):
    a, b = (torch.randn(size, size).to(dtype) for _ in range(2))
    return lambda: torch.mm(a, b)


def copy(length):
    array = torch.randn(length)
    return array.clone


def forward(network, batch):
    def prepare(layout, execution):
        model = unet.network(layout, network).eval()
        return prediction(execution(model), unet.images(batch, layout, network), times(batch))

    return in_all(prepare)


def train(network, batch):
    def prepare(layout, execution):
        data, source = (unet.images(batch, layout, network) for _ in range(2))
        model = unet.network(layout, network)
        return matching_step(model, data, source, times(batch), execution)

    return in_all(prepare)


def distillation_round(network, batch):
    def prepare(layout, execution):
        data = unet.images(batch, layout, network)
        return Round(unet.network(layout, network), data, FAKE_TURNS, execution)

    return in_all(prepare)


def sample(network, batch):
    def prepare(layout, execution):
        model = execution(unet.network(layout, network).eval().requires_grad_(False))
        like, start = unet.images(batch, layout, network), torch.zeros(batch)

        def work():
            with torch.no_grad():
                noise = torch.randn_like(like)
                return noise + model(start, noise)

        return work

    return in_all(prepare)


def limits(network):
    size, length = (8192, 1 << 28) if network == "published" else (256, 1 << 20)
    dtypes = {"f32": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16}
    return {
        f"gpu/matrix-product-{size}": {
            name: partial(entered, name, partial(matrix_product, size, dtype))
            for name, dtype in dtypes.items()
        },
        f"gpu/copy-{4 * length >> 20}-MiB": {"f32": partial(copy, length)},
    }


def workloads(network, batch):
    return limits(network) | {
        f"gpu/forward-{batch}": forward(network, batch),
        f"gpu/train-{batch}": train(network, batch),
        f"gpu/round-{batch}": distillation_round(network, batch),
        f"gpu/sample-{batch}": sample(network, batch),
    }
