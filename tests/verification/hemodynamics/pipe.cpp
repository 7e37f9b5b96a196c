/// Wall shear stress of steady flow in a straight pipe against the analytic one (Poiseuille), 2 mu u_max / R.

#include "box_flow.hpp"
#include "schemes.hpp"
#include "wall_shear.hpp"

namespace cardiotwin::hemodynamics {
namespace {

constexpr double radius = 10, length = 12, viscosity = 3.5e-3, peak = 0.1;
constexpr double exact_shear = 2 * viscosity * peak / radius;

/// A structured box with its square cross section mapped onto the disc. Tags: 5 inlet (z = 0), 6 outlet, 1 to 4 wall.
mesh::TetMesh pipe(int across, int along) {
  auto mesh = mesh::box({-1, -1, 0}, {1, 1, length}, {across, across, along});
  for (Vec3& x : mesh.points) {
    const double u = x[0], v = x[1];
    x[0] = radius * u * std::sqrt(1 - 0.5 * v * v);
    x[1] = radius * v * std::sqrt(1 - 0.5 * u * u);
  }
  return mesh;
}

struct ShearError {
  double mean = 0;   ///< relative error of the mean over the wall
  double worst = 0;  ///< largest relative error at a node, away from two lines along the pipe
};

/// In the middle half of the pipe. Two of the square's corners (at -45 and 135 degrees) become tetrahedra with all four
/// nodes on the wall, where no P1 velocity can have a shear: what they miss, their neighbours carry.
ShearError shear_error(BoxFlow& flow, const mesh::TetMesh& mesh) {
  const auto wall = surface_set(flow.space, mesh, {1, 2, 3, 4});
  const Vectors stress = wall_shear_stress(*flow.scheme, wall, wall.triangles);
  std::vector<double> sums(2, 0.0);
  double worst = 0;
  for (std::int32_t n = 0; n < flow.space.owned(); ++n) {
    const Vec3& x = flow.space.coordinates()[n];
    if (!wall.nodes[n] || x[2] < 0.25 * length || x[2] > 0.75 * length) continue;
    sums[0] += 1;
    sums[1] += stress[2][n];
    const bool near_corner = x[0] * x[1] < -0.25 * radius * radius;
    const Vec3 error = Vec3{stress[0][n], stress[1][n], stress[2][n]} - Vec3{0, 0, exact_shear};
    if (!near_corner) worst = std::max(worst, norm(error) / exact_shear);
  }
  flow.space.comm().sum(sums);
  return {sums[1] / sums[0] / exact_shear - 1, flow.space.comm().max(worst)};
}

ShearError solve(SchemeKind kind, int across, int along) {
  const auto profile = [](const Vec3& x, double) -> Vec3 {
    return {0, 0, peak * (1 - (x[0] * x[0] + x[1] * x[1]) / (radius * radius))};
  };
  const auto pressure = [](const Vec3& x, double) {
    return 4 * viscosity * peak / (radius * radius) * (length - x[2]);
  };
  const auto mesh = pipe(across, along);
  BoxFlow flow(kind, mesh, {.momentum_tolerance = 1e-9, .pressure_tolerance = 1e-8}, profile, pressure);
  flow.fix_velocity([](const Vec3& x) { return x[0] * x[0] + x[1] * x[1] > 0.9999 * radius * radius || x[2] < 1e-9; });
  flow.boundary.openings = {{.triangles = surface_set(flow.space, mesh, {6}).triangles}};
  flow.start(20);
  for (int i = 0; i < 60; ++i) flow.step(20);
  EXPECT_LT(flow.errors().velocity, 3e-3);
  return shear_error(flow, mesh);
}

class Pipe : public EveryScheme {};

TEST_P(Pipe, WallShearOfPoiseuilleFlow) {
  const ShearError coarse = solve(GetParam(), 10, 5), fine = solve(GetParam(), 16, 8);
  EXPECT_LT(std::abs(fine.mean), 0.008);
  EXPECT_GT(std::log(std::abs(coarse.mean / fine.mean)) / std::log(1.6), 1.5);  // the order
  EXPECT_LT(fine.worst, 0.03);
}
INSTANTIATE_TEST_SUITE_P(Schemes, Pipe, every_scheme, scheme_name);

}  // namespace
}  // namespace cardiotwin::hemodynamics
