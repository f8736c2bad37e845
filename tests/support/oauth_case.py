"""The bases of the tests of docker-credential-oauth."""
from faulty_provider import FaultyProvider
from oauth_world import OauthWorld
from sandbox import SandboxCase

NOBODY = "127.0.0.1:9"  # a registry that is not there, which a login survives


class OauthCase(SandboxCase):
    """`registry` is the host that the world's commands are about, if not a name of its own."""
    registry = None

    def make_world(self):
        world = OauthWorld()
        world.host = self.registry or world.host
        return world

    def faulty(self, **options):
        """A provider that answers what the test tells it to."""
        provider = FaultyProvider(**options)
        self.addCleanup(provider.close)
        return provider


class ProviderCase(OauthCase):
    """With the real provider. Logins are for a registry that cannot be asked."""
    registry = NOBODY

    def setUp(self):
        super().setUp()
        self.provider = self.world.start_provider()
