#include "anatomy.hpp"

#include <algorithm>
#include <cmath>

#include "base_plane.hpp"
#include "morphology.hpp"
#include "shape_stack.hpp"
#include "slice_alignment.hpp"

namespace cardiotwin::segmentation {
namespace {

using artifacts::Anatomy;
using artifacts::Geometry;
using artifacts::lv_cavity;
using artifacts::lv_wall;
using artifacts::rv_cavity;

constexpr double margin_mm = 8;      // free space around the heart
constexpr double above_base_mm = 6;  // shapes go on this far beyond the basal plane

/// Slices from the apex to the base as masks of the labels that `wanted` picks.
template <class Predicate>
std::vector<Mask> masks_of(const Geometry& g, const std::uint8_t* labels, const SliceRange& range, Predicate wanted) {
  const std::int64_t pixels = g.size[0] * g.size[1];
  // From the most basal slice used down to the last slice of the stack: wall below the cavity's tip counts.
  const std::int64_t base = range.base_is_last ? range.last : range.first;
  const std::int64_t step = range.base_is_last ? 1 : -1, apex = range.base_is_last ? 0 : g.size[2] - 1;
  std::vector<Mask> masks;
  for (std::int64_t k = apex; k != base + step; k += step) {
    Mask mask(static_cast<std::size_t>(pixels));
    for (std::int64_t v = 0; v < pixels; ++v) mask[static_cast<std::size_t>(v)] = wanted(labels[k * pixels + v]);
    masks.push_back(std::move(mask));
  }
  return masks;
}

/// Mean thickness of the wall in slice s from the areas of its two borders [mm].
double thickness(const ShapeStack& outer, const ShapeStack& cavity, std::int64_t s) {
  return (std::sqrt(outer.area_mm2(s)) - std::sqrt(cavity.area_mm2(s))) / std::sqrt(M_PI);
}

/// Undoes `part` of what breathing did to the slices.
void align(ShapeStack& outer, ShapeStack& cavity, ShapeStack& right, double part) {
  if (part <= 0) return;
  std::vector<Shift> middles;
  std::vector<std::optional<Shift>> inner;
  for (std::int64_t s = outer.first(); s <= outer.last(); ++s) {
    middles.push_back(outer.middle(s));
    inner.push_back(s >= cavity.first() && s <= cavity.last() ? std::optional(cavity.middle(s)) : std::nullopt);
  }
  const auto shifts = alignment(middles, inner);
  for (std::size_t n = 0; n < shifts.size(); ++n)
    for (ShapeStack* stack : {&outer, &cavity, &right})
      stack->move_slice(outer.first() + static_cast<std::int64_t>(n), {part * shifts[n][0], part * shifts[n][1]});
}

/// Places the two tips: the cavity ends where it was seen to, in any case above the first slice without it, and the
/// wall closes over it.
void close_apex(ShapeStack& outer, ShapeStack& cavity, double slice_mm, double thinnest_mm,
                const std::optional<double>& seen_mm) {
  const double wall = std::max(thinnest_mm, thickness(outer, cavity, cavity.first()));
  if (seen_mm) cavity.set_tip_mm(static_cast<double>(cavity.first()) * slice_mm - std::max(1.0, *seen_mm));
  if (outer.first() < cavity.first()) {  // slices of wall alone lie below
    const double highest_wall = static_cast<double>(cavity.first() - 1) * slice_mm;
    cavity.set_tip_mm(std::max(cavity.tip_mm(), highest_wall + 0.1 * slice_mm));
  }
  outer.set_tip_mm(std::min(outer.tip_mm(), cavity.tip_mm() - wall));
}

/// Where the shapes live: x, y along the slices from pixel (0, 0), height above the most apical slice, towards the base
/// [mm].
struct Space {
  const Geometry& slices;
  bool base_is_last;  ///< height runs with k, else against it

  Vec3 up() const { return (base_is_last ? 1.0 : -1.0) * slices.axes[2]; }
  Vec3 world(double x, double y, double height) const {
    const double k = height / slices.spacing[2];
    return slices.to_world(
        {x / slices.spacing[0], y / slices.spacing[1], base_is_last ? k : static_cast<double>(slices.size[2] - 1) - k});
  }
  /// Height of a plane at (x, y).
  double height_of(const BasalPlane& plane, double x, double y) const {
    return dot(plane.point - world(x, y, 0), plane.normal) / dot(up(), plane.normal);
  }
};

/// The basal plane; before any marks, the basal face of the most basal slice, whose centre is at `top_mm`.
BasalPlane place_base(const Space& space, const std::array<double, 2>& middle, double top_mm,
                      const LongAxisMarks& marks) {
  const double half_slice = 0.5 * space.slices.spacing[2];
  return fit_basal_plane({.middle = space.world(middle[0], middle[1], top_mm),
                          .axis = space.up(),
                          .height_mm = half_slice,
                          .deviation_mm = half_slice},
                         marks.base);
}

/// The ventricle narrows from its most basal slice to the ring at `base_mm`.
void narrow_to_ring(ShapeStack& outer, ShapeStack& cavity, double top_mm, double base_mm, const LongAxisMarks& marks) {
  if (marks.narrowing.empty() || base_mm <= top_mm + 1) return;
  auto sorted = marks.narrowing;
  std::ranges::sort(sorted);
  const double part = std::clamp(sorted[sorted.size() / 2], 0.5, 1.0);
  const double inwards = (1 - part) * std::sqrt(cavity.area_mm2(cavity.last()) / M_PI);
  for (ShapeStack* stack : {&outer, &cavity}) stack->narrow_top(base_mm, inwards);
}

struct Box {
  double low[3], high[3];  // x, y in the slice plane, height
};

Box box_of(const std::vector<std::vector<Mask>>& structures, const Size& slice, const std::array<double, 2>& pixel_mm) {
  Box box{{1e9, 1e9, 0}, {-1e9, -1e9, 0}};
  for (const auto& masks : structures)
    for (const auto& mask : masks)
      for (std::size_t v = 0; v < mask.size(); ++v) {
        if (!mask[v]) continue;
        const std::int64_t column = static_cast<std::int64_t>(v) % slice[2],
                           row = static_cast<std::int64_t>(v) / slice[2];
        const double x = static_cast<double>(column) * pixel_mm[0];
        const double y = static_cast<double>(row) * pixel_mm[1];
        box.low[0] = std::min(box.low[0], x - margin_mm);
        box.high[0] = std::max(box.high[0], x + margin_mm);
        box.low[1] = std::min(box.low[1], y - margin_mm);
        box.high[1] = std::max(box.high[1], y + margin_mm);
      }
  return box;
}

/// An isotropic grid over the box, its axes those of the slices.
Geometry grid_over(const Box& box, const Space& space, double h) {
  Geometry grid;
  grid.axes = space.slices.axes;
  grid.spacing = {h, h, h};
  for (std::size_t a = 0; a < 3; ++a) grid.size[a] = std::llround(std::ceil((box.high[a] - box.low[a]) / h)) + 1;
  grid.origin = space.world(box.low[0], box.low[1], space.base_is_last ? box.low[2] : box.high[2]);
  return grid;
}

/// Labels of the shapes on the grid over the box; inner shapes go before outer ones.
std::vector<std::uint8_t> paint(const Geometry& grid, const Box& box, bool base_is_last, const ShapeStack& cavity,
                                const ShapeStack& outer, const ShapeStack& right) {
  const double h = grid.spacing[0];
  std::vector<std::uint8_t> labels(static_cast<std::size_t>(grid.voxels()), artifacts::background);
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    const double up = h * static_cast<double>(k), height = base_is_last ? box.low[2] + up : box.high[2] - up;
    for (std::int64_t j = 0; j < grid.size[1]; ++j)
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        const double x = box.low[0] + h * static_cast<double>(i), y = box.low[1] + h * static_cast<double>(j);
        std::uint8_t& label = labels[static_cast<std::size_t>(grid.index(i, j, k))];
        if (cavity.distance(x, y, height) < 0) {
          label = lv_cavity;
        } else if (outer.distance(x, y, height) < 0) {
          label = lv_wall;
        } else if (right.distance(x, y, height) < 0) {
          label = rv_cavity;
        }
      }
  }
  return labels;
}

/// Wall wherever the cavity would otherwise come nearer than `thinnest_mm` to anything that is not wall.
void thicken(Anatomy& anatomy, double thinnest_mm) {
  const Geometry& g = anatomy.geometry;
  Mask cavity(anatomy.labels.size());
  std::ranges::transform(anatomy.labels, cavity.begin(),
                         [](auto l) { return static_cast<std::uint8_t>(l == lv_cavity); });
  const auto distance =
      distance_to(cavity, {g.size[2], g.size[1], g.size[0]}, {g.spacing[2], g.spacing[1], g.spacing[0]});
  for (std::size_t v = 0; v < distance.size(); ++v)
    if (!cavity[v] && distance[v] < thinnest_mm) anatomy.labels[v] = lv_wall;
}

/// One ventricle and one RV cavity: crumbs that interpolation leaves at the ends of structures go.
void keep_largest(Anatomy& anatomy) {
  const auto& n = anatomy.geometry.size;
  const auto largest = [&](auto wanted) {
    Mask mask(anatomy.labels.size());
    std::ranges::transform(anatomy.labels, mask.begin(), [&](auto l) { return static_cast<std::uint8_t>(wanted(l)); });
    return largest_component(mask, {n[2], n[1], n[0]});
  };
  const Mask left = largest([](auto l) { return l == lv_cavity || l == lv_wall; });
  const Mask right = largest([](auto l) { return l == rv_cavity; });
  for (std::size_t v = 0; v < anatomy.labels.size(); ++v)
    if (!left[v] && !right[v]) anatomy.labels[v] = 0;
}

}  // namespace

Anatomy build_anatomy(const Geometry& g, const std::uint8_t* labels, const SliceRange& range,
                      const AnatomyOptions& options, const LongAxisMarks& marks) {
  const double slice_mm = g.spacing[2];
  const std::array<double, 2> pixel_mm{g.spacing[0], g.spacing[1]};
  const Size slice{1, g.size[1], g.size[0]};
  const std::vector<std::vector<Mask>> structures{
      masks_of(g, labels, range, [](auto l) { return l == lv_cavity; }),
      masks_of(g, labels, range, [](auto l) { return l == lv_cavity || l == lv_wall; }),
      masks_of(g, labels, range, [](auto l) { return l == rv_cavity; })};
  ShapeStack cavity(structures[0], slice, pixel_mm, slice_mm), outer(structures[1], slice, pixel_mm, slice_mm),
      right(structures[2], slice, pixel_mm, slice_mm);
  align(outer, cavity, right, options.slice_alignment);
  close_apex(outer, cavity, slice_mm, options.thinnest_wall_mm, marks.apex_mm);
  const auto top_slice = static_cast<std::int64_t>(structures[0].size()) - 1;
  if (!right.empty() && right.last() < top_slice) right.close_top();

  const Space space{g, range.base_is_last};
  const double top = static_cast<double>(top_slice) * slice_mm;
  const auto& middle = cavity.middle(cavity.last());
  const BasalPlane base = place_base(space, middle, top, marks);
  narrow_to_ring(outer, cavity, top, space.height_of(base, middle[0], middle[1]), marks);

  Box box = box_of(structures, slice, pixel_mm);
  box.low[2] = std::min(outer.tip_mm(), right.empty() ? outer.tip_mm() : right.tip_mm()) - margin_mm;
  for (const double x : {box.low[0], box.high[0]})
    for (const double y : {box.low[1], box.high[1]})
      box.high[2] = std::max(box.high[2], space.height_of(base, x, y) + above_base_mm);

  Anatomy anatomy;
  anatomy.geometry = grid_over(box, space, options.spacing_mm);
  anatomy.labels = paint(anatomy.geometry, box, range.base_is_last, cavity, outer, right);
  keep_largest(anatomy);
  thicken(anatomy, options.thinnest_wall_mm);
  anatomy.base_point = base.point;
  anatomy.base_normal = base.normal;
  return anatomy;
}

double volume_below_base_ml(const Anatomy& anatomy, int label) {
  const Geometry& g = anatomy.geometry;
  std::int64_t voxels = 0;
  for (std::int64_t k = 0; k < g.size[2]; ++k)
    for (std::int64_t j = 0; j < g.size[1]; ++j)
      for (std::int64_t i = 0; i < g.size[0]; ++i) {
        if (anatomy.labels[static_cast<std::size_t>(g.index(i, j, k))] != label) continue;
        const Vec3 at = g.to_world({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        voxels += dot(at - anatomy.base_point, anatomy.base_normal) < 0;
      }
  return static_cast<double>(voxels) * g.voxel_volume() / 1000;
}

}  // namespace cardiotwin::segmentation
