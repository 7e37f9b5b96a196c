#include "cardiotwin/sandbox/sandbox.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <stdexcept>
#include <thread>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/sandbox/whereabouts.hpp"
#include "confine.hpp"

namespace cardiotwin::sandbox {
namespace {

constexpr const char* hidden_word = "confined";
constexpr int answer_descriptor = 3;

/// An answer begins with the state of the filter and the files being read.
constexpr std::size_t after_filter = sizeof(std::int32_t), after_head = after_filter + Whereabouts::room;

/// How a job's process ends when it ends by itself.
enum class End : int { answered = 0, failed = 1, out_of_memory = 2 };

std::vector<const Job*>& jobs() {
  static std::vector<const Job*> all;
  return all;
}

/// Has main() called serve()? Without it the child would be a second run of the whole program.
bool served = false;

double environment_number(const char* name, double fallback) {
  const char* const text = std::getenv(name);
  const double value = text ? std::atof(text) : 0;
  return value > 0 ? value : fallback;
}

// ---- the child ----

void put_fault(Parcel& answer, core::ExitCode code, const core::Fault& fault) {
  answer.put(static_cast<std::int32_t>(code));
  for (const auto* part : {&fault.where, &fault.expected, &fault.found, &fault.remedy}) answer.put(*part);
}

/// Puts the job's values, or its fault.
End work(const Job& job, const Limits& limits, Parcel& answer) {
  Parcel request(STDIN_FILENO, "request");
  try {
    limit_self(limits);
    answer.put(static_cast<std::int32_t>(filter_self() ? 1 : 0));
    answer.put(std::array<char, Whereabouts::room>{});
    Whereabouts::keep_in(answer_descriptor, after_filter);
    job(request, answer);
    return End::answered;
  } catch (const core::Error& error) {
    answer.cut(after_head);
    put_fault(answer, error.code(), error.fault());
  } catch (const std::bad_alloc&) {
    return End::out_of_memory;
  } catch (const std::length_error&) {  // a vector that no memory could hold
    return End::out_of_memory;
  } catch (const std::exception& error) {
    answer.cut(after_head);
    put_fault(answer, core::ExitCode::input,
              {"", "data that can be read", error.what(), "export it again from its source"});
  }
  return End::failed;
}

[[noreturn]] void serve_job(std::string_view name, const Limits& limits) {
  const auto job = std::ranges::find(jobs(), name, &Job::name);
  struct stat facts {};
  if (job == jobs().end() || ::fstat(answer_descriptor, &facts) != 0) std::_Exit(EXIT_FAILURE + 1);
  Parcel answer(answer_descriptor, "answer");
  std::_Exit(static_cast<int>(work(**job, limits, answer)));
}

// ---- the parent ----

/// No variable of MPI, and none that could hold a secret: what loaders, decoders and sanitizers go by.
std::vector<char*> plain_environment() {
  static constexpr std::array known{
      "LD_LIBRARY_PATH=", "LANG=",          "LC_",          "TZ=", "DCMDICTPATH=", "HDF5_",
      "ASAN_OPTIONS=",    "UBSAN_OPTIONS=", "TSAN_OPTIONS="};
  std::vector<char*> kept;
  for (char** variable = environ; *variable; ++variable)
    if (std::ranges::any_of(known, [&](const char* k) { return std::strncmp(*variable, k, std::strlen(k)) == 0; }))
      kept.push_back(*variable);
  kept.push_back(nullptr);
  return kept;
}

/// What a child is started with: the request as its input, the answer as descriptor 3, nothing else open, signals as at
/// the start of a program, and a process group of its own, so that Ctrl-C stops the run and not the reading.
class Start {
 public:
  Start(int request, int answer) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_adddup2(&files_, request, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files_, answer, answer_descriptor);
    for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
      posix_spawn_file_actions_addopen(&files_, fd, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files_, answer_descriptor + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    sigemptyset(&none), sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  Start(const Start&) = delete;
  Start& operator=(const Start&) = delete;
  ~Start() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  pid_t operator()(std::vector<std::string> words) const {
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const auto environment = plain_environment();
    pid_t child = -1;
    const int error =
        posix_spawn(&child, "/proc/self/exe", &files_, &attributes_, arguments.data(), environment.data());
    if (error != 0)
      core::fail_input({"a process for reading files", "to be started", std::strerror(error),
                        "check the limits of processes and memory (ulimit -a), and that /proc is mounted"});
    return child;
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

/// Its wait status; nothing when it had to be ended after `seconds`.
std::optional<int> wait_for(pid_t child, double seconds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  auto pause = std::chrono::microseconds(500);
  int status = 0;
  while (true) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return status;
    if (ended < 0 && errno != EINTR) return 1 << 8;  // someone else waited for it: what it says is not believed
    if (std::chrono::steady_clock::now() > deadline) break;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(20000));
  }
  ::kill(child, SIGKILL);
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return std::nullopt;
}

std::string memory_words(const Limits& limits) {
  char text[64];
  std::snprintf(text, sizeof text, "more than %.3g GiB of memory",
                static_cast<double>(limits.memory_bytes) / (1 << 30));
  return text;
}

/// Why there is no answer.
std::string words(std::optional<int> status, const Limits& limits) {
  char text[96];
  if (!status) {
    std::snprintf(text, sizeof text, "no end of it after %.3g s", limits.seconds);
    return text;
  }
  if (!WIFSIGNALED(*status))
    return WEXITSTATUS(*status) == static_cast<int>(End::out_of_memory)
               ? "a need for " + memory_words(limits)
               : "an end of the process that read it, with status " + std::to_string(WEXITSTATUS(*status));
  const int signal = WTERMSIG(*status);
  if (signal == SIGSYS) return "an attempt to start a program or to reach into another process";
  if (signal == SIGXCPU) return "no end of it in the processor time that it was given";
  if (signal == SIGXFSZ) return "an answer of " + memory_words(limits);
  if (signal == SIGKILL) return "an end by the machine (SIGKILL), as when its memory runs out";
  return std::string("a crash of the process that read it (") + strsignal(signal) + ")";
}

/// Files that were being read; printable, since what wrote them may have been led astray.
std::string files_of(const Parcel& answer) {
  std::array<char, Whereabouts::room> text{};
  if (::pread(answer.descriptor(), text.data(), text.size() - 1, after_filter) <= 0) return "";
  std::string files = text.data();
  std::ranges::replace_if(
      files, [](unsigned char c) { return c < 32 || c == 127; }, '?');
  return files.empty() ? "" : ", while reading " + files;
}

[[noreturn]] void refuse(const std::string& subject, const std::string& found) {
  core::fail_input({.where = subject,
                    .expected = "data that can be read within the limits of memory, time and rights",
                    .found = found,
                    .remedy = "export it again from its source; of a file from elsewhere, check where it comes from. "
                              "CARDIOTWIN_CONFINED_MEMORY_GIB and CARDIOTWIN_CONFINED_SECONDS raise the limits"});
}

/// Was the filter there? Says once that it was not.
void check_filter(bool filtered, const std::string& subject) {
  if (filtered) return;
  const char* const required = std::getenv("CARDIOTWIN_REQUIRE_FILTER");
  if (required && std::string_view(required) == "1")
    core::fail_input({subject, "to be read behind a filter of system calls (CARDIOTWIN_REQUIRE_FILTER=1)",
                      "a machine that permits none (seccomp)", "allow seccomp in the container, or read it elsewhere"});
  static bool said = false;
  if (!said)
    std::fprintf(stderr,
                 "warning: this machine permits no filter of system calls (seccomp); foreign files are read "
                 "with limits of memory and time only\n");
  said = true;
}

[[noreturn]] void throw_fault(Parcel& answer, const std::string& subject) {
  const auto code = answer.get<std::int32_t>();
  core::Fault fault;
  for (auto* part : {&fault.where, &fault.expected, &fault.found, &fault.remedy}) answer.get(*part);
  if (fault.where.empty()) fault.where = subject;
  for (const auto known : {core::ExitCode::configuration, core::ExitCode::numerical, core::ExitCode::integrity})
    if (code == static_cast<int>(known)) throw core::Error(known, fault);
  core::fail_input(fault);
}

}  // namespace

Limits Limits::usual() {
  constexpr double gib = 1 << 30;
  const double machine = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  const double memory = environment_number("CARDIOTWIN_CONFINED_MEMORY_GIB", std::min(32.0, 0.75 * machine / gib));
  return {.memory_bytes = static_cast<std::uint64_t>(memory * gib),
          .seconds = environment_number("CARDIOTWIN_CONFINED_SECONDS", 1800)};
}

Job::Job(std::string_view name, Work function) : name_(name), work_(function) { jobs().push_back(this); }

Parcel Job::run(const Parcel& request, const std::string& subject, const Limits& limits) const {
  if (!served) throw std::logic_error("main() does not begin with sandbox::serve()");
  Parcel answer(subject);
  if (::lseek(request.descriptor(), 0, SEEK_SET) < 0) refuse(subject, std::strerror(errno));
  const pid_t child = Start(request.descriptor(),
                            answer.descriptor())({"cardiotwin", hidden_word, std::string(name_),
                                                  std::to_string(limits.memory_bytes), std::to_string(limits.seconds)});
  const auto status = wait_for(child, limits.seconds);
  const bool ended = status && WIFEXITED(*status);
  if (!ended || WEXITSTATUS(*status) > static_cast<int>(End::failed))
    refuse(subject, words(status, limits) + files_of(answer));
  check_filter(answer.get<std::int32_t>() == 1, subject);
  (void)answer.get<std::array<char, Whereabouts::room>>();
  if (WEXITSTATUS(*status) == static_cast<int>(End::failed)) throw_fault(answer, subject);
  return answer;
}

void serve(int argc, char** argv) {
  served = true;
  if (argc != 5 || std::string_view(argv[1]) != hidden_word) return;
  serve_job(argv[2], {.memory_bytes = std::strtoull(argv[3], nullptr, 10), .seconds = std::atof(argv[4])});
}

}  // namespace cardiotwin::sandbox
