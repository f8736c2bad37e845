"""What Docker needs around a helper: a registry with a password, an engine of its own, an image to carry, and the docker
commands of this machine. Mixins for a Sandbox.

Debian packages: docker-registry, apache2-utils, docker.io, containerd, skopeo, podman, openssl."""
import base64
import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import tarfile
import unittest
from pathlib import Path

USER = "alice"
PASSWORD = "wonder-land"

REGISTRY_CONFIG = """version: 0.1
log: {{level: info, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {root}/registry}}}}
http: {{addr: "{address}", secret: test{tls}}}
auth: {auth}
"""


def docker_commands():
    """Every docker CLI of this machine, as {version: path}: Docker's own and Debian's may be there side by side."""
    found = {}
    for folder in ("/usr/local/bin", "/usr/bin"):
        path = Path(folder) / "docker"
        if path.exists():
            text = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
            found.setdefault(re.search(r"version ([\d.]+)", text).group(1), path)
    if not found:
        raise unittest.SkipTest("no docker command on this machine")
    return found


class RegistryMixin:
    """A registry on the loopback, by default on a free port. `registry` is its host and port."""
    registry = None
    registry_address = "127.0.0.1:0"
    registry_tls = None  # an Authority: https with its certificate

    def start_registry(self, users=((USER, PASSWORD),)):
        file = self.root / "htpasswd"
        for name, password in users:
            done = self.run("htpasswd", "-Bi", *([] if file.exists() else ["-c"]), file, name, input=password)
            assert done.code == 0, done
        self._serve(f"{{htpasswd: {{realm: test, path: {file}}}}}")

    def start_registry_with_tokens(self, realm, certificate):
        self._serve(f"{{token: {{realm: '{realm}', service: test-registry, issuer: test-issuer, "
                    f"rootcertbundle: {certificate}}}}}")

    def _serve(self, auth):
        config = self.root / "registry.yml"
        tls = ""
        if self.registry_tls:
            tls = f", tls: {{certificate: {self.registry_tls.certificate}, key: {self.registry_tls.key}"
            tls += f", clientcas: [{self.registry_tls.ca}]}}" if self.registry_tls.demands else "}"
        config.write_text(REGISTRY_CONFIG.format(root=self.root, address=self.registry_address, auth=auth, tls=tls))
        process = self.start("docker-registry", "serve", config, log="registry.log")

        def address():
            assert process.poll() is None, (self.root / "registry.log").read_text()
            return re.search(r"listening on (127[\d.]+:\d+)", (self.root / "registry.log").read_text())

        self.registry = self.wait_for(address, "the registry").group(1)

    def tags(self, repository):
        """What the registry has of a repository, asked without any helper."""
        done = self.run("skopeo", "list-tags", "--tls-verify=false", "--creds", f"{USER}:{PASSWORD}",
                        f"docker://{self.registry}/{repository}")
        return json.loads(done.out)["Tags"] if done.code == 0 else []


class DockerMixin(RegistryMixin):
    """A registry and, with start_engine, a Docker engine of its own: no network, no privileges beyond root's, images in
    plain folders."""
    engine = None
    cli = "docker"

    def start_engine(self):
        if os.getuid() != 0:
            raise unittest.SkipTest("a Docker engine needs root")
        if not shutil.which("dockerd", path=self.env["PATH"]):
            raise unittest.SkipTest("no dockerd on this machine")
        (self.root / "daemon.json").write_text("{}")
        self.env["DOCKER_HOST"] = f"unix://{self.engine_socket}"
        # An environment of its own: the engine asks no helper.
        self.engine = self.start("dockerd", "--iptables=false", "--ip6tables=false", "--bridge=none",
                                 "--storage-driver=vfs", f"--data-root={self.root}/engine",
                                 f"--exec-root={self.root}/exec", f"--pidfile={self.root}/dockerd.pid",
                                 f"--config-file={self.root}/daemon.json", "-H", self.env["DOCKER_HOST"])

        def answers():
            if self.engine.poll() is not None:
                last = (self.root / "dockerd.log").read_text().strip().splitlines()[-1]
                raise unittest.SkipTest(f"a Docker engine may not run here: {last}")
            return self.run("docker", "version").code == 0

        self.wait_for(answers, "the Docker engine")
        done = self._import("probe")
        if done.code != 0:  # some containers let it start, but not unpack an image
            raise unittest.SkipTest(f"a Docker engine may not unpack images here: {done.err.strip()}")

    def configure(self, **settings):
        """Writes Docker's config.json."""
        self.config.write_text(json.dumps(settings))

    @property
    def engine_socket(self):
        return self.root / "docker.sock"

    @property
    def config(self):
        return Path(self.env["DOCKER_CONFIG"]) / "config.json"

    def docker(self, *arguments, **options):
        """Runs the docker command of `self.cli`."""
        return self.run(self.cli, *arguments, **options)

    def make_image(self, name, content=b"hello\n"):
        """Puts an image with one file into the engine."""
        done = self._import(name, content)
        assert done.code == 0, done

    def _import(self, name, content=b"hello\n"):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            entry = tarfile.TarInfo("hello")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        return self.docker("import", "-", name, input=packed.getvalue())

    def log_in(self, password=PASSWORD, user=USER, **options):
        return self.docker("login", "-u", user, "--password-stdin", self.registry, input=password, **options)

    def close(self):
        if self.engine and self.engine.poll() is None:  # first, and in peace: it has a containerd and mounts to end
            self.engine.terminate()
            try:
                self.engine.wait(10)
            except subprocess.TimeoutExpired:
                pass
        super().close()
        for line in Path("/proc/self/mounts").read_text().splitlines():
            if line.split()[1].startswith(f"{self.root}/"):
                subprocess.run(["umount", "-l", line.split()[1]], check=False)
        shutil.rmtree(self.root, ignore_errors=True)


class PodmanMixin(RegistryMixin):
    """A registry with an image, and podman with a place of its own for images, on a machine where nothing of Docker is
    set up. No container is run, so that no privileges are needed."""

    def start_podman(self):
        del self.env["DOCKER_CONFIG"]  # podman takes the file in that folder for its own
        self.start_registry()
        self.image = f"{self.registry}/team/hello:v1"
        self.containers = self.home / ".config/containers"
        self.env["XDG_CONFIG_HOME"] = str(self.home / ".config")
        self.containers.mkdir(parents=True)
        self.auth_file = self.containers / "auth.json"
        policy = self.containers / "policy.json"
        policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        write_oci_image(self.root / "image")
        done = self.run("skopeo", "--policy", policy, "copy", "--dest-creds", f"{USER}:{PASSWORD}",
                        "--dest-tls-verify=false", f"oci:{self.root}/image:v1", f"docker://{self.image}")
        assert done.code == 0, done

    def podman_command(self, *arguments):
        return ["podman", f"--root={self.root}/images", f"--runroot={self.root}/runroot", "--storage-driver=vfs",
                "--cgroup-manager=cgroupfs", "--events-backend=file", *arguments]

    def podman(self, *arguments, **options):
        return self.run(*self.podman_command(*arguments), **options)

    def log_in(self, *options, **run_options):
        return self.podman("login", "--tls-verify=false", "-u", USER, "--password-stdin", *options, self.registry,
                           input=PASSWORD, **run_options)

    def pull(self, **options):
        return self.podman("pull", "--tls-verify=false", self.image, **options)

    def name_for_all(self, *helpers):
        """What registries.conf says for every registry."""
        folder = self.containers / "registries.conf.d"
        folder.mkdir(exist_ok=True)
        (folder / "10-helpers.conf").write_text(f"credential-helpers = {json.dumps(helpers)}\n")

    def name_for_registry(self, helper):
        self.auth_file.write_text(json.dumps({"credHelpers": {self.registry: helper}}))

    def traces(self):
        """Files with the password in them."""
        return traces_of(PASSWORD, self.root)

    def close(self):
        pause = Path(self.env["XDG_RUNTIME_DIR"]) / "libpod/tmp/pause.pid"  # holds an ordinary user's namespace
        if pause.exists():
            os.kill(int(pause.read_text()), signal.SIGKILL)
        super().close()


def write_oci_image(folder):
    """The smallest image there is, as a folder that skopeo reads: oci:FOLDER:v1."""
    blobs = Path(folder) / "blobs/sha256"
    blobs.mkdir(parents=True)

    def blob(content, kind):
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(content)}

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("hello"), io.BytesIO(b""))
    layer = blob(packed.getvalue(), "layer.v1.tar")
    config = blob(json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                              "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]}}).encode(), "config.v1+json")
    manifest = blob(json.dumps({"schemaVersion": 2, "config": config, "layers": [layer]}).encode(), "manifest.v1+json")
    manifest["annotations"] = {"org.opencontainers.image.ref.name": "v1"}
    (Path(folder) / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [manifest]}))
    (Path(folder) / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def traces_of(secret, folder, user=USER):
    """Files below `folder` that hold a secret, in clear or as Docker's plaintext store writes it."""
    forms = [secret.encode(), base64.b64encode(f"{user}:{secret}".encode()), base64.b64encode(secret.encode())]
    return [str(path) for path in Path(folder).rglob("*")
            if path.is_file() and any(form in path.read_bytes() for form in forms)]
