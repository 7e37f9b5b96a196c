#pragma once
/// What scenes of hearts and of flows are put together from.

#include <functional>
#include <string>
#include <vector>

#include "raster.hpp"

namespace cardiotwin::report {

inline bool everywhere(std::size_t /*cell_or_triangle*/) { return true; }

/// The patch in the colours of its values, or in one.
Surface coloured(const Patch& patch, const std::function<Rgb(double)>& colour);
Surface plain(const Patch& patch, const Rgb& colour);

/// Where the displacement takes the points; an empty one leaves them where they are.
std::vector<Vec3> moved(const std::vector<Vec3>& points, const std::vector<Vec3>& displacement);

/// Largest extent along a coordinate [mm].
double extent(std::span<const Vec3> points);

/// From one round number to another.
Scale round_scale(std::string label, std::string unit, double low, double high, ColourMap map);

}  // namespace cardiotwin::report
