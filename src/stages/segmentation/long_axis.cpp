#include "long_axis.hpp"

#include <algorithm>
#include <cmath>

namespace cardiotwin::segmentation {
namespace {

using artifacts::Geometry;
using artifacts::LongAxisView;
using artifacts::lv_cavity;
using artifacts::lv_wall;

constexpr double step_mm = 0.5;         // along rays
constexpr double wall_part = 0.6;       // of the wall's thickness: a run of muscle this thick is wall
constexpr double largest_jump_mm = 5;   // of the border from one ray to the next: more is another structure
constexpr double steepest_view = 0.4;   // cosine between a view's normal and the long axis
constexpr double off_axis = 0.5;        // of the radius: a view further from the axis shows less than the ventricle
constexpr double least_contrast = 1.3;  // blood over muscle
constexpr double nearest_axis = 0.35;   // of the radius: the base's opening is wider

/// A slice's cavity: middle, radius of the disc with its area, and the wall's mean thickness.
struct Section {
  std::int64_t k = 0;
  Vec3 middle{};
  double radius = 0, wall = 0;
};

/// Sections from the apex to the base.
std::vector<Section> sections_of(const Geometry& g, const std::uint8_t* labels, const SliceRange& range) {
  std::vector<Section> all;
  for (std::int64_t k = range.first; k <= range.last; ++k) {
    double i_sum = 0, j_sum = 0, cavity = 0, wall = 0;
    for (std::int64_t j = 0; j < g.size[1]; ++j)
      for (std::int64_t i = 0; i < g.size[0]; ++i) {
        const auto label = labels[g.index(i, j, k)];
        wall += label == lv_wall;
        if (label != lv_cavity) continue;
        i_sum += static_cast<double>(i), j_sum += static_cast<double>(j), cavity += 1;
      }
    if (cavity == 0) continue;
    const auto radius = [&](double pixels) { return std::sqrt(pixels * g.spacing[0] * g.spacing[1] / M_PI); };
    all.push_back({k, g.to_world({i_sum / cavity, j_sum / cavity, static_cast<double>(k)}), radius(cavity),
                   radius(cavity + wall) - radius(cavity)});
  }
  if (!range.base_is_last) std::ranges::reverse(all);
  return all;
}

/// One phase of a view, and how it lies to the stack.
class Plane {
 public:
  Plane(const LongAxisView& view, std::int64_t phase, const Vec3& axis)
      : grid_(view.geometry), pixels_(view.phase(phase)), normal_(grid_.axes[2]) {
    across_ = core::normalised(core::cross(axis, normal_));
    up_ = core::normalised(axis - core::dot(axis, normal_) * normal_);
    flat_normal_ = normal_ - core::dot(axis, normal_) * axis;
  }
  const Vec3& across() const { return across_; }  ///< along the slices
  const Vec3& up() const { return up_; }          ///< towards the base
  double distance(const Vec3& at) const { return core::dot(at - grid_.origin, normal_); }
  /// The nearest point of this plane in the slice of `at`.
  Vec3 in_slice(const Vec3& at) const {
    return at - (distance(at) / core::dot(flat_normal_, flat_normal_)) * flat_normal_;
  }
  /// Intensity at a place of the plane; none outside of the picture.
  std::optional<double> value(const Vec3& at) const {
    const Vec3 p = grid_.to_index(at);
    const auto i = static_cast<std::int64_t>(std::floor(p[0])), j = static_cast<std::int64_t>(std::floor(p[1]));
    if (i < 0 || j < 0 || i + 1 >= grid_.size[0] || j + 1 >= grid_.size[1]) return std::nullopt;
    const double u = p[0] - static_cast<double>(i), v = p[1] - static_cast<double>(j);
    const float* q = pixels_ + grid_.index(i, j, 0);
    return (1 - v) * ((1 - u) * q[0] + u * q[1]) + v * ((1 - u) * q[grid_.size[0]] + u * q[grid_.size[0] + 1]);
  }

 private:
  const Geometry& grid_;
  const float* pixels_;
  Vec3 normal_, across_, up_, flat_normal_;
};

double median(std::vector<double> values) {
  const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, half);
  return *half;
}

/// A stack's labels in one phase.
struct Stack {
  const Geometry& geometry;
  const std::uint8_t* labels;
  std::vector<Section> sections;
  Vec3 axis;  ///< of the slices, from the apex to the base

  std::uint8_t label(const Vec3& at, std::int64_t k) const {
    const Vec3 p = geometry.to_index(at);
    const auto i = std::llround(p[0]), j = std::llround(p[1]);
    if (i < 0 || j < 0 || i >= geometry.size[0] || j >= geometry.size[1]) return artifacts::background;
    return labels[geometry.index(i, j, k)];
  }
};

/// A view as two tissues.
class Tissues {
 public:
  Tissues(const Plane& plane, const Stack& stack) : plane_(plane) {
    std::vector<double> blood, muscle;
    for (const Section& s : stack.sections)
      for (double u = -60; u <= 60; u += step_mm) {
        const Vec3 at = plane.in_slice(s.middle) + u * plane.across();
        const auto label = stack.label(at, s.k);
        if (label != lv_cavity && label != lv_wall) continue;
        if (const auto value = plane.value(at)) (label == lv_cavity ? blood : muscle).push_back(*value);
      }
    if (blood.size() < 20 || muscle.size() < 20) return;
    const double bright = median(blood), dark = median(muscle);
    if (bright < least_contrast * dark) return;
    level_ = 0.5 * (bright + dark);
    usable_ = true;
  }
  bool usable() const { return usable_; }

  /// Distance from `start` along `direction` to the first run of muscle of at least `thickness`; none within `reach`.
  std::optional<double> border(const Vec3& start, const Vec3& direction, double reach, double thickness) const {
    double run_start = -1, last = level_ + 1;
    for (double at = 0; at <= reach + thickness; at += step_mm) {
      const auto value = plane_.value(start + at * direction);
      if (!value) return std::nullopt;
      const bool dark = *value < level_;
      if (dark && run_start < 0) {
        // Where the intensity passes the level between the last two samples.
        run_start = at == 0 ? 0 : at - step_mm * (level_ - *value) / std::max(last - *value, 1e-9);
      }
      if (!dark) run_start = -1;
      if (run_start >= 0 && at - run_start >= thickness)
        return run_start <= reach ? std::optional(run_start) : std::nullopt;
      last = *value;
    }
    return std::nullopt;
  }

 private:
  const Plane& plane_;
  double level_ = 0;
  bool usable_ = false;
};

bool shows_ventricle(const Plane& plane, const LongAxisView& view, const Stack& stack) {
  if (std::abs(core::dot(view.geometry.axes[2], stack.axis)) > steepest_view) return false;
  std::size_t near = 0;
  for (const Section& s : stack.sections) near += std::abs(plane.distance(s.middle)) < off_axis * s.radius;
  return 10 * near >= 7 * stack.sections.size();
}

/// Where the wall ends on one side: a ray sweeps from the border in the basal slice upwards until it passes the end.
void mark_base(const Plane& plane, const Tissues& tissues, const Section& top, double wall, double side,
               LongAxisMarks& marks) {
  const double reach = 2 * top.radius, thickness = wall_part * wall;
  const Vec3 middle = plane.in_slice(top.middle), outwards = side * plane.across();
  const auto left = tissues.border(middle, plane.across(), reach, thickness),
             right = tissues.border(middle, -1.0 * plane.across(), reach, thickness);
  if (!left || !right) return;
  const Vec3 start = middle + 0.5 * (*left - *right) * plane.across();
  const double half = 0.5 * (*left + *right);
  if (half < 0.5 * top.radius || half > 1.5 * top.radius) return;
  double last = half;
  Vec3 end = start + half * outwards;
  for (int degrees = 2; degrees < 90; degrees += 2) {
    const double angle = degrees * M_PI / 180;
    const Vec3 ray = std::cos(angle) * outwards + std::sin(angle) * plane.up();
    const auto at = tissues.border(start, ray, reach, thickness);
    if (!at || std::abs(*at - last) > largest_jump_mm) {
      const double narrow = core::dot(end - start, outwards) / half;
      if (narrow < nearest_axis) return;
      // The run of muscle along the last ray just fits below the wall's end.
      marks.base.push_back(end + (thickness * std::sin((degrees - 2) * M_PI / 180)) * plane.up());
      marks.narrowing.push_back(narrow);
      return;
    }
    last = *at;
    end = start + *at * ray;
  }
}

/// How far below the most apical slice with cavity a view shows blood: the deepest border over a fan of rays.
std::optional<double> depth_of_apex(const Plane& plane, const Tissues& tissues, const Stack& stack) {
  const Section &low = stack.sections[0], &next = stack.sections[1];
  const Vec3 start = plane.in_slice(low.middle);
  const Vec3 down = core::normalised(start - plane.in_slice(next.middle));
  const double reach = 1.5 * stack.geometry.spacing[2];
  std::optional<double> deepest;
  for (int degrees = -40; degrees <= 40; degrees += 5) {
    const double angle = degrees * M_PI / 180;
    const Vec3 ray = std::cos(angle) * down +
                     std::sin(angle) * core::normalised(plane.across() - core::dot(plane.across(), down) * down);
    if (const auto at = tissues.border(start, ray, reach, 2))
      deepest = std::max(deepest.value_or(0), -*at * core::dot(ray, stack.axis));
  }
  return deepest;
}

}  // namespace

LongAxisMarks find_marks(const artifacts::LongAxisViews& views, std::int64_t phase, const Geometry& g,
                         const std::uint8_t* labels, const SliceRange& range) {
  const Stack stack{g, labels, sections_of(g, labels, range), (range.base_is_last ? 1.0 : -1.0) * g.axes[2]};
  LongAxisMarks marks;
  if (stack.sections.size() < 3) return marks;
  const Section& top = stack.sections.back();
  const double wall = 0.5 * (top.wall + stack.sections[stack.sections.size() - 2].wall);
  std::vector<double> depths;
  for (const LongAxisView& view : views.views) {
    const Plane plane(view, phase, stack.axis);
    if (!shows_ventricle(plane, view, stack)) continue;
    const Tissues tissues(plane, stack);
    if (!tissues.usable()) continue;
    for (const double side : {-1.0, 1.0}) mark_base(plane, tissues, top, wall, side, marks);
    if (const auto depth = depth_of_apex(plane, tissues, stack)) depths.push_back(*depth);
    ++marks.views;
  }
  if (!depths.empty()) marks.apex_mm = median(depths);
  return marks;
}

}  // namespace cardiotwin::segmentation
