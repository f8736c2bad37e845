# SPDX-License-Identifier: Apache-2.0
"""The packages and files of a release, made from the last commit; packages are kept in the cache, for they take minutes."""
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("KEYBERTH_CACHE") or f"{tempfile.gettempdir()}/keyberth-test-cache-{os.getuid()}").resolve()
HELPERS = ("keyctl", "oauth", "pass", "secretservice")
# What the packages are made of; they are built again when one of these has changed.
PARTS = ("CMakeLists.txt", "LICENSE", "cmake", "common", "completions", "helpers", "man", "packaging/debian", "packaging/rpm",
         "scripts/build-packages", "tests/contract", "tests/support")
PROGRAMS = [f"docker-credential-{name}" for name in HELPERS]


def run(*argv, **options):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise AssertionError(f"{argv} failed with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def version():
    return run("sed", "-n", r"s/^project(keyberth VERSION \([0-9.]*\) .*/\1/p", ROOT / "CMakeLists.txt").strip()


def packages(kind):
    """The folder with the packages of the last commit: "deb" or "rpm"."""
    parts = run("git", "rev-parse", *(f"HEAD:{part}" for part in PARTS), cwd=ROOT)
    key = hashlib.sha256(parts.encode()).hexdigest()
    folder = CACHE / f"packages-{kind}"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        built = folder / key
        if not built.exists():
            for old in folder.glob("*"):
                if old.is_dir():
                    shutil.rmtree(old)
            unfinished = folder / "unfinished"
            options = {"DEB_BUILD_OPTIONS": "nocheck noautodbgsym", "DEB_BUILD_PROFILES": "nocheck"}
            if kind == "rpm":
                options["CXXFLAGS"] = "-O0"  # what the programs do is not asked here, and this takes half the time
            run(ROOT / "scripts/build-packages", kind, unfinished, env={**os.environ, **options}, cwd=ROOT)
            unfinished.rename(built)
    return built


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
