"""Prints Class.method for each unittest case of a file, for CMake to register."""
import importlib.util
import sys
import unittest
from pathlib import Path


def walk(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from walk(item)
        else:
            yield item.id().split(".", 1)[1]


sys.path.insert(0, str(Path(sys.argv[1]).parent))  # as if the file were run
spec = importlib.util.spec_from_file_location("cases", sys.argv[1])
module = importlib.util.module_from_spec(spec)
sys.modules["cases"] = module
spec.loader.exec_module(module)
print("\n".join(walk(unittest.defaultTestLoader.loadTestsFromModule(module))))
