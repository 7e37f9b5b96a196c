#pragma once
/// From a stack of planes to one volume per cardiac phase.

#include "grid.hpp"

namespace cardiotwin::ingest {

/// Plans the grid and reads the stack into it, on up to `threads` threads (0: all there are); planes whose corner is
/// displaced within the plane (gantry tilt) are shifted back by linear interpolation.
/// Throws core::Error (input) as plan_grid() does, for pixels that cannot be read, and for two images of one position
/// with the same pixels. `facts` is left to the caller.
artifacts::Image read_volume(const Scan& scan, Stack stack, int threads, Notes& notes);

}  // namespace cardiotwin::ingest
