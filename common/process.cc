// SPDX-License-Identifier: Apache-2.0
#include "common/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

extern "C" {
#include <sys/pidfd.h>  // without C linkage of its own in glibc 2.36
}

#include "common/files.h"
#include "common/protocol.h"
#include "common/split.h"

namespace keyberth {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kStatusDescriptor = 3;
constexpr int kCannotExecute = 127;

/// Our environment without the hidden variables and with the request's own on top, as exec takes it.
std::vector<std::string> child_environment(const ProcessRequest& request) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    const bool replaced = std::any_of(request.environment.begin(), request.environment.end(),
                                      [&](const auto& item) { return item.first == name; });
    const bool hidden = std::find(request.hidden.begin(), request.hidden.end(), name) != request.hidden.end();
    if (!replaced && !hidden) {
      environment.emplace_back(text);
    }
  }
  for (const auto& [name, value] : request.environment) {
    environment.push_back(name);
    environment.back().append("=").append(value);
  }
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (std::string& text : strings) {
    result.push_back(text.data());
  }
  result.push_back(nullptr);
  return result;
}

struct Pipe {
  Fd reader;
  Fd writer;
};

/// The reading end does not block; both ends stay out of other children.
Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return tl::unexpected(system_error("open", "a pipe", errno));
  }
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
  (void)fcntl(pipe.reader.get(), F_SETFL, O_NONBLOCK);
  return pipe;
}

/// The whole input in an anonymous file that is complete before the child exists, and wiped after it has ended.
class InputFile {
 public:
  static Result<InputFile> make(std::string_view bytes) {
    InputFile input{Fd(memfd_create("input", MFD_CLOEXEC)), bytes.size()};
    if (!input.file_.is_open()) {
      return tl::unexpected(system_error("make", "an anonymous file", errno));
    }
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t count =
          pwrite(input.file_.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
      if (count <= 0) {
        return tl::unexpected(system_error("write", "input for a program", errno));
      }
      done += static_cast<std::size_t>(count);
    }
    return input;
  }

  InputFile(InputFile&&) noexcept = default;
  InputFile& operator=(InputFile&&) noexcept = default;
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile() {
    constexpr std::array<char, 4096> kZeros{};
    for (std::size_t done = 0; file_.is_open() && done < size_; done += kZeros.size()) {
      (void)!pwrite(file_.get(), kZeros.data(), std::min(kZeros.size(), size_ - done), static_cast<off_t>(done));
    }
  }

  [[nodiscard]] int get() const { return file_.get(); }

 private:
  InputFile(Fd file, std::size_t size) : file_(std::move(file)), size_(size) {}
  Fd file_;
  std::size_t size_;
};

struct ChildEnds {
  int input;
  int output;
  int errors;
  int status;  ///< -1 without
};

/// In the child: everything until exec. Only async-signal-safe calls; `arguments` and `environment` were made before.
[[noreturn]] void become(const char* program, char** arguments, char** environment, const ChildEnds& ends,
                         const ProcessRequest& request, pid_t parent) {
  if (!request.outlives_us && !request.detached) {
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
      _exit(kCannotExecute);
    }
  }
  if (request.detached) {
    (void)setsid();  // a signal to our group or from our terminal does not reach it
  } else if (!request.interactive) {
    (void)setpgid(0, 0);  // so that a time-out ends everything it started
  }
  (void)std::signal(SIGPIPE, request.detached ? SIG_IGN : SIG_DFL);
  // First out of the way of 0 to 3, then onto them; dup2 drops close-on-exec.
  std::array<int, 4> from{ends.input, ends.output, ends.errors, ends.status};
  for (int& descriptor : from) {
    descriptor = descriptor < 0 ? -1 : fcntl(descriptor, F_DUPFD_CLOEXEC, 10);
  }
  for (int target = 0; target <= kStatusDescriptor; ++target) {
    const int source = from[static_cast<std::size_t>(target)];
    if (source >= 0) {
      (void)dup2(source, target);
    }
  }
  (void)close_range(ends.status < 0 ? kStatusDescriptor : kStatusDescriptor + 1, ~0U, 0);
  if (!request.directory.empty() && chdir(request.directory.c_str()) != 0) {
    _exit(kCannotExecute);
  }
  execve(program, arguments, environment);
  _exit(kCannotExecute);
}

/// One stream of the child that is collected here.
struct Stream {
  Fd reader;
  Secret bytes;

  /// Takes what is there without waiting. False when it grew over `limit`.
  bool drain(std::size_t limit) {
    while (reader.is_open()) {
      const auto room = bytes.prepare(std::size_t{16} * 1024);
      const ssize_t count = read(reader.get(), room.data(), room.size());
      if (count > 0) {
        bytes.commit(static_cast<std::size_t>(count));
        if (bytes.size() > limit) {
          return false;
        }
        continue;
      }
      if (count < 0 && errno == EINTR) {
        continue;
      }
      if (count < 0 && errno == EAGAIN) {
        return true;
      }
      reader.reset();
    }
    return true;
  }
};

/// Kills the child (and its group, when it has one) unless it was waited for or is detached.
class Child {
 public:
  Child(pid_t pid, const ProcessRequest& request)
      : pid_(pid), own_group_(!request.interactive), detached_(request.detached), pidfd_(pidfd_open(pid, 0)) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  Child(Child&&) = delete;
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (!ended_ && !detached_) {
      (void)kill(own_group_ ? -pid_ : pid_, SIGKILL);
      (void)kill(pid_, SIGKILL);  // the group does not exist before the child has made it
      (void)waitpid(pid_, nullptr, 0);
    }
  }

  /// Readable when the child has ended; -1 where the kernel has no such thing, then has_ended is to be polled.
  [[nodiscard]] int descriptor() const { return pidfd_.get(); }

  bool has_ended() {
    int status = 0;
    if (!ended_ && waitpid(pid_, &status, WNOHANG) == pid_) {
      ended_ = true;
      exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    return ended_;
  }

  [[nodiscard]] int exit_code() const { return exit_code_; }

 private:
  pid_t pid_;
  bool own_group_;
  bool detached_;
  Fd pidfd_;
  bool ended_ = false;
  int exit_code_ = -1;
};

/// Waits for output or the end of the child, but not beyond `deadline`.
void wait_for_news(const std::array<Stream, 3>& streams, const Child& child, Clock::time_point deadline) {
  std::array<pollfd, 4> watched{};
  for (std::size_t i = 0; i < streams.size(); ++i) {
    watched.at(i) = {streams.at(i).reader.get(), POLLIN, 0};
  }
  watched.back() = {child.descriptor(), POLLIN, 0};
  auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count() + 1;
  if (child.descriptor() < 0) {
    wait = std::min<decltype(wait)>(wait, 10);
  }
  (void)poll(watched.data(), watched.size(), static_cast<int>(std::clamp<decltype(wait)>(wait, 0, 3'600'000)));
}

Result<ProcessResult> collect(std::array<Stream, 3> streams, Child& child, const ProcessRequest& request) {
  const std::string& name = request.arguments.front();
  const auto deadline = Clock::now() + request.time_limit;
  while (true) {
    // In this order: what the child wrote before it ended is in the pipes by then. A daemon that it started may hold
    // them open for ever, so their end is not waited for.
    const bool ended = child.has_ended();
    for (Stream& stream : streams) {
      if (!stream.drain(request.output_limit)) {
        return fail(ErrorKind::limit, name + " wrote more than " + std::to_string(request.output_limit) + " bytes");
      }
    }
    if (ended) {
      return ProcessResult{child.exit_code(), std::move(streams[0].bytes), std::string(streams[1].bytes.view()),
                           std::string(streams[2].bytes.view())};
    }
    if (Clock::now() >= deadline) {
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(request.time_limit).count();
      return fail(ErrorKind::timed_out, name + " did not finish within " + std::to_string(seconds) + " s");
    }
    wait_for_news(streams, child, deadline);
  }
}

}  // namespace

std::string find_program(const std::string& name, const std::string& search_path) {
  if (name.find('/') != std::string::npos) {
    return name;
  }
  for (const std::string_view folder : split_nonempty(search_path, ':')) {
    std::string candidate = std::string(folder) + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return {};
}

std::string search_path(const Host& host) { return host.env("PATH").value_or("/usr/local/bin:/usr/bin:/bin"); }

std::string find_program(const Host& host, const std::string& name) { return find_program(name, search_path(host)); }

Result<ProcessResult> run_process(const ProcessRequest& request, const std::string& search_path) {
  const std::string program = find_program(request.arguments.front(), search_path);
  if (program.empty() || access(program.c_str(), X_OK) != 0) {
    return fail(ErrorKind::unavailable, "the program " + printable(request.arguments.front()) + " is not installed",
                "install it, or put its folder into PATH");
  }
  Result<InputFile> input = InputFile::make(request.interactive ? std::string_view{} : request.input);
  Result<Pipe> output = make_pipe();
  Result<Pipe> errors = make_pipe();
  Result<Pipe> status = make_pipe();
  if (!input) {
    return pass_on(std::move(input));
  }
  for (Result<Pipe>* pipe : {&output, &errors, &status}) {
    if (!*pipe) {
      return pass_on(std::move(*pipe));
    }
  }
  if (request.interactive) {
    errors->reader.reset();
  }
  std::vector<std::string> arguments = request.arguments;
  std::vector<std::string> environment = child_environment(request);
  std::vector<char*> argv = pointers(arguments);
  std::vector<char*> envp = pointers(environment);
  const ChildEnds ends{request.interactive ? STDIN_FILENO : input->get(), output->writer.get(),
                       request.interactive ? STDERR_FILENO : errors->writer.get(),
                       request.with_status ? status->writer.get() : -1};
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) {
    return tl::unexpected(system_error("start", program, errno));
  }
  if (pid == 0) {
    become(program.c_str(), argv.data(), envp.data(), ends, request, parent);
  }
  Child child(pid, request);
  for (Result<Pipe>* pipe : {&output, &errors, &status}) {
    (*pipe)->writer.reset();
  }
  return collect({Stream{std::move(output->reader), {}}, Stream{std::move(errors->reader), {}},
                  Stream{std::move(status->reader), {}}},
                 child, request);
}

}  // namespace keyberth
