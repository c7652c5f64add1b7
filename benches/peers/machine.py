"""What the machine can do at best, as far as PyTorch gets there."""

import torch


def matrix_product():
    a, b = torch.randn(2048, 2048), torch.randn(2048, 2048)
    return lambda: torch.mm(a, b)


def workloads():
    return {"machine/matrix-product-2048": {"default": matrix_product}}
