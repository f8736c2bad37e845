"""The world of each helper that keeps credentials itself."""
from keyctl_world import KeyctlWorld
from pass_world import PassWorld
from secretservice_world import SecretServiceWorld


def on_each_helper(mixin):
    """A mixin laid over the worlds of secretservice, pass and keyctl: three classes in this order. Each has its helper's
    name, as what is tested or as the vault of another."""
    return [type(base.__name__ + mixin.__name__, (mixin, base), {"helper_name": name, "vault": name})
            for name, base in (("secretservice", SecretServiceWorld), ("pass", PassWorld), ("keyctl", KeyctlWorld))]
