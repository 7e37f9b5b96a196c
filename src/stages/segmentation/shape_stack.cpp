#include "shape_stack.hpp"

#include <algorithm>
#include <cmath>

namespace cardiotwin::segmentation {
namespace {
constexpr double outside_mm = 50;  // distance told where a structure is absent
}

ShapeStack::ShapeStack(const std::vector<Mask>& masks, const Size& slice, const std::array<double, 2>& pixel_mm,
                       double slice_mm)
    : size_(slice), pixel_mm_(pixel_mm), slice_mm_(slice_mm) {
  slices_.resize(masks.size());
  std::int64_t largest = -1;
  for (std::size_t s = 0; s < masks.size(); ++s) {
    double x = 0, y = 0, n = 0;
    for (std::size_t v = 0; v < masks[s].size(); ++v)
      if (masks[s][v]) {
        const std::int64_t column = static_cast<std::int64_t>(v) % size_[2],
                           row = static_cast<std::int64_t>(v) / size_[2];
        x += static_cast<double>(column);
        y += static_cast<double>(row);
        n += 1;
      }
    if (n == 0) continue;
    slices_[s].area = n * pixel_mm[0] * pixel_mm[1];
    slices_[s].middle = {x / n * pixel_mm[0], y / n * pixel_mm[1]};
    slices_[s].distance = signed_distance(masks[s], size_, pixel_mm);
    if (largest < 0 || slices_[s].area > area_mm2(largest)) largest = static_cast<std::int64_t>(s);
  }
  if (largest < 0) return;
  first_ = last_ = largest;
  while (first_ > 0 && area_mm2(first_ - 1) > 0) --first_;
  while (last_ + 1 < static_cast<std::int64_t>(slices_.size()) && area_mm2(last_ + 1) > 0) ++last_;
  // An ellipsoid's cross-section falls linearly towards its tip.
  const double fall = first_ < last_ ? (area_mm2(first_ + 1) - area_mm2(first_)) / slice_mm : 0;
  const double reach = fall > 0 ? area_mm2(first_) / fall : slice_mm;
  tip_ = static_cast<double>(first_) * slice_mm - std::clamp(reach, 0.5 * slice_mm, slice_mm);
}

void ShapeStack::move_slice(std::int64_t s, const std::array<double, 2>& by) {
  Slice& slice = slices_[static_cast<std::size_t>(s)];
  for (std::size_t a = 0; a < 2; ++a) {
    slice.shift[a] += by[a];
    slice.middle[a] += by[a];
  }
}

double ShapeStack::in_slice(std::int64_t s, double x, double y) const {
  const Slice& slice = slices_[static_cast<std::size_t>(s)];
  const double px = (x - slice.shift[0]) / pixel_mm_[0], py = (y - slice.shift[1]) / pixel_mm_[1];
  const double cx = std::clamp(px, 0.0, static_cast<double>(size_[2] - 1)),
               cy = std::clamp(py, 0.0, static_cast<double>(size_[1] - 1));
  const auto i = std::min(static_cast<std::int64_t>(cx), size_[2] - 2),
             j = std::min(static_cast<std::int64_t>(cy), size_[1] - 2);
  const double u = cx - static_cast<double>(i), v = cy - static_cast<double>(j);
  const float* d = slice.distance.data() + j * size_[2] + i;
  const double inside = (1 - v) * ((1 - u) * d[0] + u * d[1]) + v * ((1 - u) * d[size_[2]] + u * d[size_[2] + 1]);
  return inside + std::hypot(pixel_mm_[0] * (px - cx), pixel_mm_[1] * (py - cy));
}

/// The shape of slice s shrunk to a cross-section of (1 - part); `part` in [0, 1), 1 is the tip.
double ShapeStack::beyond(std::int64_t s, double x, double y, double part) const {
  const auto& middle = slices_[static_cast<std::size_t>(s)].middle;
  const double scale = std::sqrt(std::max(1 - part, 1e-4));
  const double shrunk = scale * in_slice(s, middle[0] + (x - middle[0]) / scale, middle[1] + (y - middle[1]) / scale);
  return shrunk;
}

double ShapeStack::distance(double x, double y, double height) const {
  if (empty()) return outside_mm;
  const double at = height / slice_mm_;
  if (at < static_cast<double>(first_)) {
    const double length = static_cast<double>(first_) * slice_mm_ - tip_;
    const double part = (static_cast<double>(first_) * slice_mm_ - height) / length;
    if (part >= 1) {
      const auto& middle = slices_[static_cast<std::size_t>(first_)].middle;
      return std::hypot(std::hypot(x - middle[0], y - middle[1]), tip_ - height) + 1e-3;
    }
    return beyond(first_, x, y, part);
  }
  if (at >= static_cast<double>(last_)) {
    if (!closed_top_) {
      const double top = static_cast<double>(last_) * slice_mm_;
      const double rise = narrow_by_ > 0 ? std::clamp((height - top) / (narrow_height_ - top), 0.0, 1.0) : 0;
      return in_slice(last_, x, y) + narrow_by_ * rise * rise;
    }
    const double part = (at - static_cast<double>(last_)) / 0.75;
    return part >= 1 ? outside_mm : beyond(last_, x, y, part);
  }
  const auto s = static_cast<std::int64_t>(at);
  const double t = at - static_cast<double>(s);
  const double b = in_slice(s, x, y), c = in_slice(s + 1, x, y);
  // End slopes are one-sided at the ends of the stack.
  const double before = s > first_ ? in_slice(s - 1, x, y) : 2 * b - c,
               after = s + 1 < last_ ? in_slice(s + 2, x, y) : 2 * c - b;
  const double slope_b = 0.5 * (c - before), slope_c = 0.5 * (after - b);
  const double t2 = t * t, t3 = t2 * t;
  return (2 * t3 - 3 * t2 + 1) * b + (t3 - 2 * t2 + t) * slope_b + (3 * t2 - 2 * t3) * c + (t3 - t2) * slope_c;
}

}  // namespace cardiotwin::segmentation
