"""A password store that is a git repository."""
import json
from concurrent.futures import ThreadPoolExecutor

from pass_helper import SERVER, HelperCase
from sandbox import main


class Git(HelperCase):
    options = {"git": True}

    def git(self, *arguments, folder=None):
        done = self.world.run("git", "-C", folder or self.world.store, *arguments)
        self.assertEqual(done.code, 0, done)
        return done.out

    def titles(self, folder=None):
        return self.git("log", "--format=%s", folder=folder).splitlines()

    def assert_clean(self):
        self.assertEqual(self.git("status", "--porcelain"), "")

    def name(self, user):
        return str(self.world.entry(SERVER, user).relative_to(self.world.store)).removesuffix(".gpg")

    def test_commits_with_the_words_of_pass(self):
        before = self.titles()
        self.store(SERVER, "alice", "s3cret")
        self.store(SERVER, "alice", "second")
        self.erase(SERVER)
        folder = self.name("x").rpartition("/")[0]
        self.assertEqual(self.titles(), [f"Remove {folder} from store.",
                                         f"Add given password for {self.name('alice')} to store.",
                                         f"Add given password for {self.name('alice')} to store.", *before])
        self.assert_clean()

    def test_same_words_as_the_older_helper(self):
        older = self.older()
        for helper in (older, "docker-credential-pass"):
            self.store(SERVER, "alice", "s3cret", helper=helper)
            self.erase(SERVER, helper=helper)
        titles = self.titles()
        self.assertEqual(titles[0:2], titles[2:4])

    def test_pass_git_log_shows_it(self):
        self.store(SERVER, "alice", "s3cret")
        log = self.world.run("pass", "git", "log", "--stat", "--format=%s").out
        self.assertIn(f"Add given password for {self.name('alice')} to store.", log)
        self.assertIn("alice.gpg", log)

    def test_replacing_a_user_is_one_commit(self):
        self.store(SERVER, "zoe", "1")
        count = len(self.titles())
        self.store(SERVER, "us/er [x]*", "2")
        self.assertEqual(len(self.titles()), count + 1)
        self.assertEqual(self.git("show", "--format=", "--name-status", "--no-renames").split("\n")[:-1],
                         [f"A\t{self.name('us%2Fer [x]*')}.gpg", f"D\t{self.name('zoe')}.gpg"])
        self.assert_clean()

    def test_other_changes_of_the_user_stay_uncommitted(self):
        (self.world.store / "staged").write_text("mine")
        (self.world.store / "untracked").write_text("mine")
        self.git("add", "staged")
        self.store(SERVER, "alice", "s3cret")
        self.erase(SERVER)
        self.assertEqual(self.git("status", "--porcelain"), "A  staged\n?? untracked\n")

    def test_entries_that_were_never_committed(self):
        self.world.write_entry(self.world.entry(SERVER, "stray"), "x")
        count = len(self.titles())
        self.erase(SERVER)
        self.assertEqual(len(self.titles()), count)
        self.world.write_entry(self.world.entry(SERVER, "stray"), "x")
        self.store(SERVER, "alice", "s3cret")
        self.assertEqual(len(self.titles()), count + 1)
        self.assert_clean()

    def test_repository_in_a_subfolder(self):
        self.world.folder.mkdir()
        self.git("init", "-q", folder=self.world.folder)
        outer = self.titles()
        self.store(SERVER, "alice", "s3cret")
        self.assertEqual(self.titles(self.world.folder), [f"Add given password for {self.name('alice')} to store."])
        self.erase(SERVER)
        self.assertEqual(len(self.titles(self.world.folder)), 2)
        self.assertEqual(self.titles(), outer)

    def test_repository_around_the_store_is_left_alone(self):
        self.world.run("rm", "-rf", self.world.store / ".git")
        self.git("init", "-q", folder=self.world.home)
        self.store(SERVER, "alice", "s3cret")
        self.assertNotEqual(self.world.run("git", "-C", self.world.home, "log").code, 0, "nothing was committed there")

    def test_repository_of_a_running_hook_is_left_alone(self):
        other = self.world.root / "project"
        other.mkdir()
        self.git("init", "-q", folder=other)
        hook = {"GIT_DIR": str(other / ".git"), "GIT_INDEX_FILE": str(other / ".git/index"), "GIT_WORK_TREE": str(other)}
        self.store(SERVER, "alice", "s3cret", env=hook)
        self.assertIn("alice", self.titles()[0])
        self.assert_clean()
        self.assertFalse((other / ".git/index").exists())

    def test_linked_work_tree(self):
        # There .git is a file.
        tree = self.world.root / "tree"
        self.git("worktree", "add", "-q", tree)
        self.store(SERVER, "alice", "s3cret", env={"PASSWORD_STORE_DIR": str(tree)})
        self.assertIn("Add given password", self.titles(tree)[0])

    def test_signed_commits(self):
        self.git("config", "pass.signcommits", "true")
        self.git("config", "user.signingkey", self.world.key)
        self.store(SERVER, "alice", "s3cret")
        self.assertEqual(self.git("log", "-1", "--format=%G?"), "G\n")

    def test_trouble_with_git_does_not_lose_the_login(self):
        (self.world.home / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
        self.store(SERVER, "alice", "s3cret")
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))
        self.assertIn("alice.gpg", self.git("status", "--porcelain"))
        done = self.call("store", json.dumps({"ServerURL": SERVER, "Username": "alice", "Secret": "x"}),
                         env={"DOCKER_CREDENTIAL_LOG": "debug"})
        self.assertEqual(done.code, 0)
        self.assertIn("debug: git: ", done.err)

    def test_without_git(self):
        tools = self.world.root / "tools"
        tools.mkdir()
        (tools / "gpg").symlink_to("/usr/bin/gpg")
        helper = self.world.run("sh", "-c", "command -v docker-credential-pass").out.strip()
        payload = json.dumps({"ServerURL": SERVER, "Username": "alice", "Secret": "s3cret"})
        done = self.world.run(helper, "store", input=payload, env={"PATH": str(tools)})
        self.assertEqual((done.code, done.out, done.err), (0, "", ""))
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))

    def test_parallel_stores_are_all_committed(self):
        count = len(self.titles())
        with ThreadPoolExecutor(20) as pool:
            list(pool.map(lambda n: self.store(f"host{n}.example", "alice", f"{n}"), range(20)))
        self.assertEqual(len(self.titles()), count + 20)
        self.assert_clean()
        self.assertEqual(len(self.list()), 20)


if __name__ == "__main__":
    main()
