#pragma once
/// Shifts of slices that were breathed away: each breath-hold leaves its slice a few mm beside its neighbours.

#include <array>
#include <optional>
#include <vector>

namespace cardiotwin::segmentation {

using Shift = std::array<double, 2>;  ///< along (i, j) of the slices [mm]

/// What brings each slice back to a smooth long axis. `outer` and `cavity` are the middles of the ventricle and of its
/// cavity, slice by slice; a slice without cavity stays.
///
/// The long axis is the parabola with the least sum of Huber's losses of the offsets (quadratic to 3 mm, linear beyond;
/// iteratively reweighted least squares), so that a slice that was breathed far away does not drag its neighbours
/// along. Breathing moves wall and cavity alike: of their two offsets the smaller one counts, and none where they
/// disagree in sign. Offsets of the order of 2 mm are the heart's own shape: an offset d is undone by 1 - (2 mm / d)^2,
/// less is left alone (James-Stein shrinkage). With fewer than five slices a parabola says nothing, and nothing moves.
std::vector<Shift> alignment(const std::vector<Shift>& outer, const std::vector<std::optional<Shift>>& cavity);

}  // namespace cardiotwin::segmentation
