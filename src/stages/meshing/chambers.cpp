#include "chambers.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "boundary.hpp"
#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "label_field.hpp"

namespace cardiotwin::meshing {
namespace {

using namespace artifacts;

/// Vessels run on smoothly past the atria, these past the ventricles, cavities past the muscle.
const std::vector<std::uint8_t> decision_order{0,
                                               region_aorta,
                                               region_pulmonary_artery,
                                               region_left_atrium,
                                               region_right_atrium,
                                               region_lv_blood,
                                               region_rv_blood,
                                               region_lv_wall};

/// The surface that separates two regions; `a` is the lower one, 0 the outside.
std::int32_t surface_between(std::int32_t a, std::int32_t b) {
  if (a > b) std::swap(a, b);
  if (is_wall(b)) return surface_epicardium;
  switch (b) {
    case region_lv_blood:
      return is_wall(a) ? surface_endocardium : surface_lid;
    case region_rv_blood:
      return is_wall(a) ? surface_rv_endocardium : surface_lid;
    default:
      break;
  }
  if (is_wall(a)) return surface_base;
  if (a == region_lv_blood)
    return b == region_left_atrium ? surface_mitral : b == region_aorta ? surface_aortic : surface_lid;
  if (a == region_rv_blood)
    return b == region_right_atrium       ? surface_tricuspid
           : b == region_pulmonary_artery ? surface_pulmonary
                                          : surface_lid;
  if (a == 0) return surface_left_atrium + (b - region_left_atrium);
  return surface_partition;
}

/// Fills triangles and tags; returns the number of faces where a ventricle's blood leaks.
int tag_surfaces(mesh::TetMesh& mesh) {
  int leaks = 0;
  mesh.triangles.clear();
  mesh.surface.clear();
  for (const Face& face : surface_faces(mesh)) {
    const std::int32_t beyond = face.beyond < 0 ? 0 : mesh.region[face.beyond];
    mesh.triangles.push_back(face.triangle);
    mesh.surface.push_back(surface_between(mesh.region[face.cell], beyond));
    leaks += mesh.surface.back() == surface_lid;
  }
  return leaks;
}

/// The decision that makes the surface between two regions.
int rank_between(const ChamberField& field, std::int32_t a, std::int32_t b) {
  return std::min(field.rank_of(a), field.rank_of(b));
}

/// Bit k at the points on the surface of decision k; more than one cannot slide.
std::vector<std::uint32_t> decisions_at_points(const mesh::TetMesh& mesh, const ChamberField& field) {
  std::vector<std::uint32_t> at(mesh.points.size(), 0);
  for (const Face& face : surface_faces(mesh)) {
    const int rank = rank_between(field, mesh.region[face.cell], face.beyond < 0 ? 0 : mesh.region[face.beyond]);
    for (const auto p : face.triangle) at[p] |= 1u << rank;
  }
  for (auto& bits : at)
    if (std::popcount(bits) > 1) bits |= fixed_point;
  return at;
}

/// Solves a small dense system in place by elimination with column pivots; singular rows give zero.
std::vector<double> solve(std::vector<std::vector<double>> a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t pivot = c;
    for (std::size_t r = c + 1; r < n; ++r)
      if (std::abs(a[r][c]) > std::abs(a[pivot][c])) pivot = r;
    std::swap(a[c], a[pivot]), std::swap(b[c], b[pivot]);
    if (std::abs(a[c][c]) < 1e-9) continue;
    for (std::size_t r = 0; r < n; ++r) {
      if (r == c) continue;
      const double f = a[r][c] / a[c][c];
      for (std::size_t k = c; k < n; ++k) a[r][k] -= f * a[c][k];
      b[r] -= f * b[c];
    }
  }
  for (std::size_t c = 0; c < n; ++c) b[c] = std::abs(a[c][c]) < 1e-9 ? 0 : b[c] / a[c][c];
  return b;
}

/// The smooth surfaces that points slide on, each moved by an offset that makes the volumes right: a mesh with its
/// points on a convex surface is always a little too small.
class Surfaces {
 public:
  explicit Surfaces(const Chambers& chambers) : c_(chambers), offset_mm_(chambers.field.ranks(), 0.0) {}

  Vec3 restrain(const Vec3& moved, std::uint32_t decisions) const {
    const int rank = std::countr_zero(decisions);
    const double h = c_.field.voxel_mm();
    return project(
        moved, [&](const Vec3& p) { return c_.field.level(rank, p); }, h, 4 * h, offset_mm_[rank]);
  }

  /// One Newton step for all offsets: moving the surface of decision i outwards by d adds its area times d to region i
  /// and takes it from the regions beyond.
  void step(const mesh::TetMesh& mesh) {
    const int n = c_.field.ranks() - 1;
    std::vector<std::vector<double>> change(n, std::vector<double>(n, 0.0));
    for (const Face& face : surface_faces(mesh)) {
      const int a = c_.field.rank_of(mesh.region[face.cell]);
      const int b = c_.field.rank_of(face.beyond < 0 ? 0 : mesh.region[face.beyond]);
      const double area = core::norm(mesh::vector_area(mesh.points, face.triangle));
      const int first = std::min(a, b), second = std::max(a, b);
      if (first > 0) change[first - 1][first] += area;
      change[second - 1][first] -= area;
    }
    std::vector<double> missing;
    for (int rank = 1; rank <= n; ++rank)
      missing.push_back(c_.field.volume_mm3(rank) - mesh::volume(mesh, c_.field.region_of(rank)));
    const std::vector<double> more = solve(change, missing);
    for (int rank = 0; rank < n; ++rank) offset_mm_[rank] += std::clamp(more[rank], -0.5, 0.5);
  }

 private:
  const Chambers& c_;
  std::vector<double> offset_mm_;  ///< of each decision's surface, outwards
};

/// Points of cells that a move has turned over go back to where they were, until there is none.
void take_back_inversions(mesh::TetMesh& mesh, const std::vector<Vec3>& before) {
  constexpr int sweeps = 10;
  for (int sweep = 0, inverted = 1; inverted > 0 && sweep < sweeps; ++sweep) {
    inverted = 0;
    for (const mesh::Cell& cell : mesh.cells) {
      if (mesh::signed_volume(mesh, cell) > 0) continue;
      ++inverted;
      for (const auto p : cell) mesh.points[p] = before[p];
    }
  }
}

void match_volumes(mesh::TetMesh& mesh, const std::vector<std::uint32_t>& at, Surfaces& surfaces) {
  for (int iteration = 0; iteration < 4; ++iteration) {
    const std::vector<Vec3> before = mesh.points;
    for (std::size_t p = 0; p < mesh.points.size(); ++p)
      if (at[p] && !(at[p] & fixed_point)) mesh.points[p] = surfaces.restrain(mesh.points[p], at[p]);
    take_back_inversions(mesh, before);
    surfaces.step(mesh);
  }
}

/// The voxel of a region nearest to the region's centre.
Vec3 middle_of(const ChamberMask& mask, std::uint8_t region) {
  Vec3 sum{};
  double count = 0;
  for_each_voxel(mask.geometry, [&](const Voxel& v, std::int64_t n) {
    if (mask.region[n] == region) sum = sum + centre_of(mask.geometry, v), ++count;
  });
  const Vec3 centre = (1 / count) * sum;
  Vec3 best = centre;
  double nearest = std::numeric_limits<double>::max();
  for_each_voxel(mask.geometry, [&](const Voxel& v, std::int64_t n) {
    if (mask.region[n] != region) return;
    const Vec3 x = centre_of(mask.geometry, v);
    if (const double d = core::norm(x - centre); d < nearest) nearest = d, best = x;
  });
  return best;
}

}  // namespace

Chambers make_chambers(const ChamberMask& mask, double smoothing_voxels) {
  Chambers c{.field = {mask.geometry, mask.region, decision_order, smoothing_voxels},
             .left = smooth(mask.geometry, mask.left, smoothing_voxels),
             .rims = {},
             .cavities = {}};
  c.rims = triple_lines(c.field);
  constexpr int corner_rounding = 6;
  for (Line& line : c.rims) relax(line, corner_rounding);
  for (const std::uint8_t region : decision_order)
    if (region != 0 && !is_wall(region)) c.cavities.push_back({region, middle_of(mask, region)});
  c.centre = middle_of(mask, region_lv_blood);
  for_each_voxel(mask.geometry, [&](const Voxel& v, std::int64_t n) {
    if (mask.region[n] != 0) c.radius_mm = std::max(c.radius_mm, core::norm(centre_of(mask.geometry, v) - c.centre));
  });
  c.radius_mm += 4 * c.field.voxel_mm();
  return c;
}

Target target_of(const Chambers& chambers) {
  Target target;
  for (int rank = 1; rank < chambers.field.ranks(); ++rank)
    target[chambers.field.region_of(rank)] = chambers.field.volume_mm3(rank);
  return target;
}

Attempt mesh_chambers(const Chambers& chambers, const Sizes& sizes, const Effort& effort) {
  Domain domain;
  domain.space = [&](const Vec3& x) { return chambers.field.region(x); };
  domain.centre = chambers.centre;
  domain.cavities = chambers.cavities;
  domain.radius_mm = chambers.radius_mm;
  const double rim = 0.8 * std::min(sizes.wall_mm, sizes.blood_mm);
  for (const Line& line : without_slivers(chambers.rims, rim)) {
    Line even = resample(line, 0.3 * rim);
    domain.rings.push_back({std::move(even.points), rim, line.closed});
  }

  Attempt attempt;
  mesh::TetMesh& mesh = attempt.mesh = tetrahedralise(domain, sizes);
  attempt.islands = absorb_islands(mesh);
  drop_unused_points(mesh);

  Surfaces surfaces(chambers);
  std::vector<std::uint32_t> at = decisions_at_points(mesh, chambers.field);
  const Restrain restrain = [&](const Vec3& x, std::uint32_t s) { return surfaces.restrain(x, s); };
  smooth(mesh, at, restrain, effort.smoothing_sweeps);
  match_volumes(mesh, at, surfaces);
  attempt.improvement = improve(mesh, at, restrain, effort.goal_deg, effort.passes);
  drop_unused_points(mesh);
  divide_walls(mesh, [&](const Vec3& x) { return sample(chambers.field.geometry(), chambers.left, x) > 0.5; });
  attempt.leaks = tag_surfaces(mesh);
  return attempt;
}

}  // namespace cardiotwin::meshing
