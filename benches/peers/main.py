"""The workloads of `cargo xtask bench` in PyTorch: `main.py [--threads N] serve | peak NAME VARIANT`.

Speaks the protocol of benches/src/server.rs: requests are lines, answers are lines of JSON.
"""

import argparse
import json
import platform
import sys

import torch

import digits
import distillation
import machine
import operations
import optimizer
import unet
from memory import peak_bytes
from stopwatch import Stopwatch

MODULES = (machine, operations, unet, distillation, digits, optimizer)


def all_workloads():
    """Every workload by name: its variants by name, each a function that prepares and returns the work."""
    workloads = {}
    for module in MODULES:
        workloads.update(module.workloads())
    return workloads


class Server:
    """Answers requests; holds only the workload asked for last, in all of its variants."""

    def __init__(self, workloads):
        self.workloads = workloads
        self.current = None
        self.stopwatches = {}

    def answer(self, request):
        match request.split():
            case ["list"]:
                return self.list()
            case ["run", name, variant]:
                return self.stopwatch(name, variant).repeat()
            case _:
                raise ValueError(f"expected `list` or `run NAME VARIANT`, found {request!r}")

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
        if self.current != name:
            self.current = name
            self.stopwatches.clear()
        if variant not in self.stopwatches:
            self.stopwatches[variant] = Stopwatch(find(self.workloads, name, variant)())
        return self.stopwatches[variant]


def find(workloads, name, variant):
    if name not in workloads:
        raise ValueError(f"there is no workload {name}")
    if variant not in workloads[name]:
        raise ValueError(f"expected a variant among {list(workloads[name])}, found {variant}")
    return workloads[name][variant]


def serve(workloads):
    server = Server(workloads)
    for request in sys.stdin:
        try:
            answer = server.answer(request)
        except Exception as error:  # noqa: BLE001 - whoever asked is to be told
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


def peak(workloads, name, variant):
    """Executes the workload twice and says how much memory the process needed at most."""
    work = find(workloads, name, variant)()
    work()
    work()
    print(json.dumps({"bytes": peak_bytes()}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, help="threads that PyTorch uses; by default, all cores")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve")
    arguments_of_peak = commands.add_parser("peak")
    arguments_of_peak.add_argument("name")
    arguments_of_peak.add_argument("variant")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    if arguments.command == "serve":
        serve(all_workloads())
    else:
        peak(all_workloads(), arguments.name, arguments.variant)


if __name__ == "__main__":
    main()
