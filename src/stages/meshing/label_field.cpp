#include "label_field.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "cardiotwin/core/error.hpp"
#include "volume_mesher.hpp"
#include "voxels.hpp"

namespace cardiotwin::meshing {
namespace {

using artifacts::Geometry;
using core::dot;
/// Every voxel within `radius` voxels of the cavity becomes part of the heart. Returns how many did, below the base.
std::int64_t ensure_wall(const HeartMask& mask, const Mask& cavity, Mask& heart, double radius) {
  const Geometry& g = mask.geometry;
  const std::vector<Voxel> near = ball(radius);
  std::int64_t added = 0;
  for_each_voxel(g, [&](const Voxel& v, std::int64_t n) {
    if (!cavity[n]) return;
    for (const Voxel& d : near) {
      const Voxel w{v[0] + d[0], v[1] + d[1], v[2] + d[2]};
      if (!inside(g, w)) continue;
      const std::int64_t m = g.index(w[0], w[1], w[2]);
      if (heart[m]) continue;
      heart[m] = 1;
      added += dot(centre_of(g, w) - mask.base_point, mask.base_normal) < 0;
    }
  });
  return added;
}

/// The part of the grid that holds the heart below the base, with a margin on all sides.
Geometry crop(const artifacts::Anatomy& anatomy, double margin_mm, bool with_rv) {
  const Geometry& g = anatomy.geometry;
  Voxel low = g.size, high{-1, -1, -1};
  for_each_voxel(g, [&](const Voxel& v, std::int64_t n) {
    const std::uint8_t label = anatomy.labels[n];
    const bool is_rv = with_rv && label == artifacts::rv_cavity;
    if (label != artifacts::lv_cavity && label != artifacts::lv_wall && !is_rv) return;
    if (dot(centre_of(g, v) - anatomy.base_point, anatomy.base_normal) > 0) return;
    for (int a = 0; a < 3; ++a) low[a] = std::min(low[a], v[a]), high[a] = std::max(high[a], v[a]);
  });
  Geometry result = g;
  const auto margin = static_cast<std::int64_t>(std::ceil(margin_mm / g.spacing[0]));
  Voxel origin;
  for (int a = 0; a < 3; ++a) {
    origin[a] = low[a] - margin;
    result.size[a] = high[a] - low[a] + 1 + 2 * margin;
  }
  result.origin = centre_of(g, origin);
  return result;
}

void check(const artifacts::Anatomy& anatomy) {
  const Geometry& g = anatomy.geometry;
  const auto [least, most] = std::minmax({g.spacing[0], g.spacing[1], g.spacing[2]});
  const double normal = core::norm(anatomy.base_normal);
  if (!(least > 0) || most > 1.001 * least || std::abs(normal - 1) > 1e-3)
    core::fail_input({.where = "meshing: anatomy",
                      .expected = "isotropic voxels and a basal normal of length 1",
                      .found = fmt::format("spacing {:g} x {:g} x {:g} mm, normal of length {:g}", g.spacing[0],
                                           g.spacing[1], g.spacing[2], normal),
                      .remedy = "run segmentation again; it resamples to isotropic voxels"});
  std::int64_t cavity = 0, wall_count = 0;
  for_each_voxel(g, [&](const Voxel& v, std::int64_t n) {
    if (dot(centre_of(g, v) - anatomy.base_point, anatomy.base_normal) > 0) return;
    cavity += anatomy.labels[n] == artifacts::lv_cavity;
    wall_count += anatomy.labels[n] == artifacts::lv_wall;
  });
  const double ml = g.voxel_volume() / 1000;
  constexpr double least_ml = 1.0;
  if (cavity * ml >= least_ml && wall_count * ml >= least_ml) return;
  core::fail_input(
      {.where = "meshing: anatomy",
       .expected = "at least 1 ml each of left ventricular cavity (label 1) and wall (label 2) below the base",
       .found = fmt::format("{} cavity voxels ({:.3g} ml) and {} wall voxels ({:.3g} ml)", cavity, cavity * ml,
                            wall_count, wall_count * ml),
       .remedy = "look at the segmentation; a corrected volume can be given as segmentation.labels_file"});
}

/// Gives a wall to what of the right cavity lies beside the left ventricle. Returns the number of voxels tidied.
std::int64_t add_right_ventricle(HeartMask& mask, double wall_voxels) {
  mask.left = mask.heart;
  const auto beside_left = [&] {
    std::int64_t count = 0;
    for (std::size_t n = 0; n < mask.rv.size(); ++n) count += mask.rv[n] &= !mask.left[n];
    return count;
  };
  beside_left();
  const std::int64_t tidied = tidy(mask.geometry, mask.rv), voxels = beside_left();
  if (static_cast<double>(voxels) * mask.geometry.voxel_volume() < 1000)
    core::fail_input({.where = "meshing.rv_wall_mm",
                      .expected = "at least 1 ml of right ventricular cavity (label 3) beside the left ventricle",
                      .found = fmt::format("{} voxels", voxels),
                      .remedy = "look at the segmentation, or set meshing.rv_wall_mm to 0"});
  for (std::size_t n = 0; n < mask.heart.size(); ++n) mask.heart[n] |= mask.rv[n];
  ensure_wall(mask, mask.rv, mask.heart, wall_voxels);
  return tidied + tidy(mask.geometry, mask.heart);
}

}  // namespace

HeartMask heart_mask(const artifacts::Anatomy& anatomy, int wall_voxels, double margin_mm, double rv_wall_mm) {
  check(anatomy);
  const Geometry& g = anatomy.geometry;
  const double h = g.spacing[0];
  HeartMask mask;
  mask.base_point = anatomy.base_point;
  mask.base_normal = core::normalised(anatomy.base_normal);
  mask.geometry = crop(anatomy, margin_mm + std::max(wall_voxels * h, rv_wall_mm), rv_wall_mm > 0);
  mask.heart.resize(mask.geometry.voxels());
  mask.blood.resize(mask.geometry.voxels());
  if (rv_wall_mm > 0) mask.rv.resize(mask.geometry.voxels());
  for_each_voxel(mask.geometry, [&](const Voxel& v, std::int64_t n) {
    Vec3 x = centre_of(mask.geometry, v);
    const double height = dot(x - mask.base_point, mask.base_normal);
    if (height > -0.5 * h) x = x - (height + h) * mask.base_normal;
    const Vec3 at = g.to_index(x);
    const Voxel from{std::llround(at[0]), std::llround(at[1]), std::llround(at[2])};
    if (!inside(g, from)) return;
    const std::uint8_t label = anatomy.labels[g.index(from[0], from[1], from[2])];
    mask.blood[n] = label == artifacts::lv_cavity;
    mask.heart[n] = label == artifacts::lv_cavity || label == artifacts::lv_wall;
    if (rv_wall_mm > 0) mask.rv[n] = label == artifacts::rv_cavity;
  });

  const double ml = g.voxel_volume() / 1000;
  const std::int64_t cavity_changed = tidy(mask.geometry, mask.blood);
  for (std::size_t n = 0; n < mask.heart.size(); ++n) mask.heart[n] |= mask.blood[n];
  const std::int64_t closed = ensure_wall(mask, mask.blood, mask.heart, wall_voxels);
  std::int64_t heart_changed = tidy(mask.geometry, mask.heart);
  for (std::size_t n = 0; n < mask.heart.size(); ++n) mask.blood[n] &= mask.heart[n];
  if (rv_wall_mm > 0) heart_changed += add_right_ventricle(mask, rv_wall_mm / h);
  constexpr double told_from_ml = 0.005;  // what would be said as 0.00
  if ((cavity_changed + heart_changed) * ml >= told_from_ml)
    mask.warnings.push_back(
        fmt::format("islands and holes of the labels were removed ({:.2f} ml)", (cavity_changed + heart_changed) * ml));
  if (closed > 0)
    mask.warnings.push_back(
        fmt::format("the wall was thinner than {} voxels ({:.1f} mm) in places: {:.2f} ml were added to it",
                    wall_voxels, wall_voxels * h, closed * ml));

  std::int64_t rv = 0;
  for_each_voxel(g, [&](const Voxel& v, std::int64_t n) {
    if (anatomy.labels[n] != artifacts::rv_cavity) return;
    const Vec3 x = centre_of(g, v);
    if (dot(x - mask.base_point, mask.base_normal) > 0) return;
    mask.rv_centre = mask.rv_centre + x;
    ++rv;
  });
  mask.has_rv = rv > 0;
  if (mask.has_rv) mask.rv_centre = (1.0 / static_cast<double>(rv)) * mask.rv_centre;
  return mask;
}

LabelField::LabelField(const HeartMask& mask, double smoothing_voxels)
    : geometry_(mask.geometry),
      heart_(smooth(mask.geometry, mask.heart, smoothing_voxels)),
      blood_(smooth(mask.geometry, mask.blood, smoothing_voxels)),
      base_point_(mask.base_point),
      base_normal_(mask.base_normal),
      rv_centre_(mask.rv_centre) {
  if (!mask.rv.empty()) {
    rv_ = smooth(mask.geometry, mask.rv, smoothing_voxels);
    left_ = smooth(mask.geometry, mask.left, smoothing_voxels);
  }
  match_volumes(mask);
}

/// Samples every voxel below the base at 2 x 2 x 2 points; the level is then an order statistic of the samples.
void LabelField::match_volumes(const HeartMask& mask) {
  std::vector<float> heart_samples, blood_samples, rv_samples;
  std::int64_t heart_count = 0, blood_count = 0, rv_count = 0;
  const double sample_mm3 = geometry_.voxel_volume() / 8;
  for_each_voxel(geometry_, [&](const Voxel& v, std::int64_t n) {
    for (int s = 0; s < 8; ++s) {
      const Vec3 x = geometry_.to_world(
          {v[0] + (s & 1 ? 0.25 : -0.25), v[1] + (s & 2 ? 0.25 : -0.25), v[2] + (s & 4 ? 0.25 : -0.25)});
      if (height(x) > 0) continue;
      heart_samples.push_back(static_cast<float>(sample(geometry_, heart_, x)));
      blood_samples.push_back(static_cast<float>(sample(geometry_, blood_, x)));
      heart_count += mask.heart[n];
      blood_count += mask.blood[n];
      if (has_rv()) rv_samples.push_back(static_cast<float>(sample(geometry_, rv_, x))), rv_count += mask.rv[n];
      if (mask.blood[n]) blood_centre_ = blood_centre_ + x;
    }
  });
  auto level = [](std::vector<float>& samples, std::int64_t above) {
    std::nth_element(samples.begin(), samples.begin() + above, samples.end(), std::greater<>());
    return static_cast<double>(samples[above]);
  };
  heart_level_ = level(heart_samples, heart_count);
  blood_level_ = level(blood_samples, blood_count);
  if (has_rv()) rv_level_ = level(rv_samples, rv_count);
  blood_volume_ = blood_count * sample_mm3;
  rv_volume_ = rv_count * sample_mm3;
  wall_volume_ = (heart_count - blood_count - rv_count) * sample_mm3;
  blood_centre_ = (1.0 / static_cast<double>(blood_count)) * blood_centre_;
  for_each_voxel(geometry_, [&](const Voxel& v, std::int64_t n) {
    const Vec3 x = centre_of(geometry_, v);
    if (mask.heart[n] && height(x) <= voxel_mm()) radius_ = std::max(radius_, core::norm(x - blood_centre_));
  });
}

int LabelField::space(const Vec3& point) const {
  if (height(point) > 0) return above_base;
  if (heart(point) <= 0) return outside;
  if (blood(point) > 0) return Space::blood;
  return has_rv() && rv(point) > 0 ? Space::rv_cavity : Space::wall;
}

Vec3 project(const Vec3& start, const std::function<double(const Vec3&)>& level, double step_mm, double reach_mm,
             double offset_mm, const Vec3& within) {
  Vec3 x = start;
  for (int iteration = 0; iteration < 20; ++iteration) {
    Vec3 gradient;
    for (int a = 0; a < 3; ++a) {
      Vec3 low = x, high = x;
      low[a] -= step_mm, high[a] += step_mm;
      gradient[a] = (level(high) - level(low)) / (2 * step_mm);
    }
    gradient = gradient - dot(gradient, within) * within;
    const double slope = core::norm(gradient);
    if (slope < 1e-6) return start;
    const double move = std::clamp(-level(x) / slope, -step_mm, step_mm);
    x = x + (move / slope) * gradient;
    if (core::norm(x - start) > reach_mm) return start;
    if (std::abs(move) < 1e-6) return x - (offset_mm / slope) * gradient;
  }
  return x;
}

}  // namespace cardiotwin::meshing
