"""Kernels that have loaded their framework when they begin, which takes longer than many a lesson."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient

FORKS = sys.platform == "linux"
"""Elsewhere a process that has loaded a framework may not be forked, and each kernel loads it anew."""


class Forking:
    """The process that has loaded some modules; see `forking.py`."""

    def __init__(self, modules, environment):
        command = [sys.executable, "-P", Path(__file__).with_name("forking.py"), *modules]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, env=environment, **pipes) if FORKS else None

    def run(self, notebook, folder, environment):
        """Run the cells of a notebook in a kernel of their own, which puts their outputs into them."""
        manager = Manager(self) if FORKS else AsyncKernelManager()
        client = NotebookClient(notebook, km=manager, timeout=300, coalesce_streams=True, store_widget_state=False)
        running = client.async_execute(cwd=str(folder), env=environment, cleanup_kc=True)
        # In a thread of its own: where a browser was driven before, the main one has an event loop that runs.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, running).result()

    def fork(self, **request):
        """Return the number of a new kernel."""
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self):
        """End it."""
        if self.process:
            self.process.communicate()


class Manager(AsyncKernelManager):
    """Starts a kernel by forking, and is otherwise as any other."""

    def __init__(self, forking):
        super().__init__()
        self.forking = forking

    async def _async_launch_kernel(self, kernel_cmd, *, cwd, env, **_):
        arguments = kernel_cmd[kernel_cmd.index("-f") :]
        number = self.forking.fork(arguments=arguments, folder=cwd, environment=env)
        self.provisioner.process = Forked(number)


class Forked:
    """What a manager asks of the process of its kernel, which is not this one's child."""

    stdin = stdout = stderr = None

    def __init__(self, number):
        self.pid = number

    def poll(self):
        """Return None as long as it runs."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 0

    wait = poll

    def send_signal(self, number):
        os.killpg(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def terminate(self):
        self.send_signal(signal.SIGTERM)
