"""What docker-credential-oauth needs around it: a certificate authority, an OpenID provider (npm's oidc-provider, see
tests/oauth/servers/oidc.mjs), a registry whose token server asks that provider about each token, and a vault.

Debian packages: nodejs and npm (or any node from 18), openssl, docker-registry, skopeo."""
import base64
import json
import os
import select
import signal
import ssl
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from docker_world import DockerMixin
from keyctl_world import KeyctlWorld
from sandbox import BIN, Done
from token_server import TokenServer

SOURCE = Path(__file__).resolve().parents[2]
SERVERS = SOURCE / "tests/oauth/servers"
MODULES = SOURCE / "build/test-servers"
HELPER = BIN / "docker-credential-oauth"
NOT_FOUND = "credentials not found in native keychain\n"
SCOPES = ["openid", "offline_access", "registry:pull", "registry:push"]


class Authority:
    """A certificate authority of its own, and one certificate for every server on this machine's loopback. `names` are
    those it has besides. With `demands`, its servers want a certificate of every client, and its clients have one."""

    def __init__(self, world, name="ca", names=(), demands=False):
        folder = world.root / name
        folder.mkdir()
        self.demands = demands
        self.client_key, self.client_certificate = folder / "client.key", folder / "client.crt"
        self.ca, self.key, self.certificate = folder / "ca.crt", folder / "server.key", folder / "server.crt"
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        for arguments in (
                ["req", "-x509", *new_key, "-keyout", folder / "ca.key", "-out", self.ca, "-days", "30",
                 "-subj", f"/CN=test {name}", "-addext", "basicConstraints=critical,CA:TRUE"],
                ["req", "-x509", *new_key, "-keyout", self.key, "-out", self.certificate, "-days", "30",
                 "-subj", "/CN=localhost", "-CA", self.ca, "-CAkey", folder / "ca.key",
                 "-addext", "basicConstraints=critical,CA:FALSE",
                 "-addext", "subjectAltName=IP:127.0.0.1,IP:::1"
                 + "".join(f",DNS:{one}" for one in ("localhost", "registry.test", *names))]):
            done = world.run("openssl", *arguments)
            assert done.code == 0, done
        if demands:
            done = world.run("openssl", "req", "-x509", *new_key, "-keyout", self.client_key, "-out",
                             self.client_certificate, "-days", "30", "-subj", "/CN=alice", "-CA", self.ca, "-CAkey",
                             folder / "ca.key", "-addext", "basicConstraints=critical,CA:FALSE",
                             "-addext", "extendedKeyUsage=clientAuth")
            assert done.code == 0, done

    def client(self):
        context = ssl.create_default_context(cafile=self.ca)
        if self.demands:
            context.load_cert_chain(self.client_certificate, self.client_key)
        return context

    def server(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        if self.demands:
            context.load_verify_locations(self.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


class Provider:
    """oidc-provider, as a process of its own. `issuer` is its address, that of this machine unless it is given."""

    def __init__(self, world, authority, port=0, issuer=None, **options):
        if not (MODULES / "installed").exists():
            raise AssertionError("the test servers are missing; run scripts/install-test-servers")
        self.context = authority.client() if authority else None
        given = {"modules": str(MODULES), "port": port, "issuer": issuer, "options": {"interval": 1, **options}}
        if authority:
            given.update(key=str(authority.key), cert=str(authority.certificate))
            if authority.demands:
                given.update(clients=str(authority.ca))
        log = world.root / f"oidc-{len(world.children)}.log"
        self.process = world.start("node", SERVERS / "oidc.mjs", json.dumps(given), log=log.name)

        def ready():
            assert self.process.poll() is None, log.read_text()
            return [line for line in log.read_text().splitlines() if line.startswith('{"issuer"')]

        self.issuer = json.loads(world.wait_for(ready, "the provider")[-1])["issuer"]

    @property
    def port(self):
        return urllib.parse.urlparse(self.issuer).port

    def ask(self, action, **fields):
        """One of the requests that only tests may make."""
        body = json.dumps(fields).encode() if fields else None
        request = urllib.request.Request(f"{self.issuer}/__/{action}", body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60, context=self.context) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as problem:
            raise AssertionError(f"{action}: {problem.read().decode()}") from None

    def set(self, **options):
        return self.ask("set", **options)

    def approve(self, user_code, login="alice"):
        return self.ask("approve", user_code=user_code, login=login)

    def deny(self, user_code):
        return self.ask("deny", user_code=user_code)

    def count(self):
        return self.ask("count")

    def refreshes(self):
        return self.count()["grants"].get("refresh_token", 0)

    def reset(self):
        self.ask("reset")

    def post(self, path, **fields):
        """What any client may ask: (status, answer)."""
        request = urllib.request.Request(self.issuer + path, urllib.parse.urlencode(fields).encode())
        try:
            with urllib.request.urlopen(request, timeout=60, context=self.context) as answer:
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as problem:
            return problem.code, json.loads(problem.read() or b"{}")

    def introspect(self, token):
        request = urllib.request.Request(
            f"{self.issuer}/token/introspection", urllib.parse.urlencode({"token": token}).encode(),
            {"Authorization": "Basic " + base64.b64encode(b"registry:registry-secret").decode()})
        with urllib.request.urlopen(request, timeout=60, context=self.context) as answer:
            return json.load(answer)

    def stop(self):
        self.process.terminate()
        self.process.wait()


class ProviderTokenServer(TokenServer):
    """A registry's token server that knows no passwords: the user name is the subject and the password an access token
    of the provider, which is asked about each one."""

    def __init__(self, world, provider, refresh_token=None, authority=None):
        self.provider = provider
        super().__init__(world, {}, refresh_token, authority)

    def accepts(self, user, password):
        known = self.provider.introspect(password)
        return bool(known.get("active")) and known.get("sub") == user


class Running:
    """A program that is still going: what it says is read line by line."""

    def __init__(self, process):
        self.process = process
        self.started = time.monotonic()
        self.out = b""

    def line(self, timeout=60):
        """The next line of standard output; None at its end."""
        deadline = time.monotonic() + timeout
        while b"\n" not in self.out:
            if not select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"no line within {timeout} s; so far {self.out!r}")
            part = os.read(self.process.stdout.fileno(), 65536)
            if not part:
                return None
            self.out += part
        line, self.out = self.out.split(b"\n", 1)
        return line.decode()

    def event(self, name=None, timeout=60):
        """The next event, or the next one of that name; None when there is none any more."""
        while (line := self.line(timeout)) is not None:
            event = json.loads(line)
            if name in (None, event["event"]):
                return event
        return None

    def finish(self, timeout=60):
        try:
            out, err = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            out, err = self.process.communicate()
            raise AssertionError(f"still running after {timeout} s\nstdout: {out!r}\nstderr: {err!r}") from None
        return Done(self.process.returncode, self.out + out, err, time.monotonic() - self.started)

    def signal(self, number):
        os.killpg(self.process.pid, number)

    def kill(self):
        try:
            self.signal(signal.SIGKILL)
        except ProcessLookupError:
            pass

    def close(self):
        if self.process.poll() is None:
            self.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()


class OauthMixin:
    """Mixin for a world with a vault. `rules` are the registries of the configuration file, which `configure_oauth`
    writes."""
    vault = None
    authority = None
    provider = None
    rules = None
    prefix = ()

    def __init__(self, **options):
        self.closing = []
        super().__init__(**options)
        self.host = f"{self.root.name.replace('_', '-').lower()}.test"  # no other test has it

    def net_programs(self, host=None):
        """Process ids of the network half at work on a registry."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
            except OSError:
                continue
            if words and words[0].endswith(b"docker-credential-oauth-net") and (host or self.host).encode() in words:
                found.append(int(entry.name))
        return found

    def start_provider(self, tls=True, **options):
        if tls and not self.authority:
            self.authority = Authority(self)
        self.provider = Provider(self, self.authority if tls else None, **options)
        return self.provider

    def rule(self, **changes):
        """A rule for the provider that runs; None leaves a member out."""
        rule = {"issuer": self.provider.issuer, "client_id": "cli", "scopes": SCOPES, "username": {"claim": "sub"}}
        if self.provider.issuer.startswith("https"):
            rule["ca_file"] = str(self.authority.ca)
        else:
            rule["allow_http_loopback"] = True
        rule.update(changes)
        return {name: value for name, value in rule.items() if value is not None}

    @property
    def oauth_config(self):
        return Path(self.env["XDG_CONFIG_HOME"]) / "docker-credential-oauth/config.json"

    def configure_oauth(self, registries=None, **more):
        """Without arguments: `host` by the rule above. With `vault=None` the configuration names no vault."""
        self.oauth_config.parent.mkdir(mode=0o700, exist_ok=True)
        self.rules = registries if registries is not None else {self.host: self.rule()}
        members = {"vault": self.vault, "registries": self.rules, **more}
        self.oauth_config.write_text(json.dumps({name: value for name, value in members.items() if value is not None},
                                                indent=2))

    def start_oauth_registry(self, refresh_token=None, tls=True):
        """The registry and its token server; `host` is the registry from then on."""
        tokens = ProviderTokenServer(self, self.provider, refresh_token, self.authority if tls else None)
        self.closing.append(tokens.close)
        self.registry_tls = self.authority if tls else None
        self.start_registry_with_tokens(tokens.realm, tokens.certificate)
        self.host = self.registry
        if tls:
            self.env["SSL_CERT_FILE"] = str(self.authority.ca)
        return tokens

    def spawn(self, *argv, env=None, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE):
        """Starts a program where the vault is, in a session of its own. Of `env`, None takes a variable away."""
        environment = {name: value for name, value in {**self.env, **(env or {})}.items() if value is not None}
        process = subprocess.Popen([*map(str, self.prefix), *map(str, argv)], stdin=stdin, stdout=subprocess.PIPE,
                                   stderr=stderr, env=environment, start_new_session=True)
        running = Running(process)
        self.closing.append(running.close)
        return running

    def oauth(self, action, *arguments, input=b"", **options):
        return self.run(HELPER, action, *arguments, input=input, **options)

    def get(self, server=None, **options):
        return self.oauth("get", input=self.host if server is None else server, **options)

    def credential(self, server=None, **options):
        """User name and secret that `get` gives."""
        done = self.get(server, **options)
        assert done.code == 0, done
        answer = json.loads(done.out)
        return answer["Username"], answer["Secret"]

    def login(self, host=None, *arguments, login="alice", decide=None, **options):
        """A login by device flow, approved by script. `events` of what it returns are what --json said."""
        running = self.spawn(HELPER, "login", host or self.host, "--json", *arguments, **options)
        events = []
        while (event := running.event()) is not None:
            events.append(event)
            if "user_code" in event:
                (decide or self.provider.approve)(event["user_code"], *([login] if not decide else []))
        done = running.finish()
        done.events = events
        return done

    def logged_in(self, *arguments, **options):
        """The same, for tests that are about what follows."""
        done = self.login(*arguments, **options)
        assert done.code == 0, (done, done.events)
        return done

    # ---- behind the helper's back

    def session_key(self, host=None):
        return f"oauth+https://{host or self.host}"

    def session(self, host=None):
        """The session in the vault, as a dictionary; None when nobody is logged in."""
        done = self.run(f"docker-credential-{self.vault}", "get", input=self.session_key(host))
        if done.out == NOT_FOUND:
            return None
        assert done.code == 0, done
        return json.loads(json.loads(done.out)["Secret"])

    def write_session(self, session, host=None):
        entry = {"ServerURL": self.session_key(host), "Username": "oauth-session", "Secret": json.dumps(session)}
        done = self.run(f"docker-credential-{self.vault}", "store", input=json.dumps(entry))
        assert done.code == 0, done

    def make_session(self, host=None, login="alice", life=None, **changes):
        """What a login leaves, without the helper's login: the quick way for tests of what follows."""
        host = host or self.host
        rule = self.rules[host]
        _, device = self.provider.post("/device/auth", client_id=rule["client_id"], scope=" ".join(rule["scopes"]))
        self.provider.approve(device["user_code"], login)
        status, tokens = self.provider.post("/token", grant_type="urn:ietf:params:oauth:grant-type:device_code",
                                            client_id=rule["client_id"], device_code=device["device_code"])
        assert status == 200, tokens
        now = int(time.time())
        expires = now + (tokens["expires_in"] if life is None else life)
        session = {"version": 1, "issuer": self.provider.issuer, "client_id": rule["client_id"],
                   "token_endpoint": f"{self.provider.issuer}/token",
                   "revocation_endpoint": f"{self.provider.issuer}/token/revocation", "identity": login,
                   "scope": tokens.get("scope", ""), "refresh_token": tokens["refresh_token"],
                   "access_token": tokens["access_token"], "id_token": tokens["id_token"], "obtained": now,
                   "expires": expires,
                   "minted": [{"registry": host, "username": login, "secret": tokens["access_token"],
                               "obtained": now, "expires": expires}], **changes}
        self.write_session(session, host)
        self.provider.reset()
        return session

    def age_session(self, seconds=None, host=None):
        """As if the access token had been obtained so much earlier; by default so much that it has just expired."""
        session = self.session(host)
        for part in (session, *session["minted"]):
            if part.get("expires"):
                by = seconds if seconds is not None else part["expires"] - int(time.time()) + 1
                part["obtained"] -= by
                part["expires"] -= by
        self.write_session(session, host)

    def close(self):
        for close in reversed(self.closing):
            close()
        self.closing.clear()
        super().close()


class OauthWorld(OauthMixin, DockerMixin, KeyctlWorld):
    """Its vault is the kernel keyring."""
    vault = "keyctl"
