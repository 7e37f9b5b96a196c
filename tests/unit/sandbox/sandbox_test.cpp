/// What a job may do, what it may not, and that its end is never that of the program.

#include "cardiotwin/sandbox/sandbox.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mpi.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <thread>

#include "cardiotwin/core/mpi.hpp"
#include "cardiotwin/sandbox/whereabouts.hpp"

namespace cardiotwin::sandbox {
namespace {

using testing::HasSubstr;

constexpr Limits small{.memory_bytes = std::uint64_t{3} << 30U, .seconds = 60};

const Job echo("test-echo", [](Parcel& request, Parcel& answer) {
  answer.put(request.get<double>());
  answer.put(request.get<std::string>());
  std::vector<std::string> texts;
  request.get(texts);
  answer.put(texts);
  std::vector<float> values;
  request.get(values);
  answer.put(values);
});

const Job fault("test-fault", [](Parcel&, Parcel& answer) {
  answer.put(std::string("half an answer"));
  core::fail_integrity({"a file", "this", "that", "do something"});
});

const Job exception("test-exception", [](Parcel&, Parcel&) { throw std::runtime_error("a decoder's complaint"); });

const Job bomb("test-bomb", [](Parcel&, Parcel& answer) {
  for (int n = 0; n < 64; ++n) {                                         // 16 GiB, where nothing limits it
    const volatile char* const block = new char[std::size_t{1} << 28U];  // never touched: no real memory is taken
    answer.put(static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(block)));
  }
});

const Job flood("test-flood", [](Parcel&, Parcel& answer) {
  const std::vector<char> block(std::size_t{1} << 20U);
  while (true) answer.put(block);
});

const Job loop("test-loop", [](Parcel&, Parcel&) {
  for (const volatile int forever = 1; forever;) continue;
});

const Job crash("test-crash", [](Parcel&, Parcel&) {
  { const Whereabouts before("fine.dcm"); }
  const Whereabouts here("bad.dcm");
  std::raise(SIGSEGV);
});

const Job abortion("test-abort", [](Parcel&, Parcel&) { std::abort(); });

const Job program("test-program", [](Parcel&, Parcel&) {
  char name[] = "/bin/true";
  char* const arguments[] = {name, nullptr};
  execve(name, arguments, nullptr);
});

const Job lie("test-lie", [](Parcel&, Parcel& answer) { answer.put(std::uint64_t{1} << 60U); });

/// 0 where a call was allowed, else its errno.
std::int32_t error_of(long result) { return result < 0 ? errno : 0; }

const Job attempts("test-attempts", [](Parcel& request, Parcel& answer) {
  const std::string there = request.get<std::string>(), fresh = there + ".new";
  const sockaddr nowhere{};
  const std::int32_t tries[] = {
      error_of(::socket(AF_INET, SOCK_STREAM, 0)),
      error_of(::socket(AF_UNIX, SOCK_STREAM, 0)),
      error_of(::connect(0, &nowhere, sizeof nowhere)),
      error_of(::open(there.c_str(), O_WRONLY)),
      error_of(::open(there.c_str(), O_RDWR)),
      error_of(::open(there.c_str(), O_RDONLY | O_TRUNC)),
      error_of(::open(fresh.c_str(), O_CREAT | O_WRONLY, 0666)),
      error_of(::creat(fresh.c_str(), 0666)),
      error_of(::unlink(there.c_str())),
      error_of(::rename(there.c_str(), fresh.c_str())),
      error_of(::link(there.c_str(), fresh.c_str())),
      error_of(::symlink(there.c_str(), fresh.c_str())),
      error_of(::mkdir(fresh.c_str(), 0777)),
      error_of(::truncate(there.c_str(), 0)),
      error_of(::chmod(there.c_str(), 0)),
      error_of(::chdir("/")),
      error_of(::fork()),
      error_of(::kill(getppid(), 0)),
  };
  answer.put(std::vector<std::int32_t>(std::begin(tries), std::end(tries)));
});

const Job honest("test-honest", [](Parcel& request, Parcel& answer) {
  std::ifstream file(request.get<std::string>());
  std::string word;
  file >> word;
  std::atomic<int> sum = 0;
  {
    std::vector<std::jthread> helpers;
    for (int n = 1; n <= 4; ++n) helpers.emplace_back([&sum, n] { sum += n; });
  }
  answer.put(word);
  answer.put(static_cast<std::int32_t>(sum));
  std::vector<std::string> variables;
  for (char** variable = environ; *variable; ++variable) variables.emplace_back(*variable);
  answer.put(variables);
  std::int32_t open = 0;
  for (int fd = 0; fd < 1024; ++fd) open += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  answer.put(open);
});

/// The refusal of a job, thrown on rank 0 and told to all.
core::Error refusal(const Job& job, const Limits& limits = small) {
  const core::Comm comm;
  try {
    core::on_root(comm, [&] { (void)job.run(Parcel(), "the file", limits); });
  } catch (const core::Error& error) {
    return error;
  }
  return {core::ExitCode::done, {"not refused"}};
}

void expect_refused(const Job& job, const std::string& found, const Limits& limits = small) {
  const core::Error error = refusal(job, limits);
  EXPECT_EQ(error.code(), core::ExitCode::input);
  EXPECT_EQ(error.fault().where, "the file");
  EXPECT_THAT(error.fault().found, HasSubstr(found));
  EXPECT_FALSE(error.fault().remedy.empty());
}

/// A file of this rank.
class Confined : public testing::Test {
 protected:
  void SetUp() override { std::ofstream(path_) << "word"; }
  void TearDown() override { std::filesystem::remove(path_); }
  std::string path_ = std::filesystem::temp_directory_path() / ("sandbox_test_" + std::to_string(getpid()));
};

TEST_F(Confined, AnswersWithWhatItWasAsked) {
  Parcel request;
  std::vector<float> values(3000000);
  std::iota(values.begin(), values.end(), 0.0F);
  request.put(0.1);
  request.put(std::string("text"));
  request.put(std::vector<std::string>{"a", "", "c"});
  request.put(values);
  auto answer = echo.run(request, "", small);
  EXPECT_EQ(answer.get<double>(), 0.1);
  EXPECT_EQ(answer.get<std::string>(), "text");
  EXPECT_EQ(answer.get<std::vector<std::string>>(), (std::vector<std::string>{"a", "", "c"}));
  EXPECT_EQ(answer.get<std::vector<float>>(), values);
}

TEST_F(Confined, MayReadAndHaveThreadsAndKnowsNothingOfMpi) {
  ::setenv("CARDIOTWIN_SECRET", "token", 1);
  Parcel request;
  request.put(path_);
  auto answer = honest.run(request, path_, small);
  EXPECT_EQ(answer.get<std::string>(), "word");
  EXPECT_EQ(answer.get<std::int32_t>(), 10);
  for (const auto& variable : answer.get<std::vector<std::string>>())
    for (const char* hidden : {"OMPI_", "PMIX_", "PRTE_", "CARDIOTWIN_SECRET"})
      EXPECT_FALSE(variable.starts_with(hidden)) << variable;
  EXPECT_EQ(answer.get<std::int32_t>(), 4 + 1);  // input, two of /dev/null, answer, and the file read here
}

TEST_F(Confined, MayNotReachOut) {
  Parcel request;
  request.put(path_);
  auto answer = attempts.run(request, path_, small);
  const auto errors = answer.get<std::vector<std::int32_t>>();
  ASSERT_EQ(errors.size(), 18U);
  for (std::size_t n = 0; n < errors.size(); ++n) EXPECT_EQ(errors[n], EPERM) << "attempt " << n;
  std::string word;
  std::ifstream(path_) >> word;
  EXPECT_EQ(word, "word");
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
}

TEST(Sandbox, HandsOnTheJobsOwnFault) {
  const core::Error error = refusal(fault);
  EXPECT_EQ(error.code(), core::ExitCode::integrity);
  EXPECT_EQ(error.fault().where, "a file");
  EXPECT_EQ(error.fault().remedy, "do something");
  expect_refused(exception, "a decoder's complaint");
}

TEST(Sandbox, RefusesAMemoryBomb) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers reserve more than any limit";
#endif
  expect_refused(bomb, "more than 3 GiB of memory");
}

TEST(Sandbox, RefusesAnAnswerWithoutEnd) {
  expect_refused(flood, "memory", {.memory_bytes = std::uint64_t{1} << 30U, .seconds = 60});
}

TEST(Sandbox, RefusesALoopWithoutEnd) {
  const auto start = std::chrono::steady_clock::now();
  expect_refused(loop, "no end of it", {.memory_bytes = small.memory_bytes, .seconds = 1});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Sandbox, RefusesACrash) {
  expect_refused(crash, "Segmentation fault), while reading bad.dcm");
  expect_refused(abortion, "Aborted");
}

TEST(Sandbox, RefusesToStartPrograms) { expect_refused(program, "start a program"); }

TEST(Sandbox, DoesNotBelieveALength) {
  const core::Comm comm;
  if (!comm.is_root()) return;
  auto answer = lie.run(Parcel(), "the file", small);
  EXPECT_THROW((void)answer.get<std::vector<float>>(), core::Error);
}

}  // namespace
}  // namespace cardiotwin::sandbox
