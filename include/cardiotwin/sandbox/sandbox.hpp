#pragma once
/// Work on files that others wrote, in a process that can do nothing but answer.
///
/// A job is run by the same program, started anew: with limits of memory and time, without network, and without any way
/// to write but into its answer. What breaks there is a refusal of the file here. See docs/decisions.md ("Foreign files
/// in a process of their own").

#include <cstdint>
#include <string>
#include <string_view>

#include "cardiotwin/sandbox/parcel.hpp"

namespace cardiotwin::sandbox {

struct Limits {
  std::uint64_t memory_bytes = 0;  ///< of address space, and of the answer
  double seconds = 0;              ///< of wall time
  /// 32 GiB, at most three quarters of the machine's memory, and half an hour; the environment variables
  /// CARDIOTWIN_CONFINED_MEMORY_GIB and CARDIOTWIN_CONFINED_SECONDS say otherwise.
  static Limits usual();
};

/// A kind of work. To be defined at namespace scope in the source file that runs it, so that parent and child both know
/// it: what is linked for the one is there for the other.
class Job {
 public:
  /// Reads its request and writes its answer; may throw core::Error, which the parent throws again.
  using Work = void (*)(Parcel& request, Parcel& answer);
  Job(std::string_view name, Work function);

  /// The answer, to be read from. Throws the job's own core::Error; core::Error (input) about `subject`, the file or
  /// folder being read, when the child crashes, runs out of memory or time, or tries what it may not. One rank alone;
  /// the child knows nothing of MPI. Where the machine does not permit a filter of system calls, the limits remain: a
  /// warning says so, or, with CARDIOTWIN_REQUIRE_FILTER=1, the file is refused.
  Parcel run(const Parcel& request, const std::string& subject, const Limits& limits = Limits::usual()) const;

  std::string_view name() const { return name_; }
  /// Here and now, without confinement: the child's side.
  void operator()(Parcel& request, Parcel& answer) const { work_(request, answer); }

 private:
  std::string_view name_;
  Work work_;
};

/// The first line of every main(), before MPI: in a child, does the job and ends the process; otherwise returns. Jobs
/// cannot be run in a program without it.
void serve(int argc, char** argv);

}  // namespace cardiotwin::sandbox
