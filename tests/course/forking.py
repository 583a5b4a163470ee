"""A process that has loaded modules and forks kernels, which thus begin with them: python -P forking.py MODULES...

Each line of its input asks for one: in JSON its arguments, folder and environment. The answer is its number. Kernels
share what the modules did while they were loaded, and nothing else.
"""

import importlib
import json
import os
import signal
import sys


def main(modules):
    for module in ("ipykernel.kernelapp", *modules):
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a kernel that has ended
    for line in sys.stdin:
        if not (number := os.fork()):
            become(**json.loads(line))
        print(number, flush=True)


def become(arguments, folder, environment):
    """Be a kernel, to the end."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # The pipes are those of the process that forks.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdin, sys.stdout):
        os.dup2(nowhere, stream.fileno())
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    ends_with_its_parent = f"--IPKernelApp.parent_handle={os.getppid()}"
    sys.modules["ipykernel.kernelapp"].launch_new_instance([*arguments, ends_with_its_parent])
    sys.exit()


if __name__ == "__main__":
    main(sys.argv[1:])
