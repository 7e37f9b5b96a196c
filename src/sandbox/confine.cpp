#include "confine.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <new>
#include <thread>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CARDIOTWIN_SHADOW_MEMORY
#endif

namespace cardiotwin::sandbox {
namespace {

void limit(__rlimit_resource what, std::uint64_t most) {
  const rlimit value{.rlim_cur = most, .rlim_max = most};
  setrlimit(what, &value);
}

/// Reading, memory, threads and clocks. Writing goes to descriptors, and only the answer's is open for it.
constexpr std::array permitted{
    // files
    SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(readv), SCMP_SYS(preadv), SCMP_SYS(write), SCMP_SYS(writev),
    SCMP_SYS(pwrite64), SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(ftruncate), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
    SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getcwd),
    SCMP_SYS(getdents64), SCMP_SYS(fadvise64), SCMP_SYS(flock), SCMP_SYS(dup),
    // memory
    SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mprotect), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
    // threads and signals
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack), SCMP_SYS(exit), SCMP_SYS(exit_group),
    // facts and clocks
    SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrusage), SCMP_SYS(sysinfo),
    SCMP_SYS(uname), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getrlimit)};

/// No decoder has a reason for these.
constexpr std::array deadly{SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
                            SCMP_SYS(process_vm_writev)};

/// Collects the rules; remembers whether one was refused.
class Rules {
 public:
  explicit Rules(scmp_filter_ctx filter) : filter_(filter) {}
  void add(std::uint32_t action, int call) {
    good_ = seccomp_rule_add_array(filter_, action, call, 0, nullptr) == 0 && good_;
  }
  /// Where (argument & mask) == value.
  void allow(int call, unsigned argument, scmp_datum_t mask, scmp_datum_t value) {
    const scmp_arg_cmp condition{argument, SCMP_CMP_MASKED_EQ, mask, value};
    good_ = seccomp_rule_add_array(filter_, SCMP_ACT_ALLOW, call, 1, &condition) == 0 && good_;
  }
  bool good() const { return good_; }

 private:
  scmp_filter_ctx filter_;
  bool good_ = true;
};

bool add_rules(scmp_filter_ctx filter) {
  constexpr scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC, whole = ~scmp_datum_t{0};
  Rules rules(filter);
  for (const int call : permitted) rules.add(SCMP_ACT_ALLOW, call);
  for (const int call : deadly) rules.add(SCMP_ACT_KILL_PROCESS, call);
  rules.allow(SCMP_SYS(open), 1, writing, O_RDONLY);
  rules.allow(SCMP_SYS(openat), 2, writing, O_RDONLY);
  // glibc takes clone() where there is no clone3(), whose arguments a filter cannot see.
  rules.add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
  rules.allow(SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD);
  for (const scmp_datum_t command : {F_GETFD, F_SETFD, F_GETFL, F_GETLK, F_SETLK, F_SETLKW})
    rules.allow(SCMP_SYS(fcntl), 1, whole, command);
  rules.allow(SCMP_SYS(prlimit64), 2, whole, 0);                                 // asks only
  rules.allow(SCMP_SYS(tgkill), 0, whole, static_cast<scmp_datum_t>(getpid()));  // abort()
  return rules.good();
}

}  // namespace

void limit_self(const Limits& limits) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  // Where memory runs out all the same, this process is the one to end.
  if (std::FILE* const score = std::fopen("/proc/self/oom_score_adj", "w")) {
    std::fputs("1000", score);
    std::fclose(score);
  }
  // Each arena of malloc reserves 64 MiB of address space, one a thread without this.
  mallopt(M_ARENA_MAX, 4);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, limits.memory_bytes);
  const double threads = std::max(1U, std::thread::hardware_concurrency());
  limit(RLIMIT_CPU, static_cast<std::uint64_t>(limits.seconds * threads) + 1);
#ifndef CARDIOTWIN_SHADOW_MEMORY  // sanitizers reserve terabytes
  limit(RLIMIT_AS, limits.memory_bytes);
#endif
}

bool filter_self() {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
  if (!filter) throw std::bad_alloc();
  seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
  const int refused = add_rules(filter) ? seccomp_load(filter) : -ENOMEM;
  seccomp_release(filter);
  if (refused == -ENOMEM) throw std::bad_alloc();  // the limit, and no lack of permission
  return refused == 0;
}

}  // namespace cardiotwin::sandbox
