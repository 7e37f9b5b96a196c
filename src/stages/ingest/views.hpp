#pragma once
/// Long-axis views: single planes of the study that cut through the chosen stack.

#include "cardiotwin/artifacts/long_axis_views.hpp"
#include "grid.hpp"

namespace cardiotwin::ingest {

/// Planes of the chosen stack's study, frame of reference, modality and number of phases, steeper than 60 degrees
/// against its slices and at most three side by side. A plane that cannot be read is left out with a warning: the stack
/// does without it.
artifacts::LongAxisViews read_views(const Scan& scan, const Stack& chosen, Notes& notes);

}  // namespace cardiotwin::ingest
