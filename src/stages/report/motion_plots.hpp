#pragma once
/// The strains, the twist and the probes of a wall's motion as HTML: plots, polar maps and a table.

#include <string>
#include <vector>

#include "cardiotwin/artifacts/physics.hpp"

namespace cardiotwin::report {

/// Strain curves of the segments, polar maps at end systole and of the time to peak, twist. Empty without strains.
std::string strain_plots(const artifacts::WallMotion& motion);

/// Peaks of every segment. Empty without strains.
std::string strain_table(const artifacts::WallMotion& motion);

/// Where the probes go, from the first time on; `names` as many as there are probes. Empty without probes.
std::string probe_plots(const artifacts::WallMotion& motion, const std::vector<std::string>& names);

}  // namespace cardiotwin::report
