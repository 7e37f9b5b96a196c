#pragma once
/// The regular grid that a stack of planes fills: everything about a volume but its values, from headers alone.

#include "cardiotwin/artifacts/image.hpp"
#include "stack.hpp"

namespace cardiotwin::ingest {

struct Notes {
  std::vector<std::string> warnings, assumptions;
};

/// A figure for a message: four digits.
std::string number(double value);

/// Grid in LPS [mm], right-handed, k along row x column, and times of the phases. Of a position that was imaged in
/// several series, `stack` keeps the last. Voxels and facts are left to the caller.
/// Throws core::Error (input) for missing, double or unevenly spaced slices, slices with different numbers of phases,
/// and damaged files that belong to the stack.
artifacts::Image plan_grid(const Scan& scan, Stack& stack, Notes& notes);

}  // namespace cardiotwin::ingest
