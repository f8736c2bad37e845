"""What a person sees who starts a helper by hand: an explanation instead of a silent wait, an end to every wait, and no
message twice on one screen."""
import json
import os
import pty
import select
import signal
import subprocess
import time

from pass_world import PassWorld
from sandbox import BIN, Done, Sandbox, SandboxCase, main
from trouble import reads

HELPER = BIN / "docker-credential-pass"


class Terminal(SandboxCase):
    def make_world(self):
        return Sandbox()

    def start(self, *argv, stdout=None, **env):
        """Starts the helper with all three descriptors on a terminal (or standard output on `stdout`)."""
        self.master, slave = pty.openpty()
        process = subprocess.Popen([str(HELPER), *argv], stdin=slave, stdout=stdout or slave, stderr=slave,
                                   env={**self.world.env, **env}, start_new_session=True)
        os.close(slave)
        self.addCleanup(os.close, self.master)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def read_until(self, text, timeout=60):
        screen = b""
        deadline = time.monotonic() + timeout
        while text.encode() not in screen:
            ready, _, _ = select.select([self.master], [], [], max(0, deadline - time.monotonic()))
            self.assertTrue(ready, f"waited for {text!r}, the screen shows {screen!r}")
            try:
                screen += os.read(self.master, 4096)
            except OSError:  # the helper has ended and closed the terminal
                self.fail(f"ended before {text!r}, the screen shows {screen!r}")
        return screen.decode()

    def read_all(self, process):
        process.wait(60)
        screen = b""
        try:
            while select.select([self.master], [], [], 0.2)[0]:
                screen += os.read(self.master, 4096)
        except OSError:
            pass
        return screen.decode()

    def test_get_says_what_it_waits_for(self):
        process = self.start("get")
        screen = self.read_until("docker-credential-pass: type the address of a registry, then Ctrl-D")
        reads(self, 13, "type the address", Done(0, screen.encode(), b"", 0))
        os.write(self.master, b"registry.example\n\x04")
        self.read_until("credentials not found in native keychain")
        self.assertEqual(1, process.wait(60))

    def test_store_shows_the_shape_of_its_input(self):
        self.start("store")
        self.read_until('type {"ServerURL":"...","Username":"...","Secret":"..."}, then Ctrl-D')

    def test_interrupt_ends_the_wait_at_once(self):
        process = self.start("get")
        self.read_until("Ctrl-D")
        process.send_signal(signal.SIGINT)
        self.assertEqual(-signal.SIGINT, process.wait(30))

    def test_nothing_typed_ends_with_advice(self):
        process = self.start("get", DOCKER_CREDENTIAL_TIMEOUT="1")
        screen = self.read_all(process)
        self.assertIn("standard input did not end within 1 s", screen)
        self.assertIn("Ctrl-D", screen)
        self.assertEqual(1, process.returncode)

    def test_a_message_appears_once_on_one_screen(self):
        screen = self.read_all(self.start("frobnicate"))
        self.assertEqual(1, screen.count("unknown action: frobnicate"), screen)
        self.assertIn("--help", screen)

    def test_list_asks_for_nothing(self):
        process = self.start("list")
        self.assertEqual("{}", self.read_all(process).strip())

    def test_help_starts_with_the_usage_line_and_goes_to_standard_output(self):
        for option in ("--help", "-h"):
            done = self.world.run(HELPER, option)
            self.assertEqual((0, ""), (done.code, done.err))
            self.assertEqual("Usage: docker-credential-pass <store|get|erase|list|version>", done.out.split("\n")[0])
            for word in ("init", "DOCKER_CREDENTIAL_LOG", "DOCKER_CREDENTIAL_TIMEOUT", "man docker-credential-pass"):
                self.assertIn(word, done.out)


class Pipes(SandboxCase):
    def test_a_caller_that_never_closes_the_pipe_is_not_waited_for(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, writer)
        started = time.monotonic()
        process = subprocess.Popen([HELPER, "get"], stdin=reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env={**self.world.env, "DOCKER_CREDENTIAL_TIMEOUT": "1"})
        os.close(reader)
        os.write(writer, b"registry.example")
        out, err = process.communicate(timeout=60)
        self.assertEqual((1, b"standard input did not end within 1 s\n"), (process.returncode, out))
        self.assertIn(b"close the pipe", err)
        self.assertGreaterEqual(time.monotonic() - started, 1)

    def test_a_caller_that_drips_is_not_waited_for(self):
        process = subprocess.Popen([HELPER, "get"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env={**self.world.env, "DOCKER_CREDENTIAL_TIMEOUT": "1"})
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            try:
                process.stdin.write(b"x")
                process.stdin.flush()
            except BrokenPipeError:
                break
            time.sleep(0.1)
        self.assertEqual(1, process.wait(60))
        self.assertIn(b"standard input did not end within 1 s", process.stderr.read())
        for pipe in (process.stdin, process.stdout, process.stderr):
            try:
                pipe.close()
            except BrokenPipeError:
                pass

    def test_a_caller_that_does_not_read_is_not_waited_for(self):
        world = PassWorld()
        self.addCleanup(world.close)
        payload = json.dumps({"ServerURL": "large.example", "Username": "me", "Secret": "s" * 900_000})
        self.assertEqual(0, world.run(HELPER, "store", input=payload).code)
        for nonblocking in (False, True):
            reader, writer = os.pipe()
            os.set_blocking(writer, not nonblocking)
            process = subprocess.Popen([HELPER, "get"], stdin=subprocess.PIPE, stdout=writer, stderr=subprocess.PIPE,
                                       env={**world.env, "DOCKER_CREDENTIAL_TIMEOUT": "2"})
            _, err = process.communicate(b"large.example", timeout=60)
            self.assertEqual(1, process.returncode)
            self.assertIn(b"nobody read standard output for 2 s", err)
            os.close(reader)
            os.close(writer)

    def test_input_is_read_to_its_end_even_when_refused(self):
        """A writer that is left with a broken pipe takes it for a crash (Java clients do)."""
        process = subprocess.Popen([HELPER, "store"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=self.world.env)
        for _ in range(50):
            process.stdin.write(b"x" * 100_000)  # raises BrokenPipeError when nobody reads
        process.stdin.close()
        self.assertEqual(1, process.wait(60))
        process.stdout.close()
        process.stderr.close()

    def test_debug_log_explains_and_keeps_quiet_otherwise(self):
        loud = self.world.run(HELPER, "get", input="registry.example/team/app", env={"DOCKER_CREDENTIAL_LOG": "debug"})
        self.assertIn("debug: get: nothing stored for registry.example/team/app", loud.err)
        self.assertEqual("", self.world.run(HELPER, "get", input="registry.example").err)


if __name__ == "__main__":
    main()
