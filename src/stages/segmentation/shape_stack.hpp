#pragma once
/// One structure of a slice stack as a continuous shape: signed distance at any point.

#include <array>
#include <cstdint>
#include <vector>

#include "morphology.hpp"

namespace cardiotwin::segmentation {

/// Slices are numbered from the apex to the base here; heights in mm above the centre of slice 0.
class ShapeStack {
 public:
  /// `masks`: one (1 x j x i) mask a slice; `pixel_mm` along (i, j). Only the contiguous non-empty run around the
  /// largest slice counts.
  ShapeStack(const std::vector<Mask>& masks, const Size& slice, const std::array<double, 2>& pixel_mm, double slice_mm);

  bool empty() const { return last_ < first_; }
  std::int64_t first() const { return first_; }
  std::int64_t last() const { return last_; }
  /// Height of the apical tip; the shape ends there.
  double tip_mm() const { return tip_; }
  void set_tip_mm(double tip) { tip_ = tip; }
  /// Without this and narrow_top the shape goes on unchanged above its last slice.
  void close_top() { closed_top_ = true; }
  /// Above the last slice the border moves inwards, as a parabola, by `inwards_mm` at `height_mm`, and goes on so.
  void narrow_top(double height_mm, double inwards_mm) {
    narrow_height_ = height_mm;
    narrow_by_ = inwards_mm;
  }
  /// Moves slice s by (x, y) [mm].
  void move_slice(std::int64_t s, const std::array<double, 2>& by);
  /// Middle of slice s [mm].
  const std::array<double, 2>& middle(std::int64_t s) const { return slices_[static_cast<std::size_t>(s)].middle; }
  double area_mm2(std::int64_t s) const { return slices_[static_cast<std::size_t>(s)].area; }

  /// Signed distance [mm], negative inside, at (x, y) in the slice plane [mm from pixel (0,0)] and `height`.
  double distance(double x, double y, double height) const;

 private:
  struct Slice {
    std::vector<float> distance;
    std::array<double, 2> middle{}, shift{};
    double area = 0;
  };
  double in_slice(std::int64_t s, double x, double y) const;
  double beyond(std::int64_t s, double x, double y, double part) const;

  std::vector<Slice> slices_;
  Size size_;
  std::array<double, 2> pixel_mm_;
  double slice_mm_;
  std::int64_t first_ = 0, last_ = -1;
  double tip_ = 0;
  bool closed_top_ = false;
  double narrow_height_ = 0, narrow_by_ = 0;
};

}  // namespace cardiotwin::segmentation
