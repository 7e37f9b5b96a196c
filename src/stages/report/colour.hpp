#pragma once
/// Colours of fields and structures, the same in pictures and plots.

#include <array>
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

/// Colour at t, clamped to [0, 1].
Rgb at(ColourMap map, double t);
/// "#1f77b4".
std::string hex(const Rgb& colour);

/// A field's range of values and their colours, as its colour bar shows them.
struct Scale {
  std::string label, unit;
  double low = 0, high = 1;
  ColourMap map;

  Rgb colour(double value) const { return at(map, high > low ? (value - low) / (high - low) : 0.5); }
};

}  // namespace cardiotwin::report
