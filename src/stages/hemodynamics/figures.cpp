#include "figures.hpp"

#include <algorithm>
#include <cmath>

#include "cardiotwin/core/units.hpp"
#include "wall_shear.hpp"

namespace cardiotwin::hemodynamics {

namespace {
constexpr double boundless = 1e6;
}

double WallLoad::rrt() const { return std::min(boundless, 1 / std::max(1 / boundless, (1 - 2 * osi) * tawss)); }
double WallLoad::ecap() const { return std::min(boundless, osi / std::max(1 / boundless, tawss)); }

WallLoad wall_load(const TimeSums& sums, std::size_t n) {
  const double magnitude = sums.shear_magnitude[n];
  return {core::Pa_per_kPa * magnitude / sums.duration,
          magnitude > 0 ? 0.5 * (1 - norm(at(sums.shear, n)) / magnitude) : 0.0};
}

WallFigures wall_figures(FlowProblem& problem, const RiskThresholds& limits) {
  const TimeSums& sums = problem.record().sums;
  const Scalars area = nodal_area(problem.halo(), problem.space().coordinates(), problem.wall().triangles);
  std::vector<double> total(6, 0.0);
  for (std::int32_t n = 0; n < problem.space().owned(); ++n) {
    const WallLoad load = wall_load(sums, n);
    const double values[]{1,
                          load.tawss,
                          load.osi,
                          load.tawss < limits.low_tawss ? 1.0 : 0.0,
                          load.rrt() > limits.high_rrt ? 1.0 : 0.0,
                          load.ecap() > limits.high_ecap ? 1.0 : 0.0};
    for (std::size_t i = 0; i < total.size(); ++i) total[i] += area[n] * values[i];
  }
  problem.space().comm().sum(total);
  if (!(total[0] > 0)) return {};
  for (std::size_t i = 1; i < total.size(); ++i) total[i] /= total[0];
  return {total[0], total[1], total[2], total[3], total[4], total[5]};
}

BloodFigures blood_figures(FlowProblem& problem, const RiskThresholds& limits, std::span<const std::uint8_t> part) {
  const TimeSums& sums = problem.record().sums;
  const Scalars& volume = problem.scheme().mesh().lumped_volume();
  std::vector<double> total(5, 0.0);  // mean volume, slow volume, volume now, residence, first
  for (std::int32_t n = 0; n < problem.space().owned(); ++n) {
    if (!part.empty() && !part[n]) continue;
    const double mean = sums.volume[n] / sums.duration;
    total[0] += mean;
    if (sums.speed[n] < limits.stasis_speed * sums.duration) total[1] += mean;
    if (!problem.tracer()) continue;
    const Vectors& traced = problem.tracer()->state.now;
    total[2] += volume[n];
    total[3] += volume[n] * traced[0][n];
    total[4] += volume[n] * traced[1][n];
  }
  problem.space().comm().sum(total);
  const double now = std::max(total[2], 1e-300);
  return {total[0], total[1], total[3] / now, total[4] / now};
}

Thirds thirds_of(FlowProblem& problem, const mesh::TetMesh& mesh, const std::vector<mesh::Triangle>& lid) {
  Thirds thirds;
  Vec3 normal{};
  double area = 0;
  for (const auto& t : lid) {
    const Vec3 a = mesh::vector_area(mesh.points, t);
    normal = normal + a;
    thirds.base = thirds.base + (norm(a) / 3) * (mesh.points[t[0]] + mesh.points[t[1]] + mesh.points[t[2]]);
    area += norm(a);
  }
  thirds.base = (1 / area) * thirds.base;
  normal = normalised(normal);
  double lowest = 0;
  for (const Vec3& x : mesh.points)
    if (const double height = dot(x - thirds.base, normal); height < lowest) lowest = height, thirds.apex = x;
  const Vec3 middle = thirds.base;
  for (const Vec3& x : problem.space().coordinates()) {
    const double height = 1 - dot(x - middle, normal) / lowest;  // 0 at the apex, 1 at the base
    thirds.of.push_back(static_cast<std::uint8_t>(std::clamp(std::floor(3 * height), 0.0, 2.0)));
  }
  thirds.base = *std::ranges::min_element(mesh.points, {}, [&](const Vec3& x) { return norm(x - middle); });
  return thirds;
}

}  // namespace cardiotwin::hemodynamics
