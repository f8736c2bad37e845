# SPDX-License-Identifier: Apache-2.0
"""The recipes for Arch, Homebrew and Nix, as far as Debian's tools can judge them, and the version in all of them."""
import os
import re
import shutil
import tarfile
import unittest
from pathlib import Path

from builds import HELPERS, PROGRAMS, ROOT, run, version
from sandbox import BIN, SandboxCase, main

PACKAGING = ROOT / "packaging"


class Versions(unittest.TestCase):
    def test_every_place_names_the_same(self):
        for path, pattern in {"debian/changelog": r"\Akeyberth \((\S+)\) ", "rpm/keyberth.spec": r"^Version: +(\S+)$",
                              "arch/PKGBUILD": r"^pkgver=(\S+)$", "homebrew/keyberth.rb": r"/keyberth-([\d.]+)\.tar\.xz"}.items():
            self.assertEqual(re.search(pattern, (PACKAGING / path).read_text(), re.M)[1], version(), path)
        self.assertIn(f"> - {version()}-1\n", (PACKAGING / "rpm/keyberth.spec").read_text())

    def test_every_recipe_knows_every_helper(self):
        for path in ("debian/control", "debian/tests/control", "rpm/keyberth.spec", "arch/PKGBUILD"):
            for program in PROGRAMS:
                self.assertIn(program, (PACKAGING / path).read_text(), path)
        self.assertEqual(set(re.search(r"%w\[(.*)\]", (PACKAGING / "homebrew/keyberth.rb").read_text())[1].split()), set(HELPERS))
        self.assertEqual(set(re.search(r"for name in (.*);", (PACKAGING / "nix/default.nix").read_text())[1].split()), set(HELPERS))


class Homebrew(unittest.TestCase):
    def test_ruby_reads_it(self):
        self.assertEqual(run("ruby", "-wc", PACKAGING / "homebrew/keyberth.rb"), "Syntax OK\n")


class Nix(SandboxCase):
    STUB = """
      let marked = builtins.mapAttrs (name: _: name) {
            cmake = 0; ninja = 0; pkg-config = 0; curl = 0; glib = 0; keyutils = 0; libsecret = 0; nlohmann_json = 0;
            openssl = 0; qrencode = 0; tl-expected = 0; tomlplusplus = 0; };
          made = import %s { pkgs = marked // {
            stdenv.mkDerivation = made: made;
            lib = { cleanSource = path: path; licenses.asl20 = "Apache-2.0"; platforms.linux = [ ]; }; }; };
      in made.pname + " " + made.version + " " + builtins.concatStringsSep " " made.buildInputs
         + (if builtins.pathExists (made.src + "/CMakeLists.txt") then "" else " source missing")
    """

    def test_nix_evaluates_it(self):
        """Without the package collection, which Debian does not have: its part is played by names."""
        self.world.env["NIX_STATE_DIR"] = self.world.env["NIX_STORE_DIR"] = str(self.world.root / "nix")
        done = self.world.run("nix-instantiate", "--eval", "--strict", "-E", self.STUB % (PACKAGING / "nix/default.nix"))
        self.assertEqual(done.code, 0, done)
        self.assertEqual(done.out, f'"keyberth {version()} curl glib keyutils libsecret nlohmann_json openssl qrencode tl-expected tomlplusplus"\n')


class Arch(SandboxCase):
    def test_shellcheck_has_nothing_to_say(self):
        run("shellcheck", PACKAGING / "arch/PKGBUILD")

    def test_makepkg_packs_what_is_built_here(self):
        """The functions that pack, over the programs under test: compiling them once more would show nothing new."""
        folder = self.world.root / "arch"
        source = folder / f"src/keyberth-{version()}"
        source.mkdir(parents=True)
        shutil.copy(PACKAGING / "arch/PKGBUILD", folder)
        run("sh", "-c", 'git archive HEAD | tar -x -C "$0"', source, cwd=ROOT)
        run("cmake", "-G", "Ninja", "-S", source, "-B", folder / "src/build", "-DCMAKE_INSTALL_PREFIX=/usr", "-DKEYBERTH_TESTS=OFF")
        shutil.copytree(BIN, folder / "src/build/bin", dirs_exist_ok=True)
        makepkg = ["makepkg", "--repackage", "--nodeps", "--nocheck", "--noconfirm"]
        if os.geteuid() == 0:
            self.hand_over(self.world.root)
            makepkg = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *makepkg]
        done = self.world.run(*makepkg, cwd=folder, timeout=100, env={"PKGEXT": ".pkg.tar", "CARCH": "x86_64"})
        self.assertEqual(done.code, 0, done)
        for program in PROGRAMS:
            with tarfile.open(folder / f"{program}-{version()}-1-x86_64.pkg.tar") as archive:
                names = {name for name in archive.getnames() if not archive.getmember(name).isdir()}
            self.assertLessEqual({f"usr/bin/{program}", f"usr/share/licenses/{program}/LICENSE", ".PKGINFO", ".MTREE"}, names)
            pages = [name for name in names if name.startswith("usr/share/man/")]
            self.assertTrue(pages and all(program in page for page in pages), names)

    @staticmethod
    def hand_over(root):
        for path in (root, *root.rglob("*")):
            if not Path(path).is_symlink():
                os.chown(path, 65534, 65534)


if __name__ == "__main__":
    main()
