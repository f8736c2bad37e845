"""The real docker command, a real engine and a real registry, with each helper behind them: every docker command found
on the machine takes its turn."""
import json
import sys
from concurrent.futures import ThreadPoolExecutor

from docker_world import PASSWORD, USER, DockerMixin, docker_commands, traces_of
from helper_worlds import on_each_helper
from sandbox import SandboxCase, main
from token_server import TokenServer

HUB = "https://index.docker.io/v1/"


SecretServiceDocker, PassDocker, KeyctlDocker = on_each_helper(DockerMixin)


class DockerCase(SandboxCase):
    def setUp(self):
        self.commands = docker_commands()
        super().setUp()

    def ask(self, action, input=""):
        """The helper itself, without docker."""
        return self.world.run(f"docker-credential-{self.world.helper_name}", action, input=input)

    def each(self):
        """One turn for each docker command."""
        for version, path in self.commands.items():
            print(f"with docker {version}, {path}", file=sys.stderr)
            self.world.cli = path
            self.world.config.unlink(missing_ok=True)
            yield version

    def stored(self):
        """What `list` says, as a dictionary."""
        return json.loads(self.succeeds(self.ask("list")).out)

    def no_secret_in_config(self, secret=PASSWORD):
        self.assertEqual(traces_of(secret, self.world.env["DOCKER_CONFIG"]), [])


class Story:
    """What has to work the same with every helper."""

    def test_creds_store(self):
        self.world.start_registry()
        self.world.start_engine()
        for version in self.each():
            self.world.configure(credsStore=self.world.helper_name)
            self.from_login_to_logout(f"v{version}")

    def test_cred_helpers(self):
        self.world.start_registry()
        self.world.start_engine()
        for version in self.each():
            self.world.configure(credHelpers={self.world.registry: self.world.helper_name})
            self.from_login_to_logout(f"v{version}")

    def from_login_to_logout(self, tag):
        image = f"{self.world.registry}/team/hello:{tag}"
        self.world.make_image(image)

        refused = self.world.docker("push", image)
        self.assertNotEqual(refused.code, 0, refused)

        self.succeeds(self.world.log_in())
        self.assertEqual(self.stored(), {self.world.registry: USER})
        self.no_secret_in_config()
        again = self.succeeds(self.world.docker("login", self.world.registry))
        self.assertIn("existing credentials", again.out + again.err)
        self.assertEqual(self.stored(), {self.world.registry: USER})

        self.succeeds(self.world.docker("push", image))
        self.assertIn(tag, self.world.tags("team/hello"))
        self.succeeds(self.world.docker("rmi", image))
        self.succeeds(self.world.docker("pull", image))
        self.succeeds(self.world.docker("manifest", "inspect", "--insecure", image))
        self.no_secret_in_config()

        self.succeeds(self.world.docker("logout", self.world.registry))
        self.assertEqual(self.stored(), {})
        self.assertEqual(self.ask("get", self.world.registry).out, "credentials not found in native keychain\n")
        self.world.docker("rmi", image)
        refused = self.world.docker("pull", image)
        self.assertNotEqual(refused.code, 0, refused)
        self.assertRegex(refused.err, "no basic auth credentials|unauthorized")

    def test_build_from_a_private_image(self):
        """The classic builder asks `list`, then `get` for each name, and sends it all to the engine."""
        self.world.start_registry()
        self.world.start_engine()
        for version in self.each():
            image = f"{self.world.registry}/base:v{version}"
            self.world.configure(credsStore=self.world.helper_name)
            self.succeeds(self.world.log_in())
            self.world.make_image(image)
            self.succeeds(self.world.docker("push", image))
            self.succeeds(self.world.docker("rmi", image))
            context = self.world.root / f"context-{version}"
            context.mkdir()
            (context / "Dockerfile").write_text(f"FROM {image}\nLABEL by=test\n")
            built = self.world.docker("build", "-q", context, env={"DOCKER_BUILDKIT": "0"})
            self.assertEqual(built.code, 0, built)
            self.assertIn("sha256:", built.out)

    def test_five_parallel_pulls(self):
        self.world.start_registry()
        self.world.start_engine()
        for version in self.each():
            self.world.configure(credsStore=self.world.helper_name)
            self.succeeds(self.world.log_in())
            images = [f"{self.world.registry}/p{number}:v{version}" for number in range(5)]
            for image in images:
                self.world.make_image(image, image.encode())
                self.succeeds(self.world.docker("push", image))
                self.succeeds(self.world.docker("rmi", image))
            for image, done in zip(images, self.at_once([["pull", image] for image in images])):
                self.assertEqual(done.code, 0, f"{image}: {done}")

    def at_once(self, commands):
        with ThreadPoolExecutor(len(commands)) as pool:
            return list(pool.map(lambda arguments: self.world.docker(*arguments), commands))

    def test_wrong_password(self):
        """A refused login stores nothing and leaves the login before it alone."""
        self.world.start_registry()
        for _ in self.each():
            self.world.configure(credsStore=self.world.helper_name)
            refused = self.world.log_in("not the password")
            self.assertNotEqual(refused.code, 0, refused)
            self.assertEqual(self.stored(), {})
            self.succeeds(self.world.log_in())
            self.assertNotEqual(self.world.log_in("not the password").code, 0)
            answer = json.loads(self.ask("get", self.world.registry).out)
            self.assertEqual((answer["Username"], answer["Secret"]), (USER, PASSWORD))
            self.succeeds(self.world.docker("logout", self.world.registry))

    def test_identity_token(self):
        """A token server that hands out a refresh token: docker stores it under the user name <token>."""
        refresh = "refresh-token-4711"
        tokens = TokenServer(self.world, {USER: PASSWORD}, refresh)
        self.addCleanup(tokens.close)
        self.world.start_registry_with_tokens(tokens.realm, tokens.certificate)
        self.world.start_engine()
        for version in self.each():
            self.world.configure(credsStore=self.world.helper_name)
            self.succeeds(self.world.log_in())
            self.assertEqual(self.stored(), {self.world.registry: "<token>"})
            self.assertEqual(json.loads(self.ask("get", self.world.registry).out)["Secret"], refresh)
            self.no_secret_in_config()
            self.no_secret_in_config(refresh)

            image = f"{self.world.registry}/hello:v{version}"
            self.world.make_image(image)
            tokens.requests.clear()
            self.succeeds(self.world.docker("push", image))
            self.succeeds(self.world.docker("rmi", image))
            self.succeeds(self.world.docker("pull", image))
            grants = {fields.get("grant_type") for method, fields in tokens.requests if method == "POST"}
            self.assertEqual(grants, {"refresh_token"}, tokens.requests)

            self.succeeds(self.world.docker("logout", self.world.registry))
            self.assertEqual(self.stored(), {})

    def test_hub_logout_takes_the_companion_entries_along(self):
        """A browser login to Docker Hub leaves three entries; logout asks for one of them to find the others."""
        for version in self.each():
            if int(version.split(".")[0]) < 27:
                continue  # knows no companion entries
            self.world.configure(credsStore=self.world.helper_name, auths={HUB: {}})
            entries = {HUB: "hub password", f"{HUB}access-token": "access", f"{HUB}refresh-token": "refresh..client"}
            for server, secret in entries.items():
                self.succeeds(self.ask("store", json.dumps({"ServerURL": server, "Username": USER, "Secret": secret})))
            self.assertEqual(self.stored(), dict.fromkeys(entries, USER))
            for server, secret in entries.items():
                self.assertEqual(json.loads(self.ask("get", server).out)["Secret"], secret)
            # In a network of its own, that has nothing: the revocation at Docker's server must not go out.
            done = self.world.run("unshare", "-n", self.world.cli, "logout", timeout=60)
            self.assertEqual(done.code, 0, done)
            self.assertEqual(self.stored(), {}, done)


class SecretServiceTest(Story, DockerCase):
    def make_world(self):
        return SecretServiceDocker()

    def test_what_one_sees_when_the_keyring_is_locked(self):
        self.world.start_registry()
        self.world.start_engine()
        image = f"{self.world.registry}/hello:v1"
        self.world.configure(credsStore="secretservice")
        self.world.cli = next(iter(self.commands.values()))
        self.succeeds(self.world.log_in())
        self.world.make_image(image)
        self.succeeds(self.world.docker("push", image))
        self.succeeds(self.world.docker("rmi", image))
        self.world.restart_locked()
        for _ in self.each():
            self.world.configure(credsStore="secretservice")
            done = self.world.docker("pull", image)
            self.assertNotEqual(done.code, 0, done)
            self.assertIn("locked", done.err)


class PassTest(Story, DockerCase):
    def make_world(self):
        return PassDocker()

    def test_what_one_sees_when_the_key_is_gone(self):
        self.world.start_registry()
        self.world.start_engine()
        image = f"{self.world.registry}/hello:v1"
        self.world.configure(credsStore="pass")
        self.world.cli = next(iter(self.commands.values()))
        self.succeeds(self.world.log_in())
        self.world.make_image(image)
        self.succeeds(self.world.docker("push", image))
        self.succeeds(self.world.docker("rmi", image))
        self.world.run("gpgconf", "--kill", "all")
        for key in (self.world.gnupg / "private-keys-v1.d").iterdir():
            key.unlink()
        for _ in self.each():
            self.world.configure(credsStore="pass")
            done = self.world.docker("pull", image)
            self.assertNotEqual(done.code, 0, done)
            self.assertIn("docker-credential-pass", done.err)
            self.assertIn("key", done.err)


class PassWithoutStoreTest(DockerCase):
    def make_world(self):
        return PassDocker(init=False)

    def test_login_says_how_to_make_a_store(self):
        self.world.start_registry()
        for _ in self.each():
            self.world.configure(credsStore="pass")
            done = self.world.log_in()
            self.assertNotEqual(done.code, 0, done)
            self.assertIn("docker-credential-pass init", done.err)
            self.no_secret_in_config()

    def test_init_is_all_it_takes(self):
        self.world.start_registry()
        self.succeeds(self.world.run("docker-credential-pass", "init", "--no-passphrase"))
        for _ in self.each():
            self.world.configure(credsStore="pass")
            self.succeeds(self.world.log_in())
            self.assertEqual(self.stored(), {self.world.registry: USER})
            self.succeeds(self.world.docker("logout", self.world.registry))


class KeyctlTest(Story, DockerCase):
    def make_world(self):
        return KeyctlDocker()


if __name__ == "__main__":
    main()
