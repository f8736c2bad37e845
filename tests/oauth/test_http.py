"""The network side of docker-credential-oauth-net against servers that do everything wrong: real sockets, real TLS, a
certificate authority made for the test. Each request goes through http_probe, a program around CurlHttp."""
import os
import socket
import ssl
import struct
import time

from http_case import BAD_INPUT, DENIED, LIMIT, PROBE, TIMED_OUT, UNAVAILABLE, HttpCase
from oauth_world import Authority
from raw_server import OK, says, tunnel
from sandbox import main


class Requests(HttpCase):
    def test_answer_of_a_trusted_server(self):
        server = self.tls(OK)
        outcome = self.get(server, method="POST", body="a=b&c=d", authorization="Bearer canary", headers={"Accept": "x/y"})
        self.assertEqual((200, "fine", ["1", "2"]), (outcome.status, outcome.body, outcome.headers["x-two"]))
        head = server.heads[0]
        self.assertTrue(head.startswith("POST / HTTP/1.1\r\n"), head)
        for line in ("\r\nAuthorization: Bearer canary\r\n", "\r\nAccept: x/y\r\n", "\n\na=b&c=d",
                     "\r\nContent-Type: application/x-www-form-urlencoded\r\n"):
            self.assertIn(line, head)
        for absent in ("Expect:", "Cookie:", "Accept-Encoding:"):
            self.assertNotIn(absent, head)

    def test_every_status_is_an_answer(self):
        for status in (201, 400, 401, 403, 404, 428, 429, 500, 503):
            outcome = self.get(self.tls(says(f"HTTP/1.1 {status} X\r\nContent-Length: 2\r\n\r\nxy")))
            self.assertEqual((status, "xy"), (outcome.status, outcome.body))

    def test_put_and_interim_answers(self):
        server = self.tls(says("HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\nA: b\r\n\r\n"))
        outcome = self.get(server, method="PUT", body="x")
        self.assertEqual((204, {"a": ["b"]}), (outcome.status, outcome.headers))
        self.assertTrue(server.heads[0].startswith("PUT / "))

    def test_R3_redirect_is_not_followed_and_names_the_host_without_query(self):
        target = self.tls(OK)
        for status in (301, 302, 303, 307, 308):
            server = self.tls(says(f"HTTP/1.1 {status} Go\r\nLocation: https://localhost:{target.port}/x?token=canary#f"
                                   "\r\nContent-Length: 0\r\n\r\n"))
            outcome = self.get(server, method="POST", body="a=b", authorization="Bearer canary")
            self.fails(outcome, UNAVAILABLE, True, f"https://localhost:{target.port}", "redirects are not followed")
            self.assertTrue(outcome.redirected)
            self.assertNotIn("canary", outcome.message + outcome.hint)
        self.assertEqual([], target.heads)

    def test_R3_redirect_to_http_and_to_nowhere(self):
        for location, shown in (("http://127.0.0.1:9/x", "http://127.0.0.1:9"), ("/login?next=1", "https://localhost"),
                                ("gopher://x/", "no usable address"), ("https://u:canary@evil.example/", "evil.example")):
            outcome = self.get(self.tls(says(f"HTTP/1.1 302 Go\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")))
            self.fails(outcome, UNAVAILABLE, True, shown)
            self.assertNotIn("canary", outcome.message)
        self.fails(self.get(self.tls(says("HTTP/1.1 304 Same\r\n\r\n"))), UNAVAILABLE, True, "redirects")

    def test_R3_attack_CVE_2024_11053_netrc_is_ignored(self):
        netrc = self.world.home / ".netrc"
        netrc.write_text("machine localhost login alice password canary\ndefault login alice password canary\n")
        netrc.chmod(0o600)
        server = self.tls(OK)
        self.assertEqual(200, self.get(server, env={"NETRC": str(netrc)}).status)
        self.assertNotIn("Authorization", server.heads[0])

    def test_R3_cookies_are_not_kept(self):
        server = self.tls(says("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"))
        self.get(server)
        self.get(server)
        self.assertNotIn("Cookie", server.heads[1])

    def test_R4_line_breaks_do_not_reach_the_request(self):
        server = self.tls(OK)
        outcome = self.get(server, authorization="Bearer a\rX-Evil: 1")
        self.fails(outcome, BAD_INPUT, False, "line break")
        outcome = self.get(server, headers={"X": "a\rb"})
        self.fails(outcome, BAD_INPUT, False, "control character")
        self.assertEqual([], server.heads)


    def test_R12_neither_token_stays_in_memory(self):
        """Of the request and of the answer, in what libcurl and OpenSSL have freed and on the stack."""
        word = "canary-4f1c0b7a92" * 20
        server = self.tls(says(f"HTTP/1.1 200 OK\r\nContent-Length: {len(word)}\r\n\r\n{word}"))
        done = self.world.run(PROBE, input=f"url https://localhost:{server.port}/\nca {self.authority.ca}\n"
                                           f"scan {word[::-1]}\n")
        self.assertEqual("", done.out)
        self.assertIn(word, server.heads[0])


class Endpoints(HttpCase):
    def test_R3_http_is_refused(self):
        server = self.server(OK)
        self.fails(self.get(server, host="127.0.0.1"), BAD_INPUT, False, "https")
        self.fails(self.get(server, host="localhost", http="1"), BAD_INPUT, False, "https")
        self.assertEqual([], server.heads)

    def test_R3_http_to_a_loopback_literal_when_allowed_and_without_proxy(self):
        server = self.server(OK)
        proxy = self.server(OK)
        env = {"http_proxy": f"http://127.0.0.1:{proxy.port}", "all_proxy": f"http://127.0.0.1:{proxy.port}"}
        self.assertEqual(200, self.get(server, host="127.0.0.1", http="1", env=env).status)
        self.assertEqual([], proxy.heads)

    def test_http_to_v6_loopback(self):
        server = self.server(OK, host="::1")
        self.assertEqual(200, self.get(server, host="[::1]", http="1").status)

    def test_R3_other_schemes_and_userinfo_are_refused(self):
        (self.world.root / "file").write_text("canary")
        for url in (f"file://{self.world.root}/file", "ftp://localhost/x", "https://alice:canary@localhost/x",
                    "https://localhost/#x", "https:///x", "localhost", "https://lo calhost/", "https://loc\u0430lhost/"):
            outcome = self.ask(url)
            self.fails(outcome, BAD_INPUT, False)
            self.assertNotIn("canary", outcome.message)


class Trust(HttpCase):
    def test_R3_unknown_authority(self):
        server = self.tls(OK)
        outcome = self.get(server, trusted=False)
        self.fails(outcome, UNAVAILABLE, False, "is not trusted here (", "unable to get local issuer", "ca_file", "openssl s_client")
        self.assertEqual([], server.heads)

    def test_R3_certificate_of_another_host(self):
        server = self.tls(OK, self.certificate("other", subject="other.example", names="DNS:other.example"))
        self.fails(self.get(server), UNAVAILABLE, False, "another host")
        self.fails(self.get(server, host="127.0.0.1"), UNAVAILABLE, False, "another host")
        self.assertEqual([], server.heads)

    def test_R3_expired_certificate(self):
        server = self.tls(OK, self.certificate("old", days=-1))
        self.fails(self.get(server), UNAVAILABLE, False, "has expired", "date")
        self.assertEqual([], server.heads)

    def test_R3_old_tls_is_refused(self):
        context = self.authority.server()
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        server = self.tls(OK, context)
        self.fails(self.get(server), UNAVAILABLE, False, "TLS")
        self.assertEqual([], server.heads)

    def test_own_authority_is_added_to_the_systems(self):
        own = Authority(self.world, "own")
        env = {"SSL_CERT_FILE": str(own.ca), "SSL_CERT_DIR": "/nonexistent"}
        of_system, of_rule = self.server(OK, own.server()), self.tls(OK)
        self.assertEqual(200, self.get(of_system, env=env, trusted=False).status)
        self.fails(self.get(of_rule, env=env, trusted=False), UNAVAILABLE, False, "not trusted")
        for server in (of_system, of_rule):
            self.assertEqual(200, self.get(server, env=env).status)

    def test_no_certificates_to_know_servers_by(self):
        server = self.tls(OK)
        none = self.world.root / "none"
        self.fails(self.get(server, env={"SSL_CERT_FILE": str(none)}, trusted=False), UNAVAILABLE, False,
                   f"SSL_CERT_FILE names {none}", "unset SSL_CERT_FILE")
        self.assertEqual([], server.heads)

    def test_unusable_ca_files(self):
        server = self.tls(OK)
        text = self.world.root / "text"
        text.write_text("not a certificate")
        broken = self.world.root / "broken"
        broken.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        self.fails(self.get(server, ca=self.world.root / "none"), UNAVAILABLE, False, "does not exist", "ca_file")
        self.fails(self.get(server, ca=text), BAD_INPUT, False, "no certificate", "openssl x509")
        self.assertFalse(self.get(server, ca=broken).sent)
        self.assertEqual([], server.heads)


class ClientCertificates(HttpCase):
    """Of servers that demand one."""

    def setUp(self):
        super().setUp()
        self.own = Authority(self.world, "demanding", demands=True)

    def demanding(self, version=ssl.TLSVersion.TLSv1_3):
        context = self.own.server()
        context.minimum_version = context.maximum_version = version
        return self.tls(OK, context)

    def shown(self, server, certificate=None, key=None, **more):
        return self.get(server, ca=self.own.ca, certificate=certificate or self.own.client_certificate,
                        key=key or self.own.client_key, **more)

    def file(self, name, text, mode=0o600):
        path = self.world.root / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def test_certificate_is_shown_and_its_lack_explained(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            server = self.demanding(version)
            self.assertEqual(200, self.shown(server).status)
            self.assertEqual(1, len(server.heads))
            self.fails(self.get(server, ca=self.own.ca), UNAVAILABLE, False, "demands a client certificate",
                       '"client_certificate" and "client_key"')
            self.assertEqual(1, len(server.heads))

    def test_server_that_refuses_it(self):
        other = Authority(self.world, "other", demands=True)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            server = self.demanding(version)
            outcome = self.shown(server, other.client_certificate, other.client_key)
            self.fails(outcome, UNAVAILABLE, False, f"refuses the client certificate {other.client_certificate}", "openssl x509")
            self.assertEqual([], server.heads)

    def test_pages_of_nginx_in_the_place_of_an_alert(self):
        def page(title):
            body = f"<html><head><title>400 {title}</title></head></html>"
            return self.tls(says(f"HTTP/1.1 400 Bad Request\r\nContent-Length: {len(body)}\r\n\r\n{body}"), self.own.server())

        outcome = self.shown(page("The SSL certificate error"))
        self.fails(outcome, UNAVAILABLE, False, "refuses the client certificate")
        self.own.demands = False
        outcome = self.get(page("No required SSL certificate was sent"), ca=self.own.ca)
        self.fails(outcome, UNAVAILABLE, False, "demands a client certificate", "client_key")

    def test_R2_proxy_does_not_get_it(self):
        proxy = self.demanding()
        server = self.demanding()
        outcome = self.shown(server, env={"https_proxy": f"https://localhost:{proxy.port}"})
        self.assertEqual((0, [], []), (outcome.status, proxy.heads, server.heads), outcome)

    def test_unusable_files(self):
        server = self.demanding()
        text, none = self.file("text", "not PEM"), self.world.root / "none"
        self.fails(self.shown(server, certificate=none), UNAVAILABLE, False, "does not exist", '"client_certificate"')
        self.fails(self.shown(server, key=none), UNAVAILABLE, False, "does not exist", '"client_key"')
        self.fails(self.shown(server, certificate=text), BAD_INPUT, False, "no certificate", "openssl x509")
        self.fails(self.shown(server, key=text), BAD_INPUT, False, "no private key", "openssl pkey")
        broken = self.file("broken", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
        for key in (broken, self.own.key):
            self.fails(self.shown(server, key=key), BAD_INPUT, False, "cannot be used", "openssl pkey -pubout")
        self.assertEqual([], server.heads)

    def test_R11_key_that_others_may_read(self):
        server = self.demanding()
        for mode in (0o640, 0o604):
            key = self.file("a key", self.own.client_key.read_text(), mode)
            outcome = self.shown(server, key=key)
            self.fails(outcome, DENIED, False, "open to other users", f"chmod 600 '{key}'")
            self.assertEqual([], server.heads)
        self.world.run("sh", "-c", outcome.hint)
        self.assertEqual(200, self.shown(server, key=key).status)

    def test_key_with_a_pass_phrase(self):
        server = self.demanding()
        for number, arguments in enumerate((["pkey"], ["ec"])):
            key = self.world.root / f"locked{number}"
            done = self.world.run("openssl", *arguments, "-in", self.own.client_key, "-aes256", "-passout", "pass:x", "-out", key)
            self.assertEqual(0, done.code, done)
            key.chmod(0o600)
            self.fails(self.shown(server, key=key), BAD_INPUT, False, "has a pass phrase", "openssl pkey -in")


class Limits(HttpCase):
    def test_R6_attack_CVE_2020_1702_too_large_an_answer(self):
        sent = []

        def flood(server, connection):
            server.head(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65536)
                sent.append(1)

        outcome = self.get(self.tls(flood), limit=65536)
        self.fails(outcome, LIMIT, True, "too large")
        self.assertLess(len(sent), 200)
        outcome = self.get(self.tls(says("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n" + "x" * 65537)), limit=65536)
        self.fails(outcome, LIMIT, True)
        outcome = self.get(self.tls(says("HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n" + "x" * 65536)), limit=65536)
        self.assertEqual((200, 65536), (outcome.status, len(outcome.body)))

    def test_R6_too_many_headers_and_a_huge_one(self):
        for headers in ("X-Y: z\r\n" * 20000, "X: " + "y" * 1000000 + "\r\n"):
            self.fails(self.get(self.tls(says(f"HTTP/1.1 200 OK\r\n{headers}\r\n"))), LIMIT, True, "too large")

    def test_R6_endless_interim_answers(self):
        def flood(server, connection):
            server.head(connection)
            while True:
                connection.sendall(b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" * 100)

        self.fails(self.get(self.tls(flood), time=5000), LIMIT, True)

    def test_R6_compressed_answer_is_not_unpacked(self):
        outcome = self.get(self.tls(says(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f!")))
        self.assertEqual("\x1f!", outcome.body)

    def test_R6_server_that_hangs(self):
        outcome = self.get(self.tls(lambda server, connection: (server.head(connection), time.sleep(20))), time=1500)
        self.fails(outcome, TIMED_OUT, True, "within 2 s")
        self.assertLess(outcome.seconds, 15)

    def test_R6_server_that_drips(self):
        def drip(server, connection):
            server.head(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(1000):
                connection.sendall(b"x")
                time.sleep(0.1)

        outcome = self.get(self.tls(drip), time=1500)
        self.fails(outcome, TIMED_OUT, True)
        self.assertLess(outcome.seconds, 15)

    def test_R6_server_that_never_shakes_hands(self):
        server = self.server(lambda server, connection: time.sleep(20))
        outcome = self.ask(f"https://localhost:{server.port}/", time=1500)
        self.fails(outcome, TIMED_OUT, False, "no connection")
        self.assertLess(outcome.seconds, 15)


class Broken(HttpCase):
    def test_reset_after_the_request(self):
        def reset(server, connection):
            server.head(connection)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(connection.detach())

        self.fails(self.get(self.tls(reset)), UNAVAILABLE, True, "ended the connection")

    def test_request_is_sent_once_whatever_happens(self):
        def close(server, connection):
            server.head(connection)
            connection.unwrap()

        server = self.tls(close)
        self.fails(self.get(server, method="POST", body="a=b"), UNAVAILABLE, True)
        # Connections are taken in the order in which they came: before this one there was one only.
        with socket.create_connection(("127.0.0.1", server.port)) as last:
            self.world.wait_for(lambda: last.getsockname() in server.clients, "the last connection")
            self.assertEqual(1, server.clients.index(last.getsockname()))

    def test_answer_that_ends_early(self):
        self.fails(self.get(self.tls(says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx"))), UNAVAILABLE, True,
                   "before its answer was complete")

    def test_bad_chunks(self):
        outcome = self.get(self.tls(says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n")))
        self.fails(outcome, UNAVAILABLE, True)

    def test_no_http(self):
        for text in ("SSH-2.0-OpenSSH_9.2\r\n", "HTTP/9.9 200 OK\r\n\r\n", "\0\1\2\3\r\n\r\n"):
            self.fails(self.get(self.tls(says(text))), UNAVAILABLE, True)
        self.fails(self.get(self.tls(says("220 mail.example ESMTP\r\n"))), UNAVAILABLE, True, "does not speak HTTP")

    def test_no_tls(self):
        server = self.server(lambda server, connection: connection.sendall(b"HTTP/1.1 400 Bad\r\n\r\n"))
        self.fails(self.ask(f"https://localhost:{server.port}/"), UNAVAILABLE, False, "no TLS connection")

    def test_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self.fails(self.ask(f"https://127.0.0.1:{port}/"), UNAVAILABLE, False, "connection refused")

    def test_no_such_name(self):
        self.fails(self.ask("https://no-such-host.invalid/"), UNAVAILABLE, False, "no address for the name",
                   "getent hosts no-such-host.invalid")


class Proxies(HttpCase):
    def test_R3_proxy_tunnels_and_sees_no_token(self):
        server, proxy = self.tls(OK), self.server(tunnel)
        outcome = self.get(server, authorization="Bearer canary", headers={"X-Canary": "1"},
                           env={"https_proxy": f"http://alice:secret@127.0.0.1:{proxy.port}"})
        self.assertEqual((200, "fine"), (outcome.status, outcome.body))
        self.assertNotIn("x-proxy", outcome.headers)
        self.assertTrue(proxy.heads[0].startswith("CONNECT localhost:"), proxy.heads)
        self.assertNotIn("anary", proxy.heads[0])
        self.assertIn("Proxy-Authorization: Basic", proxy.heads[0])
        self.assertIn("Bearer canary", server.heads[0])
        self.assertNotIn("Proxy-Authorization", server.heads[0])

    def test_no_proxy_is_honoured(self):
        server, proxy = self.tls(OK), self.server(tunnel)
        env = {"https_proxy": f"http://127.0.0.1:{proxy.port}", "no_proxy": "localhost"}
        self.assertEqual(200, self.get(server, env=env).status)
        self.assertEqual([], proxy.heads)

    def test_proxy_that_refuses(self):
        server = self.tls(OK)
        for status, hint in ((407, "USER:PASSWORD"), (403, "no_proxy"), (502, "no_proxy")):
            proxy = self.server(says(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n"))
            outcome = self.get(server, env={"https_proxy": f"http://127.0.0.1:{proxy.port}"})
            self.fails(outcome, UNAVAILABLE, False, f"status {status}", hint)
        self.assertEqual([], server.heads)

    def test_proxy_that_is_not_there(self):
        server = self.tls(OK)
        outcome = self.get(server, env={"https_proxy": "http://alice:canary@no-such-proxy.invalid:1"})
        self.fails(outcome, UNAVAILABLE, False, "name of the proxy", "https_proxy")
        self.assertNotIn("canary", outcome.message + outcome.hint)

    def test_R3_proxy_cannot_stand_in_for_the_server(self):
        stranger = Authority(self.world, "stranger").server()

        def impersonate(server, connection):
            server.head(connection)
            connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            with stranger.wrap_socket(connection, server_side=True) as inside:
                server.head(inside)

        server, proxy = self.tls(OK), self.server(impersonate)
        outcome = self.get(server, authorization="Bearer canary",
                           env={"https_proxy": f"http://127.0.0.1:{proxy.port}"})
        self.fails(outcome, UNAVAILABLE, False, "not trusted")
        self.assertEqual(1, len(proxy.heads))


if __name__ == "__main__":
    main()
