"""The contract's first half: arguments, channels, exit codes, texts and JSON. See also store_cases.py."""
import json
import os
import re
import subprocess

from base import NOT_FOUND, NO_SERVER, NO_USERNAME, Contract, login

USAGE = "Usage: {name} <store|get|erase|list|version>\n"


class Protocol(Contract):
    # ---- the command line

    def test_no_argument_prints_the_usage_line(self):
        done = self.world.run(self.helper)
        self.assertEqual((done.code, done.out), (1, USAGE.format(name=self.name)))

    def test_two_arguments_print_the_usage_line(self):
        for arguments in (("get", "x"), ("--help", "x"), ("list", ""), ("get", "get", "get")):
            done = self.world.run(self.helper, *arguments, input="r.example")
            self.assertEqual((done.code, done.out), (1, USAGE.format(name=self.name)), arguments)

    def test_help_begins_with_the_usage_line(self):
        for flag in ("--help", "-h"):
            done = self.world.run(self.helper, flag)
            self.assertEqual((done.code, done.err), (0, ""))
            self.assertTrue(done.out.startswith(USAGE.format(name=self.name)), done)

    def test_version_has_three_spellings(self):
        answers = [self.world.run(self.helper, spelling) for spelling in ("version", "--version", "-v")]
        for done in answers:
            self.assertEqual((done.code, done.err, done.out), (0, "", answers[0].out))
        self.assertRegex(answers[0].out, rf"\A{re.escape(self.name)} \({self.package}\) v\d+\.\d+\.\d+[^\n]*\n\Z")

    def test_an_unknown_action_is_named(self):
        for action in ("foo", "help", "GET", "Store", "", "-x", "--list"):
            done = self.world.run(self.helper, action, input=login())
            self.assertEqual((done.code, done.out), (1, f"{self.name}: unknown action: {action}\n"))
        self.assert_empty()

    def test_the_name_is_built_in_whatever_the_program_is_called(self):
        link = self.world.root / "renamed"
        link.symlink_to(self.helper)
        done = self.world.run(link)
        self.assertEqual((done.code, done.out), (1, USAGE.format(name=self.name)))

    # ---- the texts that clients compare

    def test_get_of_nothing_stored_is_not_found_and_silent(self):
        for server in ("r.example", "https://index.docker.io/v1/", "http://r.example", "r.example/team/app", "r.example:5000",
                       "garbage", "s" * 5000):
            done = self.call("get", server)
            self.assertEqual((done.code, done.out, done.err), (1, NOT_FOUND, ""), server[:50])

    def test_an_empty_server_has_its_text(self):
        for action in ("get", "erase"):
            for text in ("", "\n", " \t\r\n ", "\u00a0\u3000\n"):
                done = self.call(action, text)
                self.assertEqual((done.code, done.out), (1, NO_SERVER), (action, text))

    def test_store_wants_a_server_first_and_then_a_user(self):
        for text, answer in (({"ServerURL": "", "Username": "u", "Secret": "s"}, NO_SERVER),
                             ({"ServerURL": "", "Username": "", "Secret": "s"}, NO_SERVER),
                             ({"Username": "u", "Secret": "s"}, NO_SERVER),
                             ({}, NO_SERVER),
                             ({"ServerURL": None, "Username": "u"}, NO_SERVER),
                             ({"ServerURL": "r.example", "Username": "", "Secret": "s"}, NO_USERNAME),
                             ({"ServerURL": "r.example", "Secret": "s"}, NO_USERNAME),
                             ({"ServerURL": "r.example", "Username": None, "Secret": "s"}, NO_USERNAME)):
            done = self.call("store", json.dumps(text))
            self.assertEqual((done.code, done.out), (1, answer), text)
        self.assert_empty()

    # ---- channels

    def test_success_is_silent(self):
        for action, text in (("store", login()), ("store", login(secret="other")), ("erase", "r.example"),
                             ("erase", "r.example")):
            done = self.call(action, text)
            self.assertEqual((done.code, done.out, done.err), (0, "", ""), action)

    def test_failures_say_one_line_on_stdout_and_speak_on_stderr(self):
        for arguments, text in ((["store"], "junk"), (["store"], ""), (["store"], '{"ServerURL":"r.example"'), (["store"], "[]"),
                                (["store"], '{"ServerURL":7}'), (["get"], ""), (["erase"], ""), (["get"], "a\tb"), (["foo"], ""),
                                ([], "")):
            done = self.world.run(self.helper, *arguments, input=text)
            self.assertEqual(done.code, 1, arguments)
            self.assertRegex(done.out, r"\A[^\n]+\n\Z", (arguments, text))
            self.assertNotEqual(done.err, "", (arguments, text))
            self.assertLess(len(done.raw_err), 4096, "a Java client does not read it while the program runs")

    def test_nothing_but_the_secret_s_own_answer_holds_the_secret(self):
        secret = "very-secret-4711"
        for action, text in (("store", login(secret=secret)), ("list", ""), ("erase", "r.example"),
                             ("store", '{"ServerURL":"r.example","Secret":"%s","Username":7}' % secret),
                             ("store", '{"Secret":"%s' % secret), ("store", '{"ServerURL":"r\\n","Username":"u","Secret":"%s"}' % secret)):
            done = self.call(action, text, env={"DOCKER_CREDENTIAL_LOG": "debug"})
            self.assertNotIn(secret, done.out + done.err, (action, text))
        self.store(secret=secret)
        done = self.call("get", "r.example", env={"DOCKER_CREDENTIAL_LOG": "debug"})
        self.assertNotIn(secret, done.err)
        self.assertEqual(json.loads(done.out)["Secret"], secret)

    def test_standard_input_is_read_to_its_end_also_on_errors(self):
        for action, start in (("store", b"junk"), ("store", b"{}"), ("get", b""), ("erase", b""), ("store", b'{"ServerURL":"r.example",')):
            process = subprocess.Popen([*self.world_prefix(), str(self.helper), action], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.world.env)
            with process:
                process.stdin.write(start + b" " * 400_000)  # many times what a pipe holds; BrokenPipeError fails the test
                process.stdin.flush()
                out, _ = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 1, (action, out))

    def test_a_client_may_close_standard_input(self):
        for action in ("get", "erase", "store"):
            done = self.world.run("sh", "-c", 'exec "$0" "$1" <&-', self.helper, action)
            self.assertEqual(done.code, 1, action)
            self.assertRegex(done.out, r"\A[^\n]+\n\Z", action)
        done = self.world.run("sh", "-c", 'exec "$0" "$1" <&-', self.helper, "list")
        self.assertEqual((done.code, done.out, done.err), (0, "{}\n", ""))

    def test_an_answer_that_cannot_be_written_is_a_failure(self):
        self.store()
        for redirection in (">/dev/full", ">&-"):
            for action in ("get", "list"):
                done = self.world.run("sh", "-c", f'exec "$0" "$1" {redirection}', self.helper, action, input="r.example")
                self.assertEqual(done.code, 1, (redirection, action))
                self.assertNotEqual(done.err, "", (redirection, action))

    # ---- what get and erase read

    def test_line_breaks_in_a_server_are_dropped_and_white_space_trimmed(self):
        self.store("https://r.example/v1/", "u", "p")
        for text in ("https://r.example/v1/\n", "https://r.ex\nample/v1/", "https://r.example/v1/\r\n", "\n\nhttps://r.\r\nexample/v1/\n\n",
                     "  https://r.example/v1/ \t\n", "\u00a0https://r.example/v1/\u3000"):
            done = self.call("get", text)
            self.assertEqual(done.out, '{"ServerURL":"https://r.example/v1/","Username":"u","Secret":"p"}\n', repr(text))
        self.assertEqual(self.call("erase", " https://r.ex\nample/v1/\r\n").code, 0)
        self.assert_empty()

    # ---- what store reads

    def test_only_the_first_json_value_counts(self):
        for rest in (" trailing {", login("other.example"), "]", "\n\nx"):
            self.assertEqual(self.call("store", login(secret=f"before{rest}") + rest).code, 0, rest)
            self.assertEqual(self.get(), ("alice", f"before{rest}"))

    def test_key_names_match_in_any_case_and_unknown_ones_are_ignored(self):
        text = '{"x":{"Secret":[1,{"ServerURL":"no"}]},"serverurl":"r.example","USERNAME":"alice","sEcReT":"p","n":null,"t":true}'
        self.assertEqual(self.call("store", text).code, 0)
        self.assertEqual(self.get(), ("alice", "p"))

    def test_the_last_of_several_keys_wins(self):
        text = '{"ServerURL":"a.example","Secret":"1","ServerURL":"r.example","Username":"x","Secret":"2","Username":"alice"}'
        self.assertEqual(self.call("store", text).code, 0)
        self.assertEqual(self.listing(), {"r.example": "alice"})
        self.assertEqual(self.get(), ("alice", "2"))

    def test_an_empty_secret_is_one(self):
        for text in ('{"ServerURL":"r.example","Username":"alice","Secret":""}', '{"ServerURL":"r.example","Username":"alice"}',
                     '{"ServerURL":"r.example","Username":"alice","Secret":null}'):
            self.assertEqual(self.call("store", text).code, 0)
            self.assertEqual(self.get(), ("alice", ""))
            self.assertEqual(self.call("erase", "r.example").code, 0)

    def test_json_over_many_lines(self):
        text = json.dumps({"ServerURL": "r.example", "Username": "alice", "Secret": "p"}, indent=4)
        self.assertEqual(self.call("store", text.replace("\n", "\r\n") + "\n" * 2000).code, 0)
        self.assertEqual(self.get(), ("alice", "p"))

    def test_bad_json_stores_nothing(self):
        good = '{"ServerURL":"r.example","Username":"alice","Secret":"p"}'
        bad = [good[:length] for length in range(0, len(good), 5)]
        bad += ["junk", "7", '"text"', "null", "true", "[]", f"[{good}]", good.replace('"p"', "7"), good.replace('"alice"', "[]"),
                good.replace('"p"', "{}"), good.replace('"r.example"', "false"), "{" * 1000, "[" * 100_000]
        for text in bad:
            done = self.call("store", text)
            self.assertEqual(done.code, 1, text[:80])
            self.assertNotEqual(done.out, "", text[:80])
        self.assert_empty()

    def test_control_characters_in_names_are_refused(self):
        for character in ("\0", "\n", "\r", "\t", "\x1b", "\x7f", "\x85"):
            for server, user in ((f"r{character}example", "alice"), ("r.example", f"al{character}ice")):
                done = self.call("store", login(server, user))
                self.assertEqual(done.code, 1, (server, user))
                self.assertRegex(done.out, r"\A[^\x00-\x09\x0b-\x1f\x7f]+\n\Z")
        self.assert_empty()

    def test_input_over_one_mebibyte_is_refused_and_changes_nothing(self):
        self.store()
        done = self.call("store", login(secret="x" * (1024 * 1024)))
        self.assertEqual(done.code, 1)
        self.assertNotEqual(done.err, "")
        self.assertEqual(self.get(), ("alice", "wonder"))

    # ---- what get and list write

    def test_the_bytes_of_an_answer(self):
        self.store("r.example", "<token>", 'a<b>&"\\/\t\u2028é\U0001f511')
        done = self.call("get", "r.example")
        expected = ('{"ServerURL":"r.example","Username":"\\u003ctoken\\u003e",'
                    '"Secret":"a\\u003cb\\u003e\\u0026\\"\\\\/\\t\\u2028é\U0001f511"}\n')
        self.assertEqual((done.code, done.raw_out, done.err), (0, expected.encode(), ""))

    def test_the_bytes_of_a_list(self):
        self.store("b.example", "<token>", "1")
        self.store("é.example", "u&v", "2")
        self.store("B.example", 'q"', "3")
        done = self.call("list")
        expected = '{"B.example":"q\\"","b.example":"\\u003ctoken\\u003e","é.example":"u\\u0026v"}\n'
        self.assertEqual((done.code, done.raw_out, done.err), (0, expected.encode(), ""))

    def test_the_list_of_an_empty_store(self):
        done = self.call("list", "")
        self.assertEqual((done.code, done.out, done.err), (0, "{}\n", ""))

    def test_list_reads_no_input(self):
        self.store()
        for text in ("unused", "", "{]", "x" * 1000):
            self.assertEqual(self.call("list", text).out, '{"r.example":"alice"}\n')
        reader, writer = os.pipe()  # nobody ever closes it while the program runs
        process = subprocess.run([*self.world_prefix(), str(self.helper), "list"], stdin=reader, capture_output=True,
                                 env=self.world.env, timeout=45, check=False)
        os.close(reader)
        os.close(writer)
        self.assertEqual(process.stdout, b'{"r.example":"alice"}\n')
