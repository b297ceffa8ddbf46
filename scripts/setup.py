"""Set up what a make target needs: ``python -m scripts.setup STEP…``, quick where it is done."""

import sys

from scripts import node, programs, python_packages
from scripts.steps import fail

STEPS = {
    "runtime": lambda: python_packages.install("runtime"),
    "dev": lambda: python_packages.install("dev"),
    "client": node.build_client,
    "client-packages": lambda: node.install(node.CLIENT),
    "peers": lambda: node.install(node.PEERS),
    "programs": programs.install,
    "databases": lambda: programs.install(programs.DATABASES),
    "bench": lambda: python_packages.install("bench"),
    "bench-peers": node.install_benchmark_peers,
}

if __name__ == "__main__":
    try:
        for step in sys.argv[1:]:
            STEPS[step]()
    except KeyboardInterrupt:
        fail("Stopped; the same command goes on where this ended.")
