"""The base of tests that let http_probe, a program around CurlHttp, ask servers that the test makes."""
import ssl
from dataclasses import dataclass, field

from oauth_world import Authority
from raw_server import Server
from sandbox import BIN, SandboxCase

PROBE = BIN.parent / "test-programs/http_probe"
# Numbers of ErrorKind in common/result.h.
BAD_INPUT, UNAVAILABLE, DENIED, TIMED_OUT, LIMIT = 1, 3, 5, 6, 8


@dataclass
class Outcome:
    status: int = 0
    body: str = ""
    headers: dict = field(default_factory=dict)
    kind: int = -1
    sent: bool = False
    redirected: bool = False
    message: str = ""
    hint: str = ""
    seconds: float = 0


class HttpCase(SandboxCase):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.world)

    def certificate(self, name, *, subject="localhost", names="DNS:localhost,IP:127.0.0.1", days=30):
        """A server's TLS context; `days` under 0 has expired."""
        folder = self.world.root
        key, request, made, extra = (folder / f"{name}.{end}" for end in ("key", "csr", "crt", "ext"))
        extra.write_text(f"subjectAltName={names}\n")
        for arguments in (
                ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
                 request, "-subj", f"/CN={subject}"],
                ["x509", "-req", "-in", request, "-CA", self.authority.ca, "-CAkey",
                 self.authority.ca.parent / "ca.key", "-CAcreateserial", "-days", days, "-extfile", extra, "-out",
                 made]):
            done = self.world.run("openssl", *arguments)
            self.assertEqual(0, done.code, done)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made, key)
        return context

    def server(self, serve, context=None, host="127.0.0.1"):
        server = Server(lambda connection: serve(server, connection), context, host)
        self.addCleanup(server.close)
        return server

    def tls(self, serve, context=None):
        return self.server(serve, context or self.authority.server())

    def ask(self, url, env=None, trusted=True, timeout=30, **request):
        if trusted:
            request.setdefault("ca", self.authority.ca)
        headers = request.pop("headers", {})
        lines = [f"url {url}", *(f"{name} {value}" for name, value in request.items()),
                 *(f"header {name}: {value}" for name, value in headers.items())]
        done = self.world.run(PROBE, input="\n".join(lines) + "\n", env=env, timeout=timeout)
        self.assertEqual((0, ""), (done.code, done.err), done)
        outcome = Outcome(seconds=done.seconds)
        if done.out.startswith("status"):
            head, _, body = done.out.partition("\nbody ")
            outcome.body = body.removesuffix("\n")
            for line in head.split("\n"):
                word, _, rest = line.partition(" ")
                if word == "status":
                    outcome.status = int(rest)
                else:
                    name, _, value = rest.partition(": ")
                    outcome.headers.setdefault(name, []).append(value)
            return outcome
        head, _, outcome.hint = done.out.partition("\nhint ")
        for line in head.split("\n"):
            word, _, rest = line.partition(" ")
            if word == "error":
                outcome.kind = int(rest)
            elif word in ("sent", "redirected"):
                setattr(outcome, word, rest == "1")
            else:
                outcome.message += rest
        self.assertTrue(outcome.hint.strip(), outcome)
        self.assertFalse(outcome.message.endswith("."), outcome)
        return outcome

    def get(self, server, host="localhost", path="/", **more):
        scheme = "https" if server.context else "http"
        return self.ask(f"{scheme}://{host}:{server.port}{path}", **more)

    def fails(self, outcome, kind, sent, *words):
        self.assertEqual((kind, sent), (outcome.kind, outcome.sent), outcome)
        for word in words:
            self.assertIn(word, outcome.message + "\n" + outcome.hint)
