#pragma once
/// Where a run happens: case file to run folder, one run at a time in it.

#include <filesystem>

#include "cardiotwin/pipeline/pipeline.hpp"
#include "case_file.hpp"

namespace cardiotwin::pipeline {

/// A case file with the table of stages it asks for.
struct Loaded {
  StageTable table;
  Case patient;
};
/// Reads, applies --set, resolves; throws core::Error (configuration) with every problem. Local.
Loaded load_case(const Request& request);

std::filesystem::path run_folder(const Request& request, const Case& patient);
/// Throws core::Error (input) when it cannot be made or written.
void make_run_folder(const std::filesystem::path& folder);

/// Versions of this build and its libraries.
config::Json build_facts();

/// Holds the run folder for this process; throws core::Error (input) when another one has it.
class Lock {
 public:
  explicit Lock(const std::filesystem::path& folder);
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace cardiotwin::pipeline
