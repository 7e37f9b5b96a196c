#pragma once
/// How cardiotwin fails: one error type that says where, what was expected, what was found and what to do.

#include <stdexcept>
#include <string>

namespace cardiotwin::core {

/// Exit status of the program; a contract with batch scripts.
enum class ExitCode : int {
  done = 0,
  configuration = 2,  ///< the case file or the command line
  input = 3,          ///< input data, or a file system that refuses
  numerical = 4,      ///< a solver or a mesh that did not reach its goal
  integrity = 5,      ///< a tampered, truncated or foreign file
  stopped = 75,       ///< stopped on request after a resumable state was written (EX_TEMPFAIL: requeue)
};

/// The parts of every message, in the order in which they are printed.
struct Fault {
  std::string where = {};     ///< file, key, stage or time step
  std::string expected = {};  ///< what would have been right, without "expected"
  std::string found = {};     ///< what was there, without "got"
  std::string remedy = {};    ///< what the reader can do about it
};

/// Text of a fault: `where`, then an indented line "expected ..., got ...", then an indented remedy.
std::string format(const Fault& fault);

/// The one exception of this project. Thrown on one rank unless `collective()`; core::collectively() makes it so.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, Fault fault);
  ExitCode code() const { return code_; }
  const Fault& fault() const { return fault_; }
  /// True once every rank of the communicator throws the same error.
  bool is_collective() const { return collective_; }
  Error as_collective() const;

 private:
  ExitCode code_;
  Fault fault_;
  bool collective_ = false;
};

[[noreturn]] void fail_configuration(Fault fault);
[[noreturn]] void fail_input(Fault fault);
[[noreturn]] void fail_numerical(Fault fault);
[[noreturn]] void fail_integrity(Fault fault);

}  // namespace cardiotwin::core
