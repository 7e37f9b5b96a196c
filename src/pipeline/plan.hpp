#pragma once
/// Which stages run, which are reused, and why.

#include <filesystem>
#include <string>
#include <vector>

#include "checkpoint.hpp"

namespace cardiotwin::pipeline {

struct PlannedStage {
  std::string name;
  bool selected = false;  ///< by --from, --to, --only
  bool runs = false;
  bool current = false;              ///< its checkpoint follows from this case file
  std::vector<std::string> reasons;  ///< why it runs, or why its checkpoint is not current
};

/// Names of the stages that --from, --to and --only leave of those the case lists (none listed: all; --only names any).
/// Throws core::Error (configuration) for a name that is none.
std::set<std::string> selected_stages(const Request& request, const std::vector<std::string>& listed,
                                      const StageTable& table);

/// Rank 0. Throws core::Error (integrity) when a checkpoint that would be read was altered.
std::vector<PlannedStage> make_plan(const Request& request, const Case& patient, const StageTable& table,
                                    const std::filesystem::path& run_folder, const AuditLog& audit);

/// The key that a stage's checkpoint must have to be current, from the checkpoints that are there now.
ResumeKey resume_key(const StageTable::Entry& entry, const Case& patient, const StageTable& table,
                     const std::filesystem::path& run_folder, const AuditLog& audit);

}  // namespace cardiotwin::pipeline
