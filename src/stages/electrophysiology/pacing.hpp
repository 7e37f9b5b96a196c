#pragma once
/// Cells in their steady state: tissue starts where a single cell of its kind stands after many beats.

#include <filesystem>
#include <string>

#include "cell/ionic_model.hpp"

namespace cardiotwin::electrophysiology {

struct Pacing {
  double cycle_ms = 1000;
  int beats = 0;
  double time_step_ms = 0.05;  ///< that of the tissue: its next beat is the one that would follow
};

/// All that the end of the pacing depends on, as text.
std::string pacing_key(const IonicModel& model, const CellKind& kind, const Pacing& pacing);

/// The kind as pace() leaves it (single_cell.hpp), kept in `folder` (kept.hpp). A beat of the slowest model
/// takes some 40 ms in steps of 0.02 ms. For one rank.
CellKind paced(const IonicModel& model, CellKind kind, const Pacing& pacing, const std::filesystem::path& folder);

}  // namespace cardiotwin::electrophysiology
