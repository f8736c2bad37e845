"""A token server for a registry, after the distribution project's token specification: Basic or refresh token in, a
signed ES256 token out. With a refresh token it answers offline_token=true with that, which makes `docker login` store
`<token>`."""
import base64
import json
import subprocess
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw_signature(der):
    """The two 32-byte numbers of an ECDSA signature in DER, as JWS wants them (RFC 7518 section 3.4)."""
    numbers, at = b"", 2
    for _ in range(2):
        size = der[at + 1]
        numbers += int.from_bytes(der[at + 2:at + 2 + size], "big").to_bytes(32, "big")
        at += 2 + size
    return numbers


class TokenServer:
    """`requests` collects (method, fields) of what came in. `realm` is the address a registry sends its clients to, https
    with an authority. Whoever sends no password may pull what is in `public/`."""

    def __init__(self, world, users, refresh_token, authority=None):
        self.requests = []
        self.users = dict(users)
        self.refresh_token = refresh_token
        self.key = world.root / "token.key"
        self.certificate = world.root / "token.crt"
        done = world.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                         "-keyout", self.key, "-out", self.certificate, "-days", "2", "-subj", "/CN=test")
        assert done.code == 0, done
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        if authority:
            self.server.socket = authority.server().wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.realm = f"{'https' if authority else 'http'}://127.0.0.1:{self.server.server_port}/token"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def accepts(self, user, password):
        return self.users.get(user) == password

    def token(self, user, scopes):
        access = []
        for scope in scopes:
            kind, name, actions = scope.split(":")
            granted = [action for action in actions.split(",") if user or (action == "pull" and name.startswith("public/"))]
            access.append({"type": kind, "name": name, "actions": granted})
        certificate = "".join(self.certificate.read_text().splitlines()[1:-1])
        now = int(time.time())
        parts = [{"typ": "JWT", "alg": "ES256", "x5c": [certificate]},
                 {"iss": "test-issuer", "sub": user, "aud": "test-registry", "iat": now, "nbf": now - 10,
                  "exp": now + 300, "jti": "1", "access": access}]
        text = ".".join(encode(json.dumps(part).encode()) for part in parts)
        der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=text.encode(), check=True,
                             capture_output=True).stdout
        return f"{text}.{encode(raw_signature(der))}"

    def _handler(server):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                fields = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(self.path).query))
                scopes = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query).get("scope", [])
                server.requests.append(("GET", fields))
                kind, _, value = self.headers.get("Authorization", "").partition(" ")
                user, _, password = base64.b64decode(value).decode().partition(":") if kind == "Basic" else ("", "", "")
                if kind and not server.accepts(user, password):
                    return self.answer(401, {"errors": [{"code": "UNAUTHORIZED", "message": "wrong password"}]})
                answer = {"token": server.token(user, scopes), "expires_in": 300}
                if fields.get("offline_token") == "true" and user and server.refresh_token:
                    answer["refresh_token"] = server.refresh_token
                return self.answer(200, answer)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                fields = dict(urllib.parse.parse_qsl(body))
                server.requests.append(("POST", fields))
                if fields.get("grant_type") == "refresh_token":
                    good = server.refresh_token is not None and fields.get("refresh_token") == server.refresh_token
                else:
                    good = server.accepts(fields.get("username", ""), fields.get("password"))
                if not good:
                    return self.answer(401, {"error": "invalid_grant"})
                scopes = " ".join(urllib.parse.parse_qs(body).get("scope", [])).split()
                user = fields.get("username", "alice")
                answer = {"access_token": server.token(user, scopes), "expires_in": 300, "scope": " ".join(scopes)}
                if server.refresh_token:
                    answer["refresh_token"] = server.refresh_token
                return self.answer(200, answer)

            def answer(self, code, body):
                text = json.dumps(body).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        return Handler
