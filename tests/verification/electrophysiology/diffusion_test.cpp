// The diffusion operator and its time stepping against a manufactured solution.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "electrophysiology/cell/ten_tusscher_2006.hpp"
#include "electrophysiology/monodomain.hpp"

namespace cardiotwin::electrophysiology {
namespace {

using namespace core;
using std::numbers::pi;

// V = cos(pi x) cos(pi y) cos(pi z) (2 + sin t) on the unit cube has no flux through it when the fibre lies along an
// axis or across two of them; with the fibre f = (1, 0, 0): div(D grad V) = -pi^2 (D_l + 2 D_t) V.
constexpr double along = 0.07, across = 0.01;  // D [mm^2/ms]
double shape(const Vec3& x) { return std::cos(pi * x[0]) * std::cos(pi * x[1]) * std::cos(pi * x[2]); }
double exact(const Vec3& x, double t) { return shape(x) * (2 + std::sin(t)); }
double source(const Vec3& x, double t) {
  return shape(x) * (std::cos(t) + pi * pi * (along + 2 * across) * (2 + std::sin(t)));
}

/// Diffusion with a given source in place of the ionic current.
class DiffusionAlone : public Monodomain {
 public:
  using Monodomain::Monodomain;

 protected:
  void react(std::span<const double>, std::span<double> current) override {
    // The scheme is implicit in diffusion and takes the current at the old time: the source is given at the new one, so
    // that only backward Euler's own error is seen.
    for (std::size_t i = 0; i < current.size(); ++i) current[i] = -source(space().coordinates()[i], time_ms() + step);
  }

 public:
  double step = 0;
};

/// Root mean square over the nodes of the error at `end`.
double error(int cubes, double dt, double end, double lumped) {
  const Comm comm;
  const auto mesh = mesh::box({0, 0, 0}, {1, 1, 1}, {cubes, cubes, cubes});
  Options options;
  options.time_step_ms = dt;
  options.end_time_ms = end;
  options.surface_to_volume = 140;
  options.capacitance = 0.01;
  const Conductivity sigma{along * 1.4, across * 1.4};  // chi C_m = 1.4 uF/mm^3
  options.lumped_fraction = lumped;
  options.interpolation_threshold_mV = std::numeric_limits<double>::infinity();
  options.solver_tolerance_mV = 1e-11;
  options.stop_when_activated = false;
  options.activation_threshold_mV = 1e9;
  DiffusionAlone solver(comm, uniform_tissue(mesh, {1, 0, 0}, sigma, ten_tusscher_2006(), "epicardial"), {}, options);
  solver.step = dt;
  std::vector<double> start;
  for (const Vec3& x : mesh.points) start.push_back(exact(x, 0));
  solver.set_potential(start);
  while (!solver.finished()) solver.advance();
  auto v = solver.potential();
  comm.broadcast(v);
  double sum = 0;
  for (std::size_t p = 0; p < v.size(); ++p) sum += std::pow(v[p] - exact(mesh.points[p], solver.time_ms()), 2);
  return std::sqrt(sum / static_cast<double>(v.size()));
}

TEST(Diffusion, IsOfSecondOrderInSpace) {
  for (double lumped : {0.0, 0.5, 1.0}) {
    // Time steps shrink with h^2, so that the error in time shrinks with that in space.
    const double coarse = error(6, 0.04, 0.4, lumped), fine = error(12, 0.01, 0.4, lumped);
    const double order = std::log2(coarse / fine);
    EXPECT_GT(order, 1.8) << lumped;
    EXPECT_LT(order, 2.3) << lumped;
  }
}

TEST(Diffusion, IsOfFirstOrderInTime) {
  // The error in space is the same for every step: differences between steps show the order in time alone.
  const double a = error(8, 0.2, 1.6, 0.5), b = error(8, 0.1, 1.6, 0.5), c = error(8, 0.05, 1.6, 0.5);
  const double order = std::log2(std::abs(a - b) / std::abs(b - c));
  EXPECT_GT(order, 0.85);
  EXPECT_LT(order, 1.2);
}

TEST(Diffusion, AConstantStaysAConstantAndChargeIsKept) {
  const Comm comm;
  const auto mesh = mesh::box({0, 0, 0}, {3, 1, 1}, {9, 3, 3});
  Options options;
  options.interpolation_threshold_mV = std::numeric_limits<double>::infinity();
  options.solver_tolerance_mV = 1e-11;
  options.stop_when_activated = false;
  class Still : public Monodomain {
   public:
    using Monodomain::Monodomain;

   protected:
    void react(std::span<const double>, std::span<double> current) override {
      std::fill(current.begin(), current.end(), 0.0);
    }
  };
  Still solver(comm, uniform_tissue(mesh, normalised(Vec3{1, 1, 0.5}), {}, ten_tusscher_2006(), "mid"), {}, options);
  solver.set_potential(std::vector<double>(mesh.points.size(), -3.0));
  for (int i = 0; i < 10; ++i) solver.advance();
  auto v = solver.potential();
  for (double x : v) EXPECT_NEAR(x, -3, 1e-9);

  std::vector<double> bump, weight(mesh.points.size(), 0);
  for (const Vec3& x : mesh.points) bump.push_back(std::exp(-4 * dot(x, x)));
  for (const mesh::Cell& cell : mesh.cells)
    for (auto p : cell) weight[p] += mesh::signed_volume(mesh, cell) / 4;
  const auto charge = [&](const std::vector<double>& values) {
    double sum = 0;
    for (std::size_t p = 0; p < values.size(); ++p) sum += weight[p] * values[p];
    return sum;
  };
  solver.set_potential(bump);
  for (int i = 0; i < 50; ++i) solver.advance();
  v = solver.potential();
  if (comm.is_root()) {
    EXPECT_NEAR(charge(v), charge(bump), 1e-8);
    EXPECT_GT(std::abs(v[0] - bump[0]), 0.01);
  }
}

}  // namespace
}  // namespace cardiotwin::electrophysiology
