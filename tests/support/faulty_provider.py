"""An OpenID provider that answers whatever a test tells it to, for what a real one cannot be made to do."""
import base64
import json
import socket
import struct
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DEVICE_CODE = "device-code-4711"


@dataclass
class Answer:
    """`body` is JSON unless it is text or bytes. `raw` replaces the whole answer."""
    status: int = 200
    body: object = field(default_factory=dict)
    headers: dict = field(default_factory=dict)
    raw: bytes = None
    hang: bool = False       # nothing, for a minute
    drip: float = 0          # seconds between two bytes of the body
    reset: bool = False      # the connection is torn down
    repeat: int = 1          # the body so many times over


def error(code, status=400, **more):
    return Answer(status, {"error": code, **more})


def unsigned_token(**claims):
    """An ID token whose signature nobody can check."""
    parts = [json.dumps(part).encode() for part in ({"alg": "ES256", "typ": "JWT"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (*parts, b"no signature"))


class LoopbackV6(ThreadingHTTPServer):
    address_family = socket.AF_INET6


class FaultyProvider:
    """`answers` maps a path to an Answer, a list of them (the last one stays) or a function of the request's fields.
    `metadata` and `device` are what a healthy provider would say there; change them. `requests` is what came in."""

    def __init__(self, authority=None, host="127.0.0.1"):
        self.requests = []
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.server = (LoopbackV6 if ":" in host else ThreadingHTTPServer)((host, 0), self._handler())
        self.server.daemon_threads = True
        if authority:
            # The handshake happens in the thread of the connection, so that one client cannot stop the others.
            self.server.socket = authority.server().wrap_socket(self.server.socket, server_side=True,
                                                                do_handshake_on_connect=False)
        self.address = f"{f'[{host}]' if ':' in host else host}:{self.server.server_port}"
        self.issuer = f"{'https' if authority else 'http'}://{self.address}"
        self.metadata = {"issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/auth",
                         "token_endpoint": f"{self.issuer}/token",
                         "device_authorization_endpoint": f"{self.issuer}/device/auth",
                         "revocation_endpoint": f"{self.issuer}/revoke"}
        self.device = {"device_code": DEVICE_CODE, "user_code": "ABCD-EFGH", "expires_in": 600, "interval": 1,
                       "verification_uri": f"{self.issuer}/device"}
        self.answers = {}
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()

    def tokens(self, sub="alice", aud="cli", **changes):
        """A good answer of the token endpoint; None leaves a member out."""
        now = int(time.time())
        body = {"access_token": f"access-{len(self.requests)}", "refresh_token": f"refresh-{len(self.requests)}",
                "token_type": "Bearer", "expires_in": 3600,
                "id_token": unsigned_token(iss=self.issuer, aud=aud, sub=sub, iat=now, exp=now + 600), **changes}
        return Answer(body={name: value for name, value in body.items() if value is not None})

    def asked(self, path):
        """Fields of the requests for one path."""
        return [fields for _, where, fields in list(self.requests) if where == path]

    def _answer(self, path, fields):
        with self.lock:
            answer = self.answers.get(path)
            if isinstance(answer, list):
                answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if callable(answer):
            answer = answer(fields)
        if answer is not None:
            return answer
        if path.startswith("/.well-known/"):
            return Answer(body=self.metadata)
        if path == "/device/auth":
            return Answer(body=self.device)
        if path == "/token":
            return self.tokens()
        return Answer(200 if path == "/revoke" else 404)

    def _handler(provider):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                url = urllib.parse.urlparse(self.path)
                self.serve(url.path, url.query)

            def do_POST(self):
                self.serve(self.path, self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

            def serve(self, path, text):
                fields = dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
                provider.requests.append((self.command, path, {**fields, "headers": dict(self.headers)}))
                self.close_connection = True
                answer = provider._answer(path, fields)
                if answer.hang:
                    provider.stopping.wait(60)
                elif answer.reset:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                elif answer.raw is not None:
                    self.wfile.write(answer.raw)
                else:
                    self.give(answer)

            def give(self, answer):
                body = answer.body.encode() if isinstance(answer.body, str) else answer.body
                if not isinstance(body, bytes):
                    body = json.dumps(body).encode()
                self.send_response(answer.status)
                headers = {"Content-Type": "application/json", "Content-Length": len(body) * answer.repeat,
                           **answer.headers}
                for name, value in headers.items():
                    self.send_header(name, str(value))
                self.end_headers()
                if answer.drip:
                    for byte in body:
                        if provider.stopping.wait(answer.drip):
                            return
                        self.wfile.write(bytes([byte]))
                    return
                for _ in range(answer.repeat):
                    self.wfile.write(body)

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        return Handler


class BlackHole:
    """A port where connections are neither accepted nor refused: its queue is full."""

    def __init__(self):
        self.server = socket.socket()
        self.server.bind(("127.0.0.1", 0))
        self.server.listen(0)
        self.port = self.server.getsockname()[1]
        self.fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self.fillers.append(filler)
        time.sleep(0.1)

    def close(self):
        for one in (*self.fillers, self.server):
            one.close()
