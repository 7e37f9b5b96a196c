#pragma once
/// From planes to stacks: which images belong together, and which stack is the one to use.

#include "scan.hpp"

namespace cardiotwin::ingest {

/// Frames of one slice position, in the order of the cardiac phases.
struct Slice {
  double position_mm = 0;  ///< along the stack's normal
  std::vector<Frame> frames;
};

/// Parallel planes of one study with one matrix; slices in increasing position along row x column.
struct Stack {
  std::vector<Slice> slices;
  std::size_t frames() const;
  std::size_t phases() const;  ///< the largest number of frames in one slice
  const Frame& first() const { return slices.front().frames.front(); }
  /// For people: series numbers, description, matrix, slices and phases; no identifiers.
  std::string describe() const;
};

struct Selection {
  std::string modality = "MR";  ///< or "CT", or "any"
  std::string series;           ///< number, part of the description, or end of the series UID; empty for all
};

/// Every stack of `fewest` or more slices, and nothing else.
std::vector<Stack> find_stacks(const std::vector<Frame>& frames, std::size_t fewest = 3);

/// The one to use. Throws core::Error (input) when two patients are in the folder, when no image has the modality or
/// the series asked for, when there is no stack, or when two fit equally well.
Stack choose_stack(const Scan& scan, const Selection& selection, std::vector<std::string>& warnings);

}  // namespace cardiotwin::ingest
