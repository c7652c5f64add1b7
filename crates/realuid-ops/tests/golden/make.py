"""Writes torch.safetensors, the values tests/against_pytorch.rs compares with. Needs torch 2, safetensors.

Inputs are standard normal f64; every case stores inputs, output y, cotangent w and the gradients of sum(y w).
"""
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
out = {}


def case(name, shapes, function):
    inputs = [torch.randn(s).requires_grad_() for s in shapes]
    y = function(*inputs)
    w = torch.randn(y.shape)
    gradients = torch.autograd.grad((y * w).sum(), inputs)
    for i, (x, g) in enumerate(zip(inputs, gradients)):
        out[f"{name}/x{i}"], out[f"{name}/g{i}"] = x.detach(), g
    out[f"{name}/y"], out[f"{name}/w"] = y.detach(), w


case("conv", [(2, 3, 7, 6), (4, 3, 3, 3), (4,)], lambda x, w, b: F.conv2d(x, w, b, 2, 1))
case("conv-large", [(2, 5, 18, 17), (6, 5, 3, 3), (6,)], lambda x, w, b: F.conv2d(x, w, b, 1, 1))
case("linear", [(3, 5, 7), (4, 7), (4,)], F.linear)
case("norm", [(2, 6, 3, 5), (6,), (6,)], lambda x, w, b: F.group_norm(x, 3, w, b, 1e-5))
case("norm-silu", [(2, 6, 3, 5), (6,), (6,)], lambda x, w, b: F.silu(F.group_norm(x, 2, w, b, 1e-5)))
case("adaptive", [(2, 4, 3, 5), (4,), (4,), (2, 4), (2, 4)], lambda x, w, b, s, t: F.silu(
    F.group_norm(x, 2, w, b, 1e-5) * (1 + s[..., None, None]) + t[..., None, None]))
case("attention", [(2, 3, 5, 4)] * 3,
     lambda q, k, v: F.scaled_dot_product_attention(q, k, v))
case("softmax", [(4, 19)], lambda x: F.softmax(x, -1))
case("silu", [(5, 7)], F.silu)
case("softplus", [(5, 7)], F.softplus)
case("upsample", [(2, 3, 3, 5)], lambda x: F.interpolate(x, scale_factor=2, mode="nearest"))
case("pool", [(2, 3, 4, 6)], lambda x: F.avg_pool2d(x, 2))

for name, betas in (("adam", (0.9, 0.999)), ("adam-beta1-0", (0.0, 0.999))):
    p = [torch.randn(5, 3).requires_grad_(), torch.randn(4).requires_grad_()]
    out[f"{name}/p0"], out[f"{name}/p1"] = (x.detach().clone() for x in p)
    optimiser = torch.optim.Adam(p, lr=0.03, betas=betas, eps=1e-8)
    averages = [x.detach().clone() for x in p]
    for step in range(6):
        for i, x in enumerate(p):
            x.grad = torch.randn(x.shape)
            out[f"{name}/gradient{i}/{step}"] = x.grad.clone()
        norm = torch.nn.utils.clip_grad_norm_(p, 2.0)
        out[f"{name}/norm/{step}"] = norm.reshape(1)
        optimiser.step()
        for a, x in zip(averages, p):
            a.mul_(0.9).add_(x.detach(), alpha=0.1)
    for i, x in enumerate(p):
        out[f"{name}/end{i}"], out[f"{name}/average{i}"] = x.detach(), averages[i]
        out[f"{name}/first{i}"] = optimiser.state[x]["exp_avg"]
        out[f"{name}/second{i}"] = optimiser.state[x]["exp_avg_sq"]

save_file({k: v.contiguous() for k, v in out.items()}, "torch.safetensors")
