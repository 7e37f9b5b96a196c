#pragma once
/// Colours of fields and structures, the same in pictures and plots.

#include <array>
#include <optional>
#include <span>
#include <string>

namespace cardiotwin::report {

/// Red, green, blue in [0, 1] (sRGB).
using Rgb = std::array<double, 3>;

/// Evenly spaced colours between which is interpolated.
using ColourMap = std::span<const Rgb>;

ColourMap viridis();   ///< times and magnitudes; monotone in lightness
ColourMap inferno();   ///< speed and shear: dark where nothing happens
ColourMap blue_red();  ///< signed quantities: white at the middle
ColourMap slate();     ///< a quiet one, from which limit_colour stands out

/// Colour at t, clamped to [0, 1].
Rgb at(ColourMap map, double t);
/// "#1f77b4".
std::string hex(const Rgb& colour);

/// Where a field is beyond a limit: in no map.
inline constexpr Rgb limit_colour{.84, .06, .46};

/// A value beyond which a place counts.
struct Limit {
  double value = 0;
  bool below = true;  ///< what counts is below it, or above
};

/// A field's range of values and their colours, as its colour bar shows them.
struct Scale {
  std::string label, unit;
  double low = 0, high = 1;
  ColourMap map;
  std::optional<Limit> limit{};  ///< beyond it, limit_colour stands; values beyond the ends are as at the ends

  Rgb colour(double value) const { return at(map, high > low ? (value - low) / (high - low) : 0.5); }
};

}  // namespace cardiotwin::report
