"""skopeo, which shares its credential code with podman and buildah, with each helper behind it."""
import json

from docker_world import PASSWORD, USER, RegistryMixin, traces_of, write_oci_image
from helper_worlds import on_each_helper
from sandbox import SandboxCase, main


SecretServiceRegistry, PassRegistry, KeyctlRegistry = on_each_helper(RegistryMixin)


class Story:
    def setUp(self):
        super().setUp()
        self.world.start_registry()
        self.registry = self.world.registry
        (self.world.root / "policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        self.auth_file = self.world.root / "auth.json"
        self.auth_file.write_text("{}")  # logout wants it to be there
        self.world.env["REGISTRY_AUTH_FILE"] = str(self.auth_file)
        write_oci_image(self.world.root / "image")
        self.image = f"docker://{self.registry}/team/hello:v1"

    def skopeo(self, *arguments, **options):
        return self.world.run("skopeo", "--policy", self.world.root / "policy.json", *arguments, **options)

    def log_in(self, *options, registry=None):
        return self.skopeo(*options, "login", "--tls-verify=false", "-u", USER, "--password-stdin",
                           registry or self.registry, input=PASSWORD)

    def stored(self):
        return json.loads(self.succeeds(self.world.run(f"docker-credential-{self.world.helper_name}", "list")).out)

    def carry(self, *options):
        """Push, look, pull."""
        self.succeeds(self.skopeo(*options, "copy", "--dest-tls-verify=false", f"oci:{self.world.root}/image:v1", self.image))
        seen = self.succeeds(self.skopeo(*options, "inspect", "--tls-verify=false", self.image))
        self.assertEqual(json.loads(seen.out)["RepoTags"], ["v1"])
        self.succeeds(self.skopeo(*options, "copy", "--src-tls-verify=false", self.image, f"oci:{self.world.root}/back:v1"))
        self.assertTrue((self.world.root / "back/index.json").exists())

    def test_cred_helpers_in_the_auth_file(self):
        self.auth_file.write_text(json.dumps({"credHelpers": {self.registry: self.world.helper_name}}))
        refused = self.skopeo("inspect", "--tls-verify=false", self.image)
        self.assertIn("authentication required", refused.err)

        self.succeeds(self.log_in())
        self.assertEqual(self.stored(), {self.registry: USER})
        self.assertEqual(traces_of(PASSWORD, self.world.root / "config") + traces_of(PASSWORD, self.world.home), [])
        self.assertNotIn("auths", json.loads(self.auth_file.read_text()))
        self.assertEqual(self.succeeds(self.skopeo("login", "--get-login", self.registry)).out, f"{USER}\n")
        self.carry()

        self.succeeds(self.skopeo("logout", self.registry))
        self.assertEqual(self.stored(), {})
        refused = self.skopeo("inspect", "--tls-verify=false", self.image)
        self.assertIn("authentication required", refused.err)

    def test_credential_helpers_in_registries_conf(self):
        conf = self.world.root / "registries.conf"
        conf.write_text(f'credential-helpers = ["{self.world.helper_name}"]\n')
        options = ["--registries-conf", conf]
        self.succeeds(self.log_in(*options))
        self.assertEqual(self.stored(), {self.registry: USER})
        self.assertEqual(json.loads(self.auth_file.read_text()), {})
        self.carry(*options)
        self.succeeds(self.skopeo(*options, "logout", self.registry))
        self.assertEqual(self.stored(), {})

    def test_logout_all(self):
        """skopeo asks `list` and erases each name."""
        conf = self.world.root / "registries.conf"
        conf.write_text(f'credential-helpers = ["{self.world.helper_name}"]\n')
        other = self.registry.replace("127.0.0.1", "127.0.0.2")
        entry = json.dumps({"ServerURL": other, "Username": USER, "Secret": PASSWORD})
        self.succeeds(self.world.run(f"docker-credential-{self.world.helper_name}", "store", input=entry))
        self.succeeds(self.log_in("--registries-conf", conf))
        self.assertEqual(self.stored(), {self.registry: USER, other: USER})
        self.succeeds(self.skopeo("--registries-conf", conf, "logout", "--all"))
        self.assertEqual(self.stored(), {})

    def test_logout_without_a_login(self):
        """Erasing what is not there succeeds, so that logout does."""
        self.auth_file.write_text(json.dumps({"credHelpers": {self.registry: self.world.helper_name}}))
        self.succeeds(self.skopeo("logout", self.registry))


class SecretServiceTest(Story, SandboxCase):
    def make_world(self):
        return SecretServiceRegistry()


class PassTest(Story, SandboxCase):
    def make_world(self):
        return PassRegistry()


class KeyctlTest(Story, SandboxCase):
    def make_world(self):
        return KeyctlRegistry()


class LockedTest(SandboxCase):
    def make_world(self):
        return SecretServiceRegistry(provider="locked")

    def test_skopeo_quotes_what_the_helper_says(self):
        """A locked keyring is not "not found": skopeo stops and shows why instead of going on anonymously."""
        auth_file = self.world.root / "auth.json"
        auth_file.write_text('{"credHelpers": {"127.0.0.1:1": "secretservice"}}')
        self.world.client.unlock()
        done = self.world.helper("store", '{"ServerURL":"127.0.0.1:1","Username":"u","Secret":"s"}')
        self.assertEqual(done.code, 0, done)
        self.world.restart_locked()
        done = self.world.run("skopeo", "inspect", "--tls-verify=false", "docker://127.0.0.1:1/x",
                              env={"REGISTRY_AUTH_FILE": str(auth_file)})
        self.assertNotEqual(done.code, 0, done)
        self.assertIn("error getting credentials", done.err)
        self.assertIn("locked", done.err)


if __name__ == "__main__":
    main()
