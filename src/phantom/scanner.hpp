#pragma once
/// How the heart becomes an image: slices of finite thickness, blurring, coil sensitivity, noise, whole numbers.

#include <vector>

#include "cardiotwin/artifacts/labels.hpp"
#include "cardiotwin/phantom/phantom.hpp"
#include "heart.hpp"
#include "thorax.hpp"

namespace cardiotwin::phantom {

/// The stack's own frame: heart coordinates are `turn` (rows: heart axes in image coordinates) times the image point
/// relative to `heart_centre` [mm, image coordinates: x along rows, y down columns, z along the normal from slice 0].
struct Placement {
  std::array<Vec3, 3> turn;
  Vec3 heart_centre;  ///< image coordinates of heart point (0, 0, reference_z)
  double reference_z;
  Vec3 to_heart(const Vec3& image_point) const;
};

struct Scanner {
  Contrast contrast;
  Thorax thorax;
  double blur_pixels, noise, gain;
  std::array<double, 4> bias;  ///< coil sensitivity: amplitude, direction, centre, quadratic part
  double slope, intercept;     ///< of the stored whole numbers
  std::uint64_t noise_seed;
  static Scanner draw(Random& random, const CineMrOptions& options);
};

/// One phase of one slice: signal and majority label of each pixel.
struct Slice {
  std::vector<double> signal;
  std::vector<std::uint8_t> labels;
};

/// `still` is what does not move, from still_signal, on the supersampled pixels of this slice.
std::vector<float> still_signal(const Scanner& scanner, const Placement& placement, const artifacts::Geometry& grid,
                                std::int64_t k);
Slice expose(const Scanner& scanner, const Placement& placement, const artifacts::Geometry& grid, std::int64_t k,
             const Heart& heart, const std::vector<float>& still);
/// Blurring, sensitivity, Rician noise; returns the stored whole numbers. `stream` separates the noise of images.
std::vector<std::int16_t> digitise(const Scanner& scanner, const artifacts::Geometry& grid, std::vector<double> signal,
                                   std::uint64_t stream);

}  // namespace cardiotwin::phantom
