"""Providers that answer wrongly, partly or not at all: an error in time, and never "not found" by mistake."""
import time

import sandbox
from doctor import examine
from fake_provider import COLLECTION_PATH, GOOD, ITEM_PATH, PROMPT_PATH, SILENCE, Completed, FakeProvider, Refusal, item
from secretservice_world import ACTIONS, HELPER, SecretServiceCase, SecretServiceWorld, login

ONE_SECOND = {"DOCKER_CREDENTIAL_TIMEOUT": "1"}


class FakeCase(SecretServiceCase):
    def make_world(self):
        return SecretServiceWorld(provider=None)

    def provider(self, **changes):
        fake = FakeProvider(self.world.env["DBUS_SESSION_BUS_ADDRESS"], **changes)
        self.addCleanup(fake.close)
        return fake

    def assert_error(self, done, *texts):
        """Exit 1 with one printable line that holds `texts`, which is not the sentence for "not found"."""
        self.assertEqual((done.code, done.out.count("\n")), (1, 1), done)
        self.assertNotIn("credentials not found", done.out)
        self.assertNotIn("\x1b", done.out + done.err)
        for text in texts:
            self.assertIn(text, done.out)
        self.assertIn(done.out, done.err)


class Good(FakeCase):
    """The fake itself: what the cases below change works otherwise."""

    def test_get_store_list(self):
        fake = self.provider()
        self.assertEqual(self.get(), ("alice", "wonder"))
        self.assertEqual(self.list(), {"r.example": "alice"})
        self.store()
        [create] = fake.called("CreateItem")
        self.assertEqual(create[1], COLLECTION_PATH)
        self.assertEqual(bytes(create[2][1][2]), b"wonder")

    def test_get_asks_no_more_than_needed(self):
        fake = self.provider()
        self.get()
        self.assertEqual([method for method, path, _ in fake.calls if path == ITEM_PATH], ["GetAll", "GetSecret"])
        self.assertEqual(len(fake.called("SearchItems")), 1)

    def test_not_found_costs_searches_only(self):
        fake = self.provider(SearchItems=("aoao", ([], [])))
        self.assert_absent()
        self.assertEqual({call[0] for call in fake.calls}, {"SearchItems"})


class Malformed(FakeCase):
    def test_wrong_types_are_errors(self):
        for method, answer in {"SearchItems": ("s", ("nonsense",)), "GetAll": ("a{ss}", ({"Locked": "no"},)),
                               "GetSecret": ("s", ("wonder",)), "OpenSession": ("s", ("",))}.items():
            with self.subTest(method):
                fake = FakeProvider(self.world.env["DBUS_SESSION_BUS_ADDRESS"], **{method: answer})
                try:
                    self.assert_error(self.helper("get", "r.example"), "reports an error")
                finally:
                    fake.close()

    def test_wrong_types_in_store_are_errors(self):
        for method, answer in {"ReadAlias": ("s", ("x",)), "CreateItem": ("o", (ITEM_PATH,)),
                               "Get": ("b", (False,))}.items():
            with self.subTest(method):
                fake = FakeProvider(self.world.env["DBUS_SESSION_BUS_ADDRESS"], **{method: answer})
                try:
                    self.assert_error(self.helper("store", login()), "reports an error")
                finally:
                    fake.close()

    def test_item_with_attributes_of_the_wrong_type_is_not_ours(self):
        self.provider(GetAll=item(Attributes=("as", ["server"])), Get=("v", (("u", 7),)))
        self.assert_absent()
        self.assertEqual(self.list(), {})

    def test_item_that_does_not_match_the_search_is_not_ours(self):
        self.provider(GetAll=item(Attributes=("a{ss}", {"server": "evil.example", "username": "x", "docker_cli": "1"})))
        self.assert_absent()

    def test_missing_properties_are_no_trouble(self):
        attributes = item()[1][0]["Attributes"]
        self.provider(GetAll=("a{sv}", ({"Attributes": attributes},)))
        self.assertEqual(self.get(), ("alice", "wonder"))

    def test_error_texts_are_made_printable(self):
        self.provider(SearchItems=Refusal("Odd", "\x1b[31mred\x07\nsecond line \u202e" + "x" * 5000))
        for action, request in [("get", "r.example"), ("erase", "r.example"), ("list", "")]:
            done = self.helper(action, request)
            self.assert_error(done, "reports an error: ")
            self.assertLess(len(done.out), 600)

    def test_huge_reply(self):
        paths = [f"{ITEM_PATH}{n}" for n in range(3000)]
        self.provider(SearchItems=("aoao", (paths, [])), Get=Refusal("NoSuchObject"))
        done = self.helper("list")
        self.assertEqual((done.code, done.out, done.err), (0, "{}\n", ""), done)
        self.assertLess(done.seconds, 20)


class Missing(FakeCase):
    def test_method_that_does_not_exist_is_an_error(self):
        self.provider(SearchItems=Refusal("org.freedesktop.DBus.Error.UnknownMethod"),
                      ReadAlias=Refusal("org.freedesktop.DBus.Error.UnknownMethod"))
        for action, request in ACTIONS:
            with self.subTest(action):
                self.assert_error(self.helper(action, request), "refused on purpose")

    def test_method_that_is_missing_for_a_moment_is_asked_again(self):
        answers = [Refusal("org.freedesktop.DBus.Error.UnknownMethod")] * 2
        self.provider(SearchItems=lambda _: answers.pop() if answers else ("aoao", ([ITEM_PATH], [])))
        self.assertEqual(self.get(), ("alice", "wonder"))

    def test_item_that_goes_between_search_and_read_is_not_found(self):
        for method in ["GetAll", "GetSecret"]:
            for name in ["NoSuchObject", "org.freedesktop.DBus.Error.UnknownObject"]:
                with self.subTest(method, error=name):
                    fake = FakeProvider(self.world.env["DBUS_SESSION_BUS_ADDRESS"], **{method: Refusal(name)})
                    try:
                        self.assert_absent()
                    finally:
                        fake.close()

    def test_access_denied(self):
        self.provider(GetSecret=Refusal("org.freedesktop.DBus.Error.AccessDenied"))
        self.assert_error(self.helper("get", "r.example"), "refuses access")

    def test_delete_that_deletes_nothing(self):
        self.provider()
        self.assert_error(self.helper("erase", "r.example"), "did not delete the credential for r.example")


class NoDefaultForAMoment(FakeCase):
    """As in GNOME Keyring while it rereads its files."""

    def default_keyring(self):
        [check] = [each for each in examine(self.world, HELPER).checks if each["link"] == "default keyring"]
        return check["finding"]

    def test_store_and_doctor_ask_again(self):
        for use in (self.store, lambda: self.assertEqual(self.default_keyring(), "it is unlocked")):
            answers = [("o", ("/",))] * 2
            fake = FakeProvider(self.world.env["DBUS_SESSION_BUS_ADDRESS"],
                                ReadAlias=lambda _: answers.pop() if answers else GOOD["ReadAlias"])
            try:
                use()
                self.assertEqual(answers, [])
            finally:
                fake.close()

    def test_nobody_asks_for_ever(self):
        fake = self.provider(ReadAlias=("o", ("/",)))
        began = time.monotonic()
        self.assertIn("has no default keyring yet", self.default_keyring())
        self.assertLess(time.monotonic() - began, 20)
        self.assertEqual(len(fake.called("ReadAlias")), 5)


class Locked(FakeCase):
    def test_create_in_a_collection_that_is_locked_after_all(self):
        self.provider(CreateItem=Refusal("IsLocked"))
        self.assert_error(self.helper("store", login()), " is locked")

    def test_still_locked_after_the_prompt(self):
        self.provider(SearchItems=("aoao", ([], [ITEM_PATH])), GetAll=item(Locked=("b", True)),
                      Prompt=Completed("bv", (False, ("ao", []))))
        self.assert_error(self.helper("get", "r.example"), " is still locked")

    def test_item_path_is_what_is_unlocked(self):
        locked = [True]
        fake = self.provider(SearchItems=("aoao", ([], [ITEM_PATH])), GetAll=lambda _: item(Locked=("b", bool(locked))),
                             Prompt=lambda _: locked.clear() or Completed("bv", (False, ("ao", [ITEM_PATH]))))
        self.assertEqual(self.get(), ("alice", "wonder"))
        self.assertEqual(fake.called("Unlock")[0][2], ([ITEM_PATH],))

    def test_parallel_calls_prompt_once(self):
        locked = [True]

        def prompt(_):
            time.sleep(0.5)
            locked.clear()
            return Completed("bv", (False, ("ao", [ITEM_PATH])))
        fake = self.provider(SearchItems=("aoao", ([], [ITEM_PATH])), GetAll=lambda _: item(Locked=("b", bool(locked))),
                             Unlock=lambda _: ("aoo", ([], PROMPT_PATH) if locked else ([ITEM_PATH], "/")),
                             Prompt=prompt)
        processes = [self.begin("get", "r.example") for _ in range(5)]
        for process in processes:
            self.assertEqual(self.end(process)[0::2], (0, ""))
        self.assertEqual(len(fake.called("Prompt")), 1)

    def test_dismissed(self):
        self.provider(SearchItems=("aoao", ([], [ITEM_PATH])), GetAll=item(Locked=("b", True)),
                      Prompt=Completed("bv", (True, ("s", ""))))
        self.assert_error(self.helper("get", "r.example"), "is locked: its dialog was dismissed")

    def test_dismissed_create_and_delete(self):
        fake = self.provider(CreateItem=("oo", ("/", PROMPT_PATH)), Delete=("o", (PROMPT_PATH,)),
                             Prompt=Completed("bv", (True, ("s", ""))))
        self.assert_error(self.helper("store", login()), "did not store the credential: its dialog was dismissed")
        self.assert_error(self.helper("erase", "r.example"), "did not delete the credential: its dialog was dismissed")
        self.assertEqual(len(fake.called("Prompt")), 2)

    def test_prompt_that_never_ends_is_dismissed_in_time(self):
        for prompt in [("", ()), SILENCE, Completed("s", ("nonsense",))]:
            with self.subTest(str(prompt)):
                fake = FakeProvider(self.world.env["DBUS_SESSION_BUS_ADDRESS"], SearchItems=("aoao", ([], [ITEM_PATH])),
                                    GetAll=item(Locked=("b", True)), Prompt=prompt)
                try:
                    done = self.helper("get", "r.example", env=ONE_SECOND)
                    self.assert_error(done, "asked for your answer, and none came within 1 s")
                    self.assertLess(done.seconds, 20)
                    self.assertEqual(fake.called("Dismiss")[0][1], PROMPT_PATH)
                finally:
                    fake.close()

    def test_prompt_that_cannot_be_shown(self):
        self.provider(SearchItems=("aoao", ([], [ITEM_PATH])), GetAll=item(Locked=("b", True)),
                      Prompt=Refusal("org.freedesktop.DBus.Error.Failed", "no window"))
        self.assert_error(self.helper("get", "r.example"), "reports an error: no window")


class Slow(FakeCase):
    def test_answers_pings_but_not_calls(self):
        self.provider(SearchItems=SILENCE)
        done = self.helper("get", "r.example", env=ONE_SECOND)
        self.assert_error(done, "did not answer within 3 s; it may be waiting for you in a window of its own")
        self.assertLess(done.seconds, 20)

    def test_answers_no_pings_either(self):
        self.provider(SearchItems=SILENCE, Ping=SILENCE)
        done = self.helper("get", "r.example", env=ONE_SECOND)
        self.assert_error(done, "does not respond")
        self.assertLess(done.seconds, 22)

    def test_late_secret_is_waited_for(self):
        def late(_):
            time.sleep(4)
            return GOOD["GetSecret"]
        self.provider(GetSecret=late)
        self.assertEqual(self.get(), ("alice", "wonder"))


if __name__ == "__main__":
    sandbox.main()
