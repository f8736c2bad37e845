"""The whole way: a real provider, a token server that asks it about each token, Debian's registry, and docker, dockerd and
skopeo that find docker-credential-oauth through PATH. Everything speaks TLS with a certificate authority of its own."""
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlparse

from docker_world import docker_commands, traces_of, write_oci_image
from oauth_world import NOT_FOUND, Authority, OauthWorld
from sandbox import SandboxCase, main

BROWSER = Path(__file__).resolve().parents[1] / "support/scripted_browser.py"


class StoryCase(SandboxCase):
    def make_world(self):
        world = OauthWorld()
        # One configuration for docker and skopeo.
        folder = world.home / ".docker"
        folder.mkdir(mode=0o700)
        world.env["DOCKER_CONFIG"] = str(folder)
        return world

    def set_up(self, refresh_token=None, engine=True, **options):
        """A provider, a registry that trusts it, an engine, and nobody logged in."""
        self.commands = docker_commands() if engine else {}
        self.provider = self.world.start_provider(**options)
        self.tokens = self.world.start_oauth_registry(refresh_token)
        self.world.configure_oauth()
        self.world.configure()
        (self.world.root / "policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        write_oci_image(self.world.root / "image")
        if engine:
            self.world.start_engine()
            self.world.cli = next(iter(self.commands.values()))

    def each(self):
        for version, path in self.commands.items():
            print(f"with docker {version}, {path}", file=sys.stderr)
            self.world.cli = path
            yield version

    def skopeo(self, *arguments):
        return self.world.run("skopeo", "--policy", self.world.root / "policy.json", *arguments)

    def push(self, name):
        return self.skopeo("copy", f"oci:{self.world.root}/image:v1", f"docker://{self.world.host}/{name}")

    def pull(self, name):
        return self.skopeo("copy", f"docker://{self.world.host}/{name}", f"oci:{self.world.root}/back:{time.monotonic_ns()}")

    def no_trace(self):
        """Neither Docker's files nor ours have a token in them."""
        session = self.world.session()
        for name in ("access_token", "refresh_token"):
            for folder in ("DOCKER_CONFIG", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
                self.assertEqual(traces_of(session[name], self.world.env[folder], "alice"), [])


class Story:
    """What has to work however one logged in."""

    def test_login_push_pull_with_tokens_of_a_few_seconds(self):
        self.set_up()
        for version in self.each():
            self.provider.set(access_token=12)
            name = f"team/app:v{version}"
            image = f"{self.world.host}/{name}"
            refused = self.push(name)
            self.assertNotEqual(refused.code, 0, refused)

            done = self.log_in()
            self.assertEqual(done.code, 0, done)
            self.assertEqual(json.loads(self.world.config.read_text())["credHelpers"], {self.world.host: "oauth"})
            self.succeeds(self.push(name))
            self.succeeds(self.pull(name))
            self.no_trace()

            first = self.world.session()["access_token"]
            self.world.wait_for(lambda: not self.provider.introspect(first)["active"], "the end of the token")
            self.provider.reset()
            self.provider.set(access_token=3600)
            self.succeeds(self.world.docker("pull", image))
            self.assertEqual(self.provider.refreshes(), 1)
            self.assertNotEqual(self.world.session()["access_token"], first)

            self.world.age_session(3600 - 120)  # it is about to end: renewed in good time
            self.succeeds(self.world.docker("push", image))
            self.assertEqual(self.provider.refreshes(), 2)
            self.succeeds(self.pull(name))
            self.assertEqual(self.provider.count()["most_uses"], 1)
            self.no_trace()

            self.succeeds(self.world.oauth("logout", self.world.host))
            self.succeeds(self.world.docker("rmi", image))
            refused = self.world.docker("pull", image)
            self.assertNotEqual(refused.code, 0, refused)

    def test_five_parallel_pulls_with_an_expired_token(self):
        self.set_up()
        done = self.log_in()
        self.assertEqual(done.code, 0, done)
        for version in self.each():
            images = [f"{self.world.host}/p{number}:v{version}" for number in range(5)]
            for image in images:
                self.world.make_image(image, image.encode())
                self.succeeds(self.world.docker("push", image))
                self.succeeds(self.world.docker("rmi", image))
            self.world.age_session()
            self.provider.reset()
            with ThreadPoolExecutor(5) as pool:
                for pulled in pool.map(lambda image: self.world.docker("pull", image), images):
                    self.succeeds(pulled)
            self.assertEqual(self.provider.refreshes(), 1)


class DeviceLoginTest(Story, StoryCase):
    def log_in(self):
        return self.world.login()

    def test_public_images_need_no_login(self):
        self.set_up(engine=False)
        done = self.log_in()
        self.assertEqual(done.code, 0, done)
        self.succeeds(self.push("public/app:v1"))
        self.succeeds(self.push("team/app:v1"))
        self.succeeds(self.world.oauth("logout", self.world.host))
        self.world.configure(credHelpers={self.world.host: "oauth"})
        self.succeeds(self.pull("public/app:v1"))
        self.assertNotEqual(self.pull("team/app:v1").code, 0)

    def test_ended_login_says_so(self):
        """docker swallows what a helper prints on standard output, so the way out is on standard error too."""
        self.set_up()
        self.assertEqual(self.log_in().code, 0)
        self.succeeds(self.push("team/app:v1"))
        self.provider.post("/token/revocation", client_id="cli", token=self.world.session()["refresh_token"])
        self.world.age_session()
        for _ in self.each():
            done = self.world.docker("pull", f"{self.world.host}/team/app:v1")
            self.assertNotEqual(done.code, 0, done)
            self.assertIn(f"docker-credential-oauth login {self.world.host}", done.err)
        self.assertIn(f"docker-credential-oauth login {self.world.host}", self.pull("team/app:v1").err)

    def test_creds_store_serves_other_registries_from_the_vault(self):
        self.set_up()
        self.world.configure(credsStore="oauth")
        self.assertEqual(self.log_in().code, 0)
        entry = {"ServerURL": "https://index.docker.io/v1/", "Username": "bob", "Secret": "hub password"}
        self.succeeds(self.world.oauth("store", input=json.dumps(entry)))
        self.assertEqual(json.loads(self.world.get(entry["ServerURL"]).out)["Secret"], "hub password")
        self.assertEqual(json.loads(self.succeeds(self.world.oauth("list")).out),
                         {entry["ServerURL"]: "bob", self.world.host: "alice"})
        self.world.make_image(f"{self.world.host}/team/app:v1")
        self.succeeds(self.world.docker("push", f"{self.world.host}/team/app:v1"))


class WebLoginTest(Story, StoryCase):
    """With a browser on this machine."""

    def log_in(self):
        return self.world.login(None, "--web", env={"BROWSER": str(BROWSER), "DISPLAY": ":0",
                                                    "TEST_CA": str(self.world.authority.ca)})


class ClientCertificateTest(StoryCase):
    def test_provider_registry_and_token_server_demand_one(self):
        own = self.world.authority = Authority(self.world, demands=True)
        self.set_up(engine=False)
        done = self.world.login()
        self.assertEqual(done.code, 1, done)
        self.assertIn("demands a client certificate", done.err + json.dumps(done.events))

        rule = self.world.rule(client_certificate=str(own.client_certificate), client_key=str(own.client_key),
                               realm_hosts=[urlparse(self.tokens.realm).netloc])
        self.world.configure_oauth({self.world.host: rule})
        done = self.world.logged_in()
        self.assertTrue(done.events[-1]["accepted"], done.events)
        self.world.age_session()
        self.assertEqual(self.world.credential()[0], "alice")
        self.assertEqual(self.provider.refreshes(), 1)
        done = self.world.oauth("token", f"{self.world.host}/team/app:pull")
        self.assertEqual(self.succeeds(done).out.count("."), 2)
        self.succeeds(self.world.oauth("logout", self.world.host))
        self.assertIn("POST /token/revocation", self.provider.count()["paths"])


class RoundTripTest(StoryCase):
    """docker login and logout with the helper behind them."""

    def ready(self, **options):
        self.set_up(**options)
        self.assertEqual(self.world.login().code, 0)
        self.world.configure(credHelpers={self.world.host: "oauth"})

    def test_docker_login_stores_what_it_was_given(self):
        self.ready()
        for _ in self.each():
            before = self.world.session()
            done = self.succeeds(self.world.docker("login", self.world.host))
            self.assertIn("Login Succeeded", done.out)
            self.assertEqual(self.world.session(), before)
            self.assertEqual(self.world.credential(), ("alice", before["access_token"]))

    def test_docker_login_stores_the_refresh_token_of_the_registry(self):
        self.ready(refresh_token="registry-refresh-token")
        for _ in self.each():
            before = self.world.session()
            self.succeeds(self.world.docker("login", self.world.host))
            self.assertEqual(self.world.session(), before)
            self.assertEqual(self.world.credential(), ("alice", before["access_token"]))
            self.assertEqual(traces_of("registry-refresh-token", self.world.env["DOCKER_CONFIG"]), [])

    def test_failed_login_leaves_the_session_alone(self):
        self.ready()
        for _ in self.each():
            before = self.world.session()
            # The token server refuses everybody.
            self.tokens.accepts = lambda user, password: False
            done = self.world.docker("login", self.world.host)
            self.assertNotEqual(done.code, 0, done)
            del self.tokens.accepts
            self.assertEqual(self.world.session(), before)
            self.succeeds(self.push("team/app:v1"))

    def test_logout_erases_twice_and_login_brings_it_back(self):
        self.ready()
        for _ in self.each():
            self.world.configure(credHelpers={self.world.host: "oauth"}, auths={self.world.host: {}})
            self.succeeds(self.world.docker("logout", self.world.host))
            self.assertIsNone(self.world.session())
            self.assertEqual(self.world.get().out, NOT_FOUND)
            self.succeeds(self.world.oauth("erase", input=self.world.host))
            self.assertEqual(json.loads(self.world.oauth("list").out), {})
            self.assertEqual(self.world.login().code, 0)
            self.succeeds(self.push("team/app:v1"))

    def test_protocol_round_trips(self):
        """What docker sends, without docker."""
        self.set_up(engine=False)
        self.assertEqual(self.world.login().code, 0)
        before = self.world.session()

        def store(user, secret):
            return self.world.oauth("store", input=json.dumps(
                {"ServerURL": self.world.host, "Username": user, "Secret": secret}))

        for user, secret in (("alice", before["access_token"]), ("<token>", "registry-refresh"), ("alice", "rejected")):
            self.succeeds(store(user, secret))
            self.assertEqual(self.world.session(), before)
        self.assertEqual(json.loads(self.world.oauth("list").out), {self.world.host: "alice"})
        self.succeeds(self.world.oauth("erase", input=self.world.host))
        self.succeeds(self.world.oauth("erase", input=self.world.host))
        self.assertEqual(self.world.get().out, NOT_FOUND)


if __name__ == "__main__":
    main()
