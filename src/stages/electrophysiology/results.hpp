#pragma once
/// What the stage tells and writes of a wave, whichever model made it.

#include <vector>

#include "cardiotwin/stage/context.hpp"
#include "stimulus.hpp"
#include "wall.hpp"

namespace cardiotwin::electrophysiology {

/// What a model of the wave leaves, in the numbering of the wall; times from the first stimulus [ms]. Rank 0.
struct Wave {
  std::vector<double> activation, repolarisation;
  std::vector<double> ecg_times;
  std::vector<std::vector<double>> ecg;
  std::vector<double> snapshot_times;
  std::vector<std::vector<double>> snapshots;
};

/// Rank 0. Figures to the summary; fields on the refined wall for pictures, on the heart mesh for the stages after
/// this one.
void conclude(stage::Context& context, const artifacts::HeartMesh& heart, const Wall& wall,
              const std::vector<Stimulus>& stimuli, const Wave& wave);

}  // namespace cardiotwin::electrophysiology
