"""The contract, once for every helper of the family."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import base
import model_cases
import protocol_cases
import store_cases
import worlds

PARTS = (protocol_cases.Protocol, store_cases.Keeping, store_cases.Names, store_cases.Crowd, model_cases.RandomSequences)


def case_for(kind):
    """One class with every case, for the helper of this name."""
    from sandbox import BIN
    name = f"docker-credential-{kind}"
    members = {"helper": BIN / name, "name": name, "traits": worlds.KNOWN[kind], "__module__": __name__}
    return type(kind, PARTS, members)


for helper_kind in worlds.KNOWN:
    globals()[helper_kind] = case_for(helper_kind)
del helper_kind

if __name__ == "__main__":
    import sandbox
    sandbox.main()
