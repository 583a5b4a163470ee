"""Scripts that end, and processes that fork, while a session computes."""

import os
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.slow

LIMIT = 100

BEGIN = """
import os, signal, sys, threading, time
import numpy as np
import torch
from torch import nn
import xai_widgets as xai
from xai_widgets.session import Session, View

in_pass, let_go = threading.Event(), threading.Event()

class Held(torch.autograd.Function):
    held = False
    @staticmethod
    def forward(ctx, x):
        return x.clone()
    @staticmethod
    def backward(ctx, gradient):
        if Held.held:
            in_pass.set()
            let_go.wait()
        return gradient

class Slow(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 2)
    def forward(self, x):
        return self.head(Held.apply(x))

model = xai.wrap(Slow(), input_shape=(4,))
method, x = xai.IntegratedGradients(steps=64), np.ones(4, "f4")

def view():
    def frame(answer, answers):
        return {}, [answer.map]
    return View("question", method, lambda resume: method.steps_of(model, x, resume=resume), dict, frame)

session = Session(lambda content, buffers: print(content["type"], content["evaluations"], flush=True))
session.expect()
Held.held = True
session.request([view()])
assert in_pass.wait(60)
"""


def run(script):
    lines = BEGIN + textwrap.dedent(script)
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", lines], capture_output=True, text=True, timeout=LIMIT, check=False
    )


def test_a_script_that_forks_and_ends_during_a_long_pass_ends_as_it_would():
    done = run(
        """
        child = os.fork() if hasattr(os, "fork") else None  # as a data loader does
        if child == 0:
            session.repeat(), session.stop(), session.request([view()]), session.report("hello"), session.wait()
            assert session.closed
            session.close()
            Held.held = False
            print("child", model.scores(x).shape, flush=True)
            os._exit(7)
        assert child is None or os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        threading.Timer(3, let_go.set).start()  # longer than anything else waits
        sys.exit(3)
        """
    )
    assert done.returncode == 3, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[:1] == ["child (1, 2)"] * hasattr(os, "fork"), "its locks are free"
    assert lines[1:] in ([], ["frame 2"]), "the pass is the last one"


def test_an_interrupt_at_the_end_of_a_script_ends_it_whatever_is_in_a_pass():
    done = run(
        """
        def interrupt():
            while threading.main_thread().is_alive():
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=interrupt, daemon=True).start()
        """
    )
    assert done.returncode == 130, done.stderr
    assert "terminate" not in done.stderr
