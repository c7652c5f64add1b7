"""The small perceptron of configs/digits.toml, where overhead counts more than arithmetic."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from distillation import Round
from training import matching_step, prediction, times

FEATURES, HIDDEN, BLOCKS, PIXELS = 32, 256, 3, 64


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(HIDDEN, HIDDEN)
        self.project = nn.Linear(HIDDEN // 2, HIDDEN)
        self.second = nn.Linear(HIDDEN, HIDDEN)

    def forward(self, hidden, embedding):
        return hidden + self.second(F.silu(self.first(hidden) + self.project(embedding)))


class Perceptron(nn.Module):
    """The residual perceptron that `MlpConfig` of realuid-models describes."""

    def __init__(self):
        super().__init__()
        self.time = nn.Linear(FEATURES, HIDDEN // 2)
        self.input = nn.Linear(PIXELS, HIDDEN)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.output = nn.Linear(HIDDEN, PIXELS)
        exponents = torch.arange(FEATURES // 2) / (FEATURES // 2 - 1)
        self.register_buffer("frequencies", torch.exp(exponents * math.log(50.0)))

    def forward(self, t, x):
        angles = t[:, None] * self.frequencies
        embedding = F.silu(self.time(torch.cat([angles.cos(), angles.sin()], dim=-1)))
        hidden = self.input(x.flatten(1))
        for block in self.blocks:
            hidden = block(hidden, embedding)
        return self.output(F.silu(hidden)).view_as(x)


def images(batch):
    return torch.randn(batch, 1, 8, 8)


def forward():
    return prediction(Perceptron(), images(256), times(256))


def train():
    return matching_step(Perceptron(), images(256), images(256), times(256))


def distillation_round():
    return Round(Perceptron(), images(128), fake_turns=2)


def workloads():
    return {
        "digits/forward-256": {"default": forward},
        "digits/train-256": {"default": train},
        "digits/round-128": {"default": distillation_round},
    }
