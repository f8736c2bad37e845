# SPDX-License-Identifier: Apache-2.0
"""scripts/release: the same bytes anywhere, a valid bill of materials, the version in every place."""
import json
import lzma
import re
import tarfile
import urllib.parse

from builds import ROOT, run, sha256, version
from sandbox import SandboxCase, main


class Release(SandboxCase):
    def clone(self, name):
        folder = self.world.root / name
        run("git", "clone", "--quiet", "--no-hardlinks", ROOT, folder)
        return folder

    def release(self, clone, *arguments, **environment):
        """Exit code and messages of scripts/release, run from elsewhere."""
        return self.world.run("sh", "-c", 'umask "$UMASK"; exec "$0" "$@"', clone / "scripts/release", *arguments,
                              env={"UMASK": "022", "GIT_CONFIG_NOSYSTEM": "1", **environment}, cwd="/")

    def files(self, *arguments, **environment):
        clone = self.clone(f"clone-{len(list(self.world.root.glob('clone-*')))}")
        folder = self.world.root / f"made-{clone.name}"
        done = self.release(clone, folder, *arguments, **environment)
        self.assertEqual(done.code, 0, done)
        self.assertEqual(done.err, "")
        return folder

    def test_two_runs_give_the_same_bytes(self):
        one = self.files()
        (self.world.home / ".gitconfig").write_text("[core]\n\tautocrlf = true\n[tar]\n\tumask = user\n")
        two = self.files(UMASK="077", TZ="Asia/Kathmandu", LANG="tr_TR.UTF-8", LC_ALL="tr_TR.UTF-8", SOURCE_DATE_EPOCH="1")
        names = {path.name for path in one.iterdir()}
        self.assertEqual(names, {f"keyberth-{version()}.{end}" for end in ("tar.xz", "spdx.json", "changes.md")}
                         | {"PKGBUILD", "keyberth.rb", "keyberth.spec", "SHA256SUMS"})
        for name in names:
            self.assertEqual(sha256(one / name), sha256(two / name), name)

    def test_the_source_is_the_commit(self):
        made = self.files()
        seconds = int(run("git", "show", "-s", "--format=%ct", "HEAD", cwd=ROOT))
        with tarfile.open(made / f"keyberth-{version()}.tar.xz") as archive:
            members = archive.getmembers()
        self.assertEqual({(m.uid, m.gid, m.mtime) for m in members}, {(0, 0, seconds)})
        self.assertLessEqual({m.mode for m in members}, {0o644, 0o755})
        self.assertEqual({m.name.split("/", 1)[1] for m in members if m.isfile() or m.issym()},
                         set(run("git", "ls-tree", "-r", "--name-only", "HEAD", cwd=ROOT).split("\n")) - {""})
        lzma.decompress((made / f"keyberth-{version()}.tar.xz").read_bytes(), lzma.FORMAT_XZ)

    def test_the_sums_are_true_and_in_the_recipes(self):
        made = self.files()
        run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=made)
        listed = re.findall(r"^\w{64}  (\S+)$", (made / "SHA256SUMS").read_text(), re.M)
        self.assertEqual(sorted(listed), sorted(path.name for path in made.iterdir() if path.name != "SHA256SUMS"))
        digest = sha256(made / f"keyberth-{version()}.tar.xz")
        self.assertIn(f"sha256sums=('{digest}')\n", (made / "PKGBUILD").read_text())
        self.assertIn(f'  sha256 "{digest}"\n', (made / "keyberth.rb").read_text())
        run("bash", "-n", made / "PKGBUILD")
        run("ruby", "-c", made / "keyberth.rb")

    def test_the_bill_of_materials_is_valid_and_complete(self):
        """The fields and forms that SPDX 2.3 demands; each library that a built program loads is in it."""
        bill = json.loads((self.files() / f"keyberth-{version()}.spdx.json").read_text())
        self.assertEqual((bill["spdxVersion"], bill["dataLicense"], bill["SPDXID"]), ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"))
        namespace = urllib.parse.urlparse(bill["documentNamespace"])
        self.assertTrue(namespace.scheme == "https" and namespace.netloc and not namespace.fragment)
        self.assertRegex(bill["creationInfo"]["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        for creator in bill["creationInfo"]["creators"]:
            self.assertRegex(creator, "^(Tool|Organization|Person): ")
        known = {"SPDXRef-DOCUMENT"}
        for package in bill["packages"]:
            self.assertRegex(package["SPDXID"], r"^SPDXRef-[A-Za-z0-9.-]+$")
            self.assertNotIn(package["SPDXID"], known)
            known.add(package["SPDXID"])
            self.assertTrue(package["name"] and package["versionInfo"])
            self.assertIn(package["downloadLocation"], ("NOASSERTION", "NONE"))
            self.assertIs(package["filesAnalyzed"], False)
            for reference in package.get("externalRefs", []):
                self.assertRegex(reference["referenceLocator"], r"^pkg:deb/debian/[^@?]+@[^?:+]+\?arch=\w+&distro=\w+-\w+$")
        for relation in bill["relationships"]:
            self.assertLessEqual({relation["spdxElementId"], relation["relatedSpdxElement"]}, known)
        links = {(r["spdxElementId"], r["relatedSpdxElement"]) for r in bill["relationships"] if r["relationshipType"].endswith("_LINK")}
        for program, package in (("pass", "nlohmann-json3-dev"), ("keyctl", "libkeyutils1"), ("oauth", "libcurl4"),
                                 ("secretservice", "libsecret-1-0")):
            self.assertIn((f"SPDXRef-docker-credential-{program}", f"SPDXRef-{package}"), links)
        self.assertNotIn(("SPDXRef-docker-credential-pass", "SPDXRef-libcurl4"), links)

    def test_a_library_that_the_bill_forgets_stops_the_release(self):
        clone = self.clone("clone")
        cmake = clone / "helpers/CMakeLists.txt"
        cmake.write_text(cmake.read_text() + "find_package(ZLIB REQUIRED)\n")
        self.commit(clone)
        done = self.release(clone, self.world.root / "made")
        self.assertEqual(done.code, 1)
        self.assertIn("LIBRARIES in scripts/release does not say what CMake asks for: ZLIB", done.err)

    def commit(self, clone):
        run("git", "-c", "user.name=t", "-c", "user.email=t@t.example", "commit", "--quiet", "-am", "t", cwd=clone)

    def test_a_new_version_is_written_everywhere(self):
        clone = self.clone("clone")
        done = self.release(clone, "--set-version", "12.0.1", SOURCE_DATE_EPOCH="1800000000")
        self.assertEqual(done.code, 0, done)
        self.assertIn("git tag -s v12.0.1", done.out)
        changelog = (clone / "CHANGELOG.md").read_text()
        self.assertIn("## [Unreleased]\n\n## [12.0.1] - 2027-01-15\n\n### Added\n", changelog)
        entry = run("dpkg-parsechangelog", "-l", clone / "packaging/debian/changelog")
        self.assertIn("Version: 12.0.1\n", entry)
        self.assertIn("Date: Fri, 15 Jan 2027 08:00:00 +0000\n", entry)
        spec = run("rpmspec", "--query", "--srpm", "--queryformat", "%{VERSION} %{CHANGELOGTEXT}", clone / "packaging/rpm/keyberth.spec")
        self.assertEqual(spec, "12.0.1 - New release.")
        self.commit(clone)
        run("git", "tag", "v12.0.1", cwd=clone)
        made = self.world.root / "made"
        self.assertEqual(self.release(clone, made).code, 0)
        self.assertTrue((made / "keyberth-12.0.1.tar.xz").exists())
        self.assertIn("keyberth-$pkgver.tar.xz", (made / "PKGBUILD").read_text())
        self.assertIn("docker-credential-pass", (made / "keyberth-12.0.1.changes.md").read_text())
        again = self.release(clone, "--set-version", "12.0.1")
        self.assertEqual((again.code, again.err), (1, "release: CHANGELOG.md has a section for 12.0.1 already\n"))

    def test_places_that_disagree_stop_the_release(self):
        clone = self.clone("clone")
        recipe = clone / "packaging/arch/PKGBUILD"
        recipe.write_text(recipe.read_text().replace(f"pkgver={version()}", "pkgver=9.9.9"))
        self.commit(clone)
        done = self.release(clone, self.world.root / "made")
        self.assertEqual(done.code, 1)
        self.assertIn("run scripts/release --set-version X.Y.Z", done.err)
        self.assertIn("9.9.9 in packaging/arch/PKGBUILD", done.err)
        self.assertFalse((self.world.root / "made").exists())


if __name__ == "__main__":
    main()
