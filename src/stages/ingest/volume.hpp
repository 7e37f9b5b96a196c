#pragma once
/// From a stack of planes to one volume per cardiac phase.

#include "cardiotwin/artifacts/image.hpp"
#include "stack.hpp"

namespace cardiotwin::ingest {

struct Notes {
  std::vector<std::string> warnings, assumptions;
};

/// Orders, checks and reads the stack. Slices become a regular grid in LPS [mm], right-handed, k along row x column;
/// planes whose corner is displaced within the plane (gantry tilt) are shifted back by linear interpolation.
/// Throws core::Error (input) for missing, double or unevenly spaced slices, slices with different numbers of phases,
/// damaged files that belong to the stack, and pixels that cannot be read. `facts` is left to the caller.
artifacts::Image read_volume(const Scan& scan, Stack stack, Notes& notes);

}  // namespace cardiotwin::ingest
