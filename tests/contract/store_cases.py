"""The contract's second half: what is kept, under which keys it is found, and what happens in a crowd."""
import json
import subprocess
import threading

from base import NOT_FOUND, Contract, login
from worlds import MAX_INPUT

HUB = ["https://index.docker.io/v1/", "https://index.docker.io/v1", "index.docker.io", "docker.io", "registry-1.docker.io",
       "https://docker.io", "https://registry-1.docker.io/v1/"]
COMPANIONS = ["https://index.docker.io/v1/access-token", "https://index.docker.io/v1/refresh-token",
              "https://index.docker.io/v1//access-token"]
CROWD = 20


class Keeping(Contract):
    def test_any_secret_comes_back(self):
        secrets = ["p", " both ends ", "tab\there", "line\nbreak\r\nhere", "é ü 日本 \U0001f511", '"quotes" and \\backslashes\\',
                   "<b>&amp;</b>", "\u2028\u2029", "a..b", "%s %n $HOME `id` $(id)", "\x01\x1f\x7f", "-dash", "null", "{}", "x" * 5000]
        if not self.traits.strips_line_breaks:
            secrets += ["ends with a line break\n", "\r\n", "\n"]
        for secret in secrets:
            self.store(secret=secret)
            self.assertEqual(self.get(), ("alice", secret), repr(secret))

    def largest_secret(self):
        """Bytes of user name and secret together, or None: whatever fits into the input."""
        return getattr(self.world, "largest_secret", None)

    def test_a_secret_as_large_as_the_input_may_be(self):
        limit = self.largest_secret()
        secret = "s" * (limit - len("alice") if limit else MAX_INPUT - len(login(secret="")))
        self.store(secret=secret)
        self.assertEqual(self.get(), ("alice", secret))

    def test_a_secret_that_is_too_large_for_the_store_is_refused_clearly(self):
        self.store()
        done = self.call("store", login(secret="s" * (MAX_INPUT if self.largest_secret() is None else MAX_INPUT // 2)))
        self.assertEqual(done.code, 1)
        self.assertRegex(done.out, r"\d+")
        self.assertEqual(self.get(), ("alice", "wonder"))

    def test_any_user_name_comes_back(self):
        for user in ("u", "<token>", "tenant/user", "..", ".", "../../evil", "/absolute", "a//b", "trailing/", "-dash", ".hidden",
                     "with space", " edges ", "é日本\U0001f511", "a\\b", '"q"', "$x", "robot$app+ci", "u@example.org", "%2F", "x.gpg",
                     "u" * 200):
            self.store("r.example", user, f"secret of {user}")
            self.assertEqual(self.get(), (user, f"secret of {user}"))
            self.assertEqual(self.listing(), {"r.example": user})
        self.erase()
        self.assert_empty()

    def test_any_server_name_comes_back(self):
        servers = ["r.example", "r.example:5000", "https://r.example:5000/v2/", "r.example/team/app", "localhost", "127.0.0.1:5000",
                   "[::1]:5000", "..", "../../evil", "/", "-dash", "a b", "*", "%2e", "日本.example", "A.EXAMPLE", "a.example", "x;y|z",
                   "a\\b", '"', "unix:///run/x", "s" * 170]
        for server in servers:
            self.store(server, "u", f"secret of {server}")
        self.assertEqual(self.listing(), {server: "u" for server in servers})
        for server in servers:
            self.assertEqual(self.get(server), ("u", f"secret of {server}"))
        for server in servers:
            self.erase(server)
        self.assert_empty()

    def test_servers_that_differ_by_port_only(self):
        self.store("https://r.example:2376", "a", "1")
        self.store("https://r.example:2375", "b", "2")
        self.assertEqual(self.get("https://r.example:2376"), ("a", "1"))
        self.assertEqual(self.get("https://r.example:2375"), ("b", "2"))
        self.erase("https://r.example:2376")
        self.assert_absent("https://r.example:2376")
        self.assertEqual(self.listing(), {"https://r.example:2375": "b"})

    def test_an_identity_token_comes_back(self):
        self.store("r.example", "<token>", "eyJhbGciOi.J9.x_-")
        self.assertEqual(self.get(), ("<token>", "eyJhbGciOi.J9.x_-"))

    def test_a_new_secret_replaces_the_former(self):
        self.store(secret="long, much longer than the next")
        self.store(secret="short")
        self.assertEqual(self.get(), ("alice", "short"))

    def test_a_second_user_replaces_the_first(self):
        for users in (("zed", "amy"), ("amy", "zed")):
            for user in users:
                self.store("r.example", user, f"of {user}")
            self.assertEqual(self.get(), (users[-1], f"of {users[-1]}"))
            self.assertEqual(self.listing(), {"r.example": users[-1]})
        self.erase()
        self.assert_absent("r.example")
        self.assert_empty()

    def test_a_refused_store_keeps_the_former_login(self):
        self.store()
        for text in ("junk", login(user=""), login(user="a\tb"), '{"ServerURL":"r.example","Username":"bob","Secret":7}'):
            self.assertEqual(self.call("store", text).code, 1)
        self.assertEqual(self.get(), ("alice", "wonder"))

    def test_erase_of_nothing_stored_succeeds(self):
        for server in ("r.example", "https://index.docker.io/v1/", "garbage", "s" * 5000):
            self.erase(server)

    def test_erase_leaves_other_servers_alone(self):
        for server in ("r.example", "r.example:5000", "http://r.example", "r.example/team"):
            self.store(server, "u", server)
        self.erase("r.example")
        self.assertEqual(sorted(self.listing()), ["http://r.example", "r.example/team", "r.example:5000"])

    def test_every_listed_server_can_be_fetched(self):
        servers = [*HUB, *COMPANIONS, "r.example", "https://r.example", "r.example:443", "http://r.example", "r.example/a/b"]
        for number, server in enumerate(servers):
            self.store(server, f"user{number}", f"secret{number}")
        listing = self.listing()
        self.assertEqual(sorted(listing), sorted(servers))
        for number, server in enumerate(servers):
            self.assertEqual(listing[server], f"user{number}")
            self.assertEqual(self.get(server), (f"user{number}", f"secret{number}"))


class Names(Contract):
    """Under which names a login is found (and, just as much, under which it is not)."""

    def assert_found(self, stored, asked):
        for server in asked:
            self.assertEqual(self.get(server), ("u", f"of {stored}"), f"{stored} asked as {server}")

    def only(self, server):
        for other in self.listing():
            self.erase(other)
        self.store(server, "u", f"of {server}")

    def test_docker_hub_has_many_names(self):
        for stored in HUB:
            self.only(stored)
            self.assert_found(stored, HUB)
            self.assertEqual(self.listing(), {stored: "u"})

    def test_docker_hub_serves_its_repositories(self):
        self.only("https://index.docker.io/v1/")
        self.assert_found("https://index.docker.io/v1/", ["docker.io/library/debian", "index.docker.io/team/app"])

    def test_logout_from_docker_hub_covers_all_its_names(self):
        for stored in HUB:
            for erased in (HUB[0], "docker.io"):
                self.only(stored)
                self.erase(erased)
                self.assert_absent(stored)

    def test_the_hub_s_companion_tokens_stand_alone(self):
        self.store(HUB[0], "u", "password")
        for companion in COMPANIONS:
            self.assert_absent(companion)
            self.store(companion, "u", f"{companion}..client")
        self.assertEqual(len(self.listing()), 4)
        for companion in COMPANIONS:
            self.assertEqual(self.get(companion), ("u", f"{companion}..client"))
        self.erase(HUB[0])
        for server in HUB:
            self.assert_absent(server)
        for companion in COMPANIONS:
            self.assertEqual(self.get(companion)[1], f"{companion}..client")
        self.erase(COMPANIONS[0])
        self.assertEqual(sorted(self.listing()), sorted(COMPANIONS[1:]))

    def test_https_its_port_and_a_final_slash_make_no_difference(self):
        forms = ["r.example", "https://r.example", "https://r.example/", "r.example:443", "https://r.example:443"]
        for stored in forms:
            self.only(stored)
            self.assert_found(stored, forms)

    def test_the_exact_name_comes_first(self):
        servers = ["r.example", "https://r.example", "r.example:443", "r.example/team", "https://r.example/team"]
        for server in servers:
            self.store(server, "u", f"of {server}")
        for server in servers:
            self.assertEqual(self.get(server), ("u", f"of {server}"))

    def test_another_port_is_another_registry(self):
        self.only("r.example")
        for server in ("r.example:5000", "https://r.example:8443", "r.example:80"):
            self.assert_absent(server)
        self.only("r.example:5000")
        for server in ("r.example", "https://r.example", "r.example:443", "r.example:5001", "r.example:500", "r.example:50000"):
            self.assert_absent(server)
        self.assert_found("r.example:5000", ["https://r.example:5000", "r.example:5000/team/app"])

    def test_plain_http_is_another_registry(self):
        self.only("r.example")
        self.assert_absent("http://r.example")
        self.only("https://r.example")
        self.assert_absent("http://r.example")
        self.only("http://r.example")
        for server in ("r.example", "https://r.example", "r.example:443"):
            self.assert_absent(server)

    def test_another_host_is_another_registry(self):
        self.only("r.example")
        for server in ("x.r.example", "example", "r.example.org", "R.EXAMPLE.org", "rXexample", "r.example.", "evil@r.example"):
            self.assert_absent(server)

    def test_a_repository_is_served_by_the_nearest_login_above_it(self):
        self.store("r.example", "u", "of host")
        self.store("r.example/team", "u", "of team")
        self.store("r.example/team/app", "u", "of app")
        for asked, secret in (("r.example/team/app", "of app"), ("r.example/team/app/x", "of app"), ("r.example/team/other", "of team"),
                              ("r.example/team", "of team"), ("r.example/teams", "of host"), ("r.example/x/y/z", "of host"),
                              ("https://r.example/team/app", "of app"), ("r.example", "of host")):
            self.assertEqual(self.get(asked), ("u", secret), asked)

    def test_a_login_for_a_repository_serves_no_other(self):
        self.only("r.example/team")
        for server in ("r.example", "https://r.example", "r.example/other", "r.example/teams", "r.example/tea", "r.example/team2/app"):
            self.assert_absent(server)

    def test_erase_takes_the_exact_name(self):
        self.only("r.example")
        for server in ("https://r.example", "r.example:443", "r.example/team", "http://r.example"):
            self.erase(server)
        self.assertEqual(self.get(), ("u", "of r.example"))

    def test_private_keys_are_kept_but_never_listed(self):
        key = "oauth+https://r.example"
        if not self.traits.private_keys:
            self.assertEqual(self.call("store", login(key)).code, 1)
            self.assert_absent(key)
            self.erase(key)
            return
        self.store(key, "u", '{"refresh_token":"x"}')
        self.assertEqual(self.get(key), ("u", '{"refresh_token":"x"}'))
        self.assert_empty()
        for server in ("r.example", "https://r.example", "oauth+https://r.example/", "oauth+https://r.example/team"):
            self.assert_absent(server)
        self.store("r.example", "u", "p")
        self.assert_absent("oauth+https://other.example")
        self.assertEqual(self.listing(), {"r.example": "u"})
        self.erase("r.example")
        self.assertEqual(self.get(key)[0], "u")
        self.erase(key)
        self.assert_absent(key)


class Crowd(Contract):
    """Many clients at once, as compose makes them."""

    def crowd(self, requests):
        """Runs all (action, input) at the same time; returns exit code and standard output of each."""
        processes = []
        for action, text in requests:
            process = subprocess.Popen([*self.world_prefix(), str(self.helper), action], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.world.env)
            processes.append((process, text))
        answers = [None] * len(processes)

        def talk(number, process, text):
            out, err = process.communicate(text.encode(), 60)
            answers[number] = (process.returncode, out.decode(), err.decode())

        threads = [threading.Thread(target=talk, args=(number, *pair)) for number, pair in enumerate(processes)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def test_gets_of_one_server(self):
        self.store()
        answers = self.crowd([("get", "r.example")] * CROWD)
        self.assertEqual(answers, [(0, '{"ServerURL":"r.example","Username":"alice","Secret":"wonder"}\n', "")] * CROWD)

    def test_stores_of_many_servers(self):
        answers = self.crowd([("store", login(f"r{number}.example", "u", f"p{number}")) for number in range(CROWD)])
        self.assertEqual(answers, [(0, "", "")] * CROWD)
        self.assertEqual(self.listing(), {f"r{number}.example": "u" for number in range(CROWD)})
        answers = self.crowd([("get", f"r{number}.example") for number in range(CROWD)])
        self.assertEqual([json.loads(out)["Secret"] for _, out, _ in answers], [f"p{number}" for number in range(CROWD)])

    def test_stores_of_one_server_leave_one_whole_login(self):
        answers = self.crowd([("store", login("r.example", f"user{number}", f"of user{number}")) for number in range(CROWD)])
        self.assertEqual(answers, [(0, "", "")] * CROWD)
        user, secret = self.get()
        self.assertEqual(secret, f"of {user}")
        self.assertEqual(self.listing(), {"r.example": user})
        self.erase()
        self.assert_absent("r.example")

    def test_readers_see_the_former_or_the_new_login_whole(self):
        self.store("r.example", "user", "1" * 3000)
        requests = []
        for number in range(CROWD):
            requests.append(("store", login("r.example", "user", str(number % 10) * 3000)) if number % 4 == 0 else ("get", "r.example"))
        for (action, _), (code, out, err) in zip(requests, self.crowd(requests)):
            self.assertEqual((code, err), (0, ""), (action, out))
            if action == "get":
                secret = json.loads(out)["Secret"]
                self.assertEqual(secret, secret[0] * 3000)

    def test_erases_of_one_server(self):
        self.store()
        self.store("other.example", "bob", "p")
        self.assertEqual(self.crowd([("erase", "r.example")] * CROWD), [(0, "", "")] * CROWD)
        self.assertEqual(self.listing(), {"other.example": "bob"})

    def test_everything_at_once(self):
        self.store("steady.example", "u", "p")
        requests = []
        for number in range(5):
            server = f"r{number}.example"
            requests += [("store", login(server, "u", "p")), ("get", server), ("erase", server), ("list", "")]
        for (action, server), (code, out, err) in zip(requests, self.crowd(requests)):
            self.assertEqual(err, "", (action, server))
            if action == "get" and code != 0:
                self.assertEqual(out, NOT_FOUND)
            else:
                self.assertEqual(code, 0, (action, server, out))
            if action == "list":
                self.assertEqual(json.loads(out)["steady.example"], "u")
        self.assertEqual(self.get("steady.example"), ("u", "p"))
