"""What follows a backward pass, in the fastest form that PyTorch has.

An `execution` makes of a network what is called in its place: settings.py has those for GPUs.
"""

import copy

import torch

from settings import plain


class Averages:
    """Exponential moving averages of a network's parameters, one for each decay."""

    def __init__(self, network, decays):
        self.parameters = list(network.parameters())
        copies = [[p.detach().clone() for p in self.parameters] for _ in decays]
        self.averages = list(zip(decays, copies))

    @torch.no_grad()
    def update(self):
        for decay, average in self.averages:
            torch._foreach_lerp_(average, self.parameters, 1.0 - decay)


class Learner:
    """A network with its optimiser: clipping at a norm of 1 and fused Adam."""

    def __init__(self, network, learning_rate=2e-4, betas=(0.9, 0.999), execution=plain):
        self.network = network
        self.predict = execution(network)
        self.adam = torch.optim.Adam(network.parameters(), lr=learning_rate, betas=betas, fused=True)

    def update(self, loss):
        """One step along the gradients of `loss` for whatever requires them."""
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.adam.step()


def prediction(network, x, t):
    """A forward pass that nobody differentiates."""

    def work():
        with torch.no_grad():
            network(t, x)

    return work


def matching_step(network, data, source, t, execution=plain):
    """A training step of flow matching: loss, gradients, clipping, Adam, one average."""
    learner = Learner(network, execution=execution)
    averages = Averages(network, [0.9999])
    shape = (-1,) + (1,) * (data.dim() - 1)
    x = t.view(shape) * data + (1 - t.view(shape)) * source
    target = data - source

    def work():
        loss = ((learner.predict(t, x) - target) ** 2).sum() / len(x)
        learner.update(loss)
        averages.update()

    return work


def frozen(network):
    """A copy of `network` whose parameters take no gradients."""
    return copy.deepcopy(network).requires_grad_(False)


def times(batch):
    """Times evenly within (0, 1)."""
    return (torch.arange(batch) + 0.5) / batch
