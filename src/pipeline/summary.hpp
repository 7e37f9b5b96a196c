#pragma once
/// summary.json: the figures of a run, gathered from its checkpoints.

#include <filesystem>
#include <string>
#include <vector>

#include "checkpoint.hpp"

namespace cardiotwin::pipeline {

/// How the stages of the last run went, beyond what checkpoints know: "complete", "reused", "stale", "failed",
/// "stopped"; of a checkpoint that is not the one on record, "altered", and nothing of it is read.
using StageStatus = std::map<std::string, std::string>;

/// Rank 0. Quantities and stages of every readable checkpoint.
config::Json summarise(const std::filesystem::path& run_folder, const StageTable& table, const StageStatus& status,
                       const AuditLog& audit);
/// Rank 0. The final table: status, wall time and memory by stage.
std::string table_text(const config::Json& summary, const StageTable& table);

}  // namespace cardiotwin::pipeline
