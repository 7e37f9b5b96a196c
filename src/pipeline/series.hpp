#pragma once
/// XDMF beside the checkpoints that hold a time series, so that ParaView plays them.

#include <filesystem>

#include "stage_table.hpp"

namespace cardiotwin::pipeline {

/// Rank 0. Writes `<stage>.xdmf` where the stage writes wall_motion or flow; nothing elsewhere.
void write_series(const std::filesystem::path& run_folder, const StageTable& table, const StageTable::Entry& entry);

}  // namespace cardiotwin::pipeline
