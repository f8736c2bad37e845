"""Paired measurements: two commands in turn, A B A B ..., so that a machine whose speed drifts hits both alike."""
import os
import statistics
import subprocess
import time
from dataclasses import dataclass


@dataclass
class Run:
    wall: float  # milliseconds
    cpu: float  # milliseconds of user and system time, children included
    code: int


def run_once(argv, env, stdin):
    """Runs a program with `stdin` from a pipe."""
    reader, writer = os.pipe()
    os.write(writer, stdin)
    os.close(writer)
    started = time.perf_counter()
    process = subprocess.Popen([str(a) for a in argv], env=env, stdin=reader, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    os.close(reader)
    return Run(wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000, process.returncode)


@dataclass
class Pair:
    ours: Run  # medians
    theirs: Run
    ratio: float  # median of ours / theirs, pair by pair, wall time


def paired(ours, theirs, env, stdin, runs):
    """`ours` and `theirs` are argument vectors; two warm-up rounds are not counted."""
    rounds = [(run_once(ours, env, stdin), run_once(theirs, env, stdin)) for _ in range(runs + 2)][2:]

    def medians(results):
        return Run(*(statistics.median(getattr(r, name) for r in results) for name in ("wall", "cpu", "code")))

    first, second = zip(*rounds)
    return Pair(medians(first), medians(second), statistics.median(a.wall / b.wall for a, b in rounds))


def peak_memory(argv, env, stdin):
    """KiB of the largest process. Counted below time(1), because the kernel would otherwise count what a child shares with
    this interpreter before it becomes the program."""
    done = subprocess.run(["/usr/bin/time", "-f", "%M", *[str(a) for a in argv]], env=env, input=stdin, check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return int(done.stderr.split()[-1])
