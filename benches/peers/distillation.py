"""A round of RealUID, arranged as in the official training loop (github.com/David-cripto/RealUID).

As there, the loss is the squared form without gamma; on the generator's turn the fake model's own
gradients are computed and thrown away, because its parameters still require them. Unlike there,
the generator records no graph on the fake model's turns, Adam is fused and the averages are updated
by one call each: all three only make this faster.
"""

import torch

import unet
from layouts import in_both
from settings import plain
from training import Averages, Learner, frozen, times

ALPHA, BETA = 0.94, 0.96
DECAYS = [0.999, 0.9996, 0.9999]


class Round:
    """Several turns of the fake model, then one of the generator; all start from `network`."""

    def __init__(self, network, data, fake_turns, execution=plain):
        self.teacher = execution(frozen(network))
        self.generator = Learner(network, 3e-5, (0.0, 0.999), execution)
        fake = frozen(network).requires_grad_(True)
        self.fake = Learner(fake, 3e-5, (0.0, 0.999), execution)
        self.averages = Averages(self.generator.network, DECAYS)
        self.fake_turns = fake_turns
        self.data = data
        self.noise = torch.randn_like(data)
        self.source = torch.randn_like(data)
        self.t = times(len(data))
        self.start = torch.zeros(len(data))

    def __call__(self):
        for _ in range(self.fake_turns):
            self.fake_turn()
        self.generator_turn()

    def generate(self):
        return self.noise + self.generator.predict(self.start, self.noise)

    def on_the_way(self, data):
        t = self.t.view((-1,) + (1,) * (data.dim() - 1))
        return t * data + (1 - t) * self.source

    def fake_turn(self):
        with torch.no_grad():
            generated = self.generate()
        fake = self.fake.predict
        loss = ALPHA * distance(
            fake(self.t, self.on_the_way(generated)), BETA / ALPHA * (generated - self.source)
        ) + (1 - ALPHA) * distance(
            fake(self.t, self.on_the_way(self.data)),
            (1 - BETA) / (1 - ALPHA) * (self.data - self.source),
        )
        self.fake.update(loss / len(self.data))

    def generator_turn(self):
        generated = self.generate()
        x = self.on_the_way(generated)
        target = BETA / ALPHA * (generated - self.source)
        fake = self.fake.predict(self.t, x)
        teacher = self.teacher(self.t, x)
        loss = ALPHA * (distance(teacher, target) - distance(fake, target))
        # The fake model's gradients gather beside the generator's until its own next turn.
        self.generator.update(loss / len(self.data))
        self.averages.update()


def distance(a, b):
    return ((a - b) ** 2).sum()


def workloads():
    def prepare(layout):
        return Round(unet.network(layout), unet.images(4, layout), fake_turns=5)

    return {"distill/unet-round-4": in_both(prepare)}
