// SPDX-License-Identifier: Apache-2.0
#include "common/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/unit/fake_host.h"

namespace keyberth {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "kb-unit-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    former_umask_ = umask(077);
  }
  void TearDown() override {
    umask(former_umask_);
    fs::remove_all(folder_);
  }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] static unsigned mode(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 07777U;
  }
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  std::string folder_;
  mode_t former_umask_ = 0;
};

TEST_F(Files, ReadsBackWhatItReplaced) {
  const std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(replace_file(path("x"), "old"));
  ASSERT_TRUE(replace_file(path("x"), bytes));
  EXPECT_EQ(read_file(path("x"), 100).value(), bytes);
  EXPECT_EQ(mode(path("x")), 0600U);
  EXPECT_EQ(count(), 1U);
}

TEST_F(Files, FindsANameThatNothingHas) {
  EXPECT_EQ(free_name(path("x")), path("x"));
  ASSERT_EQ(mkdir(path("x").c_str(), 0700), 0);
  ASSERT_EQ(symlink("/nonexistent", path("x-2").c_str()), 0);
  EXPECT_EQ(free_name(path("x")), path("x-3"));
}

TEST_F(Files, SaysNotFoundOnlyForAMissingFile) {
  EXPECT_EQ(read_file(path("x"), 10).error().kind, ErrorKind::not_found);
  EXPECT_EQ(read_file(folder_, 10).error().kind, ErrorKind::damaged);
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_file(path("pipe"), 10).error().kind, ErrorKind::damaged);
}

TEST_F(Files, RefusesToReadMoreThanItsLimit) {
  ASSERT_TRUE(replace_file(path("x"), std::string(100000, 'x')));
  EXPECT_EQ(read_file(path("x"), 99999).error().kind, ErrorKind::limit);
  EXPECT_EQ(read_file(path("x"), 100000)->size(), 100000U);
}

TEST_F(Files, ReadsAPrivateFileOnlyWhenNobodyElseMay) {
  const std::string bytes(10000, 'x');
  ASSERT_TRUE(replace_file(path("x"), bytes));
  EXPECT_EQ(read_private_file(path("x"), bytes.size(), "the key")->view(), bytes);
  EXPECT_EQ(read_private_file(path("x"), bytes.size() - 1, "the key").error().kind, ErrorKind::limit);
  EXPECT_EQ(read_private_file(path("y"), 10, "the key").error().kind, ErrorKind::not_found);
  EXPECT_EQ(read_private_file(folder_, 10, "the key").error().kind, ErrorKind::damaged);
  for (const mode_t open : {0640U, 0604U, 0620U}) {
    ASSERT_EQ(chmod(path("x").c_str(), open), 0);
    const Result<Secret> refused = read_private_file(path("x"), bytes.size(), "the key");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::denied);
    EXPECT_EQ(refused.error().message, "the key " + path("x") + " is open to other users, so it is not used");
    EXPECT_EQ(refused.error().hint, "chmod 600 '" + path("x") + "'");
  }
}

TEST_F(Files, KeepsTheFormerFileWhenReplacingFails) {
  ASSERT_TRUE(make_folders(path("taken/inside")));
  const Result<> result = replace_file(path("taken"), "new");  // a folder cannot be replaced by a file
  ASSERT_FALSE(result);
  EXPECT_TRUE(fs::is_directory(path("taken/inside")));
  EXPECT_EQ(count(), 1U) << "the temporary file must be gone";
}

TEST_F(Files, ReplacesASymlinkAndNotItsTarget) {
  ASSERT_TRUE(replace_file(path("target"), "target"));
  fs::create_symlink(path("target"), path("link"));
  ASSERT_TRUE(replace_file(path("link"), "new"));
  EXPECT_EQ(read_file(path("target"), 100).value(), "target");
  EXPECT_EQ(read_file(path("link"), 100).value(), "new");
}

TEST_F(Files, UsesTheWorkshopForTheTemporaryFile) {
  ASSERT_TRUE(make_folders(path("workshop")));
  ASSERT_TRUE(replace_file(path("x"), "1", 0600, path("workshop")));
  EXPECT_TRUE(fs::is_empty(path("workshop")));
  EXPECT_FALSE(replace_file(path("y"), "1", 0600, path("missing")));
  EXPECT_FALSE(fs::exists(path("y")));
}

TEST_F(Files, RemovesOnlyTemporaryFilesOlderThanAnHour) {
  const auto now = fs::file_time_type::clock::now();
  for (const char* name : {".kb-stale", ".kb-fresh", "other"}) {
    std::ofstream(path(name)) << "x";
    fs::last_write_time(path(name), now - std::chrono::hours(2));
  }
  fs::last_write_time(path(".kb-fresh"), now - std::chrono::minutes(50));
  ASSERT_TRUE(replace_file(path("x"), "1"));
  EXPECT_FALSE(fs::exists(path(".kb-stale")));
  EXPECT_TRUE(fs::exists(path(".kb-fresh")));
  EXPECT_TRUE(fs::exists(path("other")));
}

TEST_F(Files, MakesFoldersPrivate) {
  ASSERT_TRUE(make_folders(path("a/b/c")));
  EXPECT_EQ(mode(path("a")), 0700U);
  EXPECT_EQ(mode(path("a/b/c")), 0700U);
  EXPECT_TRUE(make_folders(path("a/b/c")));
  ASSERT_TRUE(replace_file(path("file"), ""));
  EXPECT_FALSE(make_folders(path("file")));
  EXPECT_FALSE(make_folders(path("file/below")));
}

TEST_F(Files, LockIsHeldUntilItsOwnerGoes) {
  FakeHost host;
  {
    const auto first = FileLock::acquire(host, path("lock"), std::chrono::seconds(1));
    ASSERT_TRUE(first);
    const auto started = host.now();
    const auto second = FileLock::acquire(host, path("lock"), std::chrono::seconds(1));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::timed_out);
    EXPECT_GE(host.now() - started, std::chrono::seconds(1));
  }
  EXPECT_TRUE(FileLock::acquire(host, path("lock"), std::chrono::seconds(0)));
}

TEST_F(Files, RuntimeFolderIsTakenOnlyWhenPrivate) {
  FakeHost host;
  host.variables["XDG_RUNTIME_DIR"] = folder_;
  EXPECT_EQ(runtime_folder(host).value(), folder_);
  ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
  EXPECT_NE(runtime_folder(host).value_or("none"), folder_);
}

TEST(SystemError, NamesThePathAndWhatToDo) {
  const Error full = system_error("write", "/etc/missing/file", ENOSPC);
  EXPECT_EQ(full.kind, ErrorKind::limit);
  EXPECT_EQ(full.message, "cannot write /etc/missing/file: No space left on device");
  EXPECT_NE(full.hint.find("df -h '/etc'"), std::string::npos);
  EXPECT_EQ(system_error("write", "/x", EROFS).kind, ErrorKind::denied);
  EXPECT_EQ(system_error("write", "/x\n", EIO).message, "cannot write /x?: Input/output error");
}

TEST(FdHandle, ClosesOnceAndOnlyItsOwn) {
  int number = -1;
  {
    Fd first(open("/dev/null", O_RDONLY | O_CLOEXEC));
    number = first.get();
    Fd second(std::move(first));
    EXPECT_FALSE(first.is_open());  // NOLINT(bugprone-use-after-move): that is the point
    EXPECT_EQ(fcntl(number, F_GETFD), FD_CLOEXEC);
  }
  EXPECT_EQ(fcntl(number, F_GETFD), -1);
}

}  // namespace
}  // namespace keyberth
