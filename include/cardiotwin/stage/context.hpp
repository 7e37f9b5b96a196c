#pragma once
/// What the pipeline lends to a stage for one run. No globals: everything a stage needs comes from here.

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cardiotwin/config/config.hpp"
#include "cardiotwin/core/log.hpp"
#include "cardiotwin/core/mpi.hpp"
#include "cardiotwin/core/stop.hpp"
#include "cardiotwin/core/timer.hpp"
#include "cardiotwin/io/hdf5.hpp"

namespace cardiotwin::stage {

/// Where artifacts come from and go to. Implemented by the pipeline (checkpoints) and by tests (stage::Workbench).
class ArtifactStore {
 public:
  virtual ~ArtifactStore() = default;
  /// Is there a checkpoint that holds this artifact? Local, same answer everywhere.
  virtual bool has(std::string_view artifact) const = 0;
  /// Path of the checkpoint that holds the artifact; throws core::Error when there is none.
  virtual std::filesystem::path file_of(std::string_view artifact) const = 0;
  /// The checkpoint being written by the running stage. Rank 0 only; made durable by the runner after the stage ends.
  virtual io::Writer& output() = 0;

  /// Local: reads from disk on the calling rank. `load(reader, value)` is found beside T.
  template <class T>
  T read() const {
    T value;
    load(io::Reader(file_of(T::id)), value);
    return value;
  }
  /// Rank 0 only. `save(writer, value)` is found beside T.
  template <class T>
  void write(const T& value) {
    save(output(), value);
  }
};

/// A figure that a person or a test would quote. Names are completed with the stage: "activation_time.P8".
struct Quantity {
  std::string name;
  double value = 0;
  std::string unit;
};

/// Collects the stage's figures, warnings and stated assumptions; they stand in summary.json, checkpoint and report.
class Findings {
 public:
  void quantity(std::string name, double value, std::string unit);  ///< replaces one of the same name; must be finite
  void warning(std::string text);
  void assumption(std::string text);
  const std::vector<Quantity>& quantities() const { return quantities_; }
  const std::vector<std::string>& warnings() const { return warnings_; }
  const std::vector<std::string>& assumptions() const { return assumptions_; }

 private:
  std::vector<Quantity> quantities_;
  std::vector<std::string> warnings_, assumptions_;
};

/// One line of the audit log; the pipeline adds sequence, time, user, host and hashes. Rank 0 only.
using AuditSink = std::function<void(const std::string& action, const config::Json& what)>;

struct Context {
  core::Comm comm;
  const config::Section& config;  ///< the stage's own section
  ArtifactStore& artifacts;
  core::Log& log;  ///< prints on rank 0 only
  core::StopRequest& stop;
  core::Timers& timers;  ///< named wall times; end up in the summary and the final table
  Findings& findings;    ///< call on every rank or on rank 0 alone; rank 0's are kept
  AuditSink audit;
  std::filesystem::path run_folder;
  std::filesystem::path state_stem;   ///< rolling state files are <state_stem>.0 and .1
  std::string resume_key;             ///< a rolling state with another key is ignored
  double checkpoint_interval_s = 60;  ///< wall time between rolling states
};

}  // namespace cardiotwin::stage
