#include "anatomy.hpp"

#include <algorithm>
#include <cmath>

#include "morphology.hpp"
#include "shape_stack.hpp"

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

/// Offsets of values on equidistant slices from the parabola with the least sum of absolute offsets, so that a slice
/// that was breathed away does not drag its neighbours along (iteratively reweighted least squares).
std::vector<double> offsets_from_parabola(const std::vector<double>& values) {
  const std::size_t n = values.size();
  std::vector<double> offset = values, weight(n, 1.0);
  const auto inner = [&](const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t s = 0; s < n; ++s) sum += weight[s] * a[s] * b[s];
    return sum;
  };
  const auto subtract_projection = [&](std::vector<double>& from, const std::vector<double>& on) {
    const double part = inner(from, on) / inner(on, on);
    for (std::size_t s = 0; s < n; ++s) from[s] -= part * on[s];
  };
  for (int pass = 0; pass < 30; ++pass) {
    offset = values;
    std::vector<std::vector<double>> basis;
    for (int power = 0; power < 3; ++power) {
      std::vector<double> polynomial(n);
      for (std::size_t s = 0; s < n; ++s)
        polynomial[s] = std::pow(static_cast<double>(s) - 0.5 * static_cast<double>(n - 1), power);
      for (const auto& earlier : basis) subtract_projection(polynomial, earlier);
      subtract_projection(offset, polynomial);
      basis.push_back(std::move(polynomial));
    }
    for (std::size_t s = 0; s < n; ++s) weight[s] = 1 / std::max(std::abs(offset[s]), 0.05);
  }
  return offset;
}

/// Undoes `part` of each slice's offset from a smooth long axis.
void align(ShapeStack& outer, ShapeStack& cavity, ShapeStack& right, double part) {
  const std::int64_t n = outer.last() - outer.first() + 1;
  if (part <= 0 || n < 5) return;
  for (std::size_t a = 0; a < 2; ++a) {
    std::vector<double> middles;
    for (std::int64_t s = outer.first(); s <= outer.last(); ++s) middles.push_back(outer.middle(s)[a]);
    const auto offset = offsets_from_parabola(middles);
    for (std::int64_t s = outer.first(); s <= outer.last(); ++s) {
      std::array<double, 2> by{};
      by[a] = -part * offset[static_cast<std::size_t>(s - outer.first())];
      for (ShapeStack* stack : {&outer, &cavity, &right}) stack->move_slice(s, by);
    }
  }
}

/// Places the two tips: the cavity ends above the first slice without it, and the wall closes over it.
void close_apex(ShapeStack& outer, ShapeStack& cavity, double slice_mm, double thinnest_mm) {
  const double wall = std::max(thinnest_mm, thickness(outer, cavity, cavity.first()));
  if (outer.first() < cavity.first()) {  // slices of wall alone lie below
    const double highest_wall = static_cast<double>(cavity.first() - 1) * slice_mm;
    cavity.set_tip_mm(std::max(cavity.tip_mm(), highest_wall + 0.1 * slice_mm));
  }
  outer.set_tip_mm(std::min(outer.tip_mm(), cavity.tip_mm() - wall));
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
                      const AnatomyOptions& options) {
  const double slice_mm = g.spacing[2], h = options.spacing_mm;
  const std::array<double, 2> pixel_mm{g.spacing[0], g.spacing[1]};
  const Size slice{1, g.size[1], g.size[0]};
  const std::vector<std::vector<Mask>> structures{
      masks_of(g, labels, range, [](auto l) { return l == lv_cavity; }),
      masks_of(g, labels, range, [](auto l) { return l == lv_cavity || l == lv_wall; }),
      masks_of(g, labels, range, [](auto l) { return l == rv_cavity; })};
  ShapeStack cavity(structures[0], slice, pixel_mm, slice_mm), outer(structures[1], slice, pixel_mm, slice_mm),
      right(structures[2], slice, pixel_mm, slice_mm);
  align(outer, cavity, right, options.slice_alignment);
  close_apex(outer, cavity, slice_mm, options.thinnest_wall_mm);
  const auto top_slice = static_cast<std::int64_t>(structures[0].size()) - 1;
  if (!right.empty() && right.last() < top_slice) right.close_top();

  const double base = (static_cast<double>(top_slice) + 0.5) * slice_mm;
  Box box = box_of(structures, slice, pixel_mm);
  box.low[2] = std::min(outer.tip_mm(), right.empty() ? outer.tip_mm() : right.tip_mm()) - margin_mm;
  box.high[2] = base + above_base_mm;

  // Height runs with k where the base lies at the last slice, else against it.
  const double sign = range.base_is_last ? 1 : -1;
  const std::int64_t apical = range.base_is_last ? 0 : g.size[2] - 1;
  const auto index_of = [&](double x, double y, double height) {
    return Vec3{x / g.spacing[0], y / g.spacing[1], static_cast<double>(apical) + sign * height / slice_mm};
  };
  Anatomy anatomy;
  Geometry& grid = anatomy.geometry;
  grid.axes = g.axes;
  grid.spacing = {h, h, h};
  for (std::size_t a = 0; a < 3; ++a) grid.size[a] = std::llround(std::ceil((box.high[a] - box.low[a]) / h)) + 1;
  grid.origin = g.to_world(index_of(box.low[0], box.low[1], range.base_is_last ? box.low[2] : box.high[2]));
  anatomy.labels.assign(static_cast<std::size_t>(grid.voxels()), 0);
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    const double height =
        range.base_is_last ? box.low[2] + h * static_cast<double>(k) : box.high[2] - h * static_cast<double>(k);
    for (std::int64_t j = 0; j < grid.size[1]; ++j)
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        const double x = box.low[0] + h * static_cast<double>(i), y = box.low[1] + h * static_cast<double>(j);
        std::uint8_t& label = anatomy.labels[static_cast<std::size_t>(grid.index(i, j, k))];
        if (cavity.distance(x, y, height) < 0) {
          label = lv_cavity;
        } else if (outer.distance(x, y, height) < 0) {
          label = lv_wall;
        } else if (right.distance(x, y, height) < 0) {
          label = rv_cavity;
        }
      }
  }
  keep_largest(anatomy);
  thicken(anatomy, options.thinnest_wall_mm);
  const auto& middle = cavity.middle(cavity.last());
  anatomy.base_point = g.to_world(index_of(middle[0], middle[1], base));
  anatomy.base_normal = sign * g.axes[2];
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
