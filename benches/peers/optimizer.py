"""What follows the gradients of a training step."""

import torch

import unet
from training import Averages


def update():
    """Norm, clipping, fused Adam and three averages of all parameters of the UNet."""
    network = unet.network(torch.contiguous_format)
    parameters = list(network.parameters())
    gradients = [2 * (p.detach() + 0.5) for p in parameters]
    adam = torch.optim.Adam(parameters, lr=1e-5, fused=True)
    averages = Averages(network, [0.999, 0.9996, 0.9999])
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = gradient

    def work():
        torch.nn.utils.clip_grad_norm_(parameters, 1.0, foreach=True)
        adam.step()
        averages.update()

    return work


def workloads():
    return {"optimizer/unet-3-averages": {"default": update}}
