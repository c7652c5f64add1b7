"""The workloads of `cargo xtask bench` and `cargo xtask gpu` in PyTorch.

`main.py [--threads N] [--suite gpu --device cuda --batch N --network NAME] serve | peak NAME VARIANT`.

Speaks the protocol of benches/src/server.rs: requests are lines, answers are lines of JSON.
"""

import argparse
import json
import platform
import sys

import torch

import digits
import distillation
import gpu
import machine
import operations
import optimizer
import unet
from memory import peak_bytes
from settings import forget_peak, peak
from stopwatch import Stopwatch

MODULES = (machine, operations, unet, distillation, digits, optimizer)


def all_workloads(arguments):
    """Every workload by name: its variants by name, each a function that prepares and returns the work."""
    if arguments.suite == "gpu":
        steps = gpu.workloads(arguments.network, arguments.batch)
        return steps | operations.gpu_workloads(arguments.batch)
    workloads = {}
    for module in MODULES:
        workloads.update(module.workloads())
    return workloads


class Server:
    """Answers requests; holds only the workload asked for last: in all of its variants, or in one."""

    def __init__(self, workloads, one_variant):
        self.workloads = workloads
        # A GPU has no room for several, and what one asked for last may change what another does.
        self.one_variant = one_variant
        self.current = None
        self.stopwatches = {}

    def answer(self, request):
        match request.split():
            case ["list"]:
                return self.list()
            case ["run", name, variant]:
                return self.stopwatch(name, variant).repeat() | peak()
            case ["rest"]:
                self.hold(None)
                return {}
            case _:
                raise ValueError(f"expected `list`, `rest` or `run NAME VARIANT`, found {request!r}")

    def list(self):
        return {
            "version": f"PyTorch {torch.__version__}, Python {platform.python_version()}",
            "threads": torch.get_num_threads(),
            "workloads": [
                {"name": name, "variants": list(variants)}
                for name, variants in self.workloads.items()
            ],
        }

    def stopwatch(self, name, variant):
        self.hold((name, variant) if self.one_variant else name)
        if variant not in self.stopwatches:
            self.stopwatches[variant] = Stopwatch(find(self.workloads, name, variant)())
        return self.stopwatches[variant]

    def hold(self, wanted):
        """Lets go of everything but `wanted`."""
        if self.current != wanted:
            self.current = wanted
            self.stopwatches.clear()
            if self.one_variant:
                forget_peak()


def find(workloads, name, variant):
    if name not in workloads:
        raise ValueError(f"there is no workload {name}")
    if variant not in workloads[name]:
        raise ValueError(f"expected a variant among {list(workloads[name])}, found {variant}")
    return workloads[name][variant]


def serve(workloads, one_variant):
    server = Server(workloads, one_variant)
    for request in sys.stdin:
        try:
            answer = server.answer(request)
        except Exception as error:  # noqa: BLE001 - whoever asked is to be told
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


def print_peak(workloads, name, variant):
    """Executes the workload twice and says how much memory the process needed at most."""
    work = find(workloads, name, variant)()
    work()
    work()
    print(json.dumps({"bytes": peak_bytes()}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, help="threads that PyTorch uses; by default, all cores")
    parser.add_argument("--suite", choices=("cpu", "gpu"), default="cpu", help="which workloads")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where they compute")
    parser.add_argument("--batch", type=int, default=256, help="images in a batch of the suite for GPUs")
    parser.add_argument("--network", choices=tuple(unet.NETWORKS), default="published", help="and its network")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve")
    arguments_of_peak = commands.add_parser("peak")
    arguments_of_peak.add_argument("name")
    arguments_of_peak.add_argument("variant")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.set_default_device(arguments.device)
    if arguments.command == "serve":
        serve(all_workloads(arguments), arguments.suite == "gpu")
    else:
        print_peak(all_workloads(arguments), arguments.name, arguments.variant)


if __name__ == "__main__":
    main()
