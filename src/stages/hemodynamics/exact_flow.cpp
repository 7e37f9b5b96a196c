#include "exact_flow.hpp"

#include <cmath>
#include <numbers>

#include "bdf2.hpp"

namespace cardiotwin::hemodynamics {

namespace {

class EthierSteinman final : public ExactFlow {
 public:
  explicit EthierSteinman(const FluidOptions& fluid)
      : nu_(fluid.rheology.infinite / fluid.density), density_(fluid.density) {}
  Vec3 velocity(const Vec3& r, double t) const override {
    const auto [x, y, z] = r;
    const double decay = -a * std::exp(-d * d * nu_ * t);
    return {decay * (std::exp(a * x) * std::sin(a * y + d * z) + std::exp(a * z) * std::cos(a * x + d * y)),
            decay * (std::exp(a * y) * std::sin(a * z + d * x) + std::exp(a * x) * std::cos(a * y + d * z)),
            decay * (std::exp(a * z) * std::sin(a * x + d * y) + std::exp(a * y) * std::cos(a * z + d * x))};
  }
  double pressure(const Vec3& r, double t) const override {
    const auto [x, y, z] = r;
    return -0.5 * density_ * a * a * std::exp(-2 * d * d * nu_ * t) *
           (std::exp(2 * a * x) + std::exp(2 * a * y) + std::exp(2 * a * z) +
            2 * std::sin(a * x + d * y) * std::cos(a * z + d * x) * std::exp(a * (y + z)) +
            2 * std::sin(a * y + d * z) * std::cos(a * x + d * y) * std::exp(a * (z + x)) +
            2 * std::sin(a * z + d * x) * std::cos(a * y + d * z) * std::exp(a * (x + y)));
  }

 private:
  static constexpr double a = std::numbers::pi / 4, d = std::numbers::pi / 2;
  double nu_, density_;
};

class Uniform final : public ExactFlow {
 public:
  Vec3 velocity(const Vec3&, double) const override { return {0.7, -0.2, 0.3}; }
  double pressure(const Vec3&, double) const override { return 0; }
};

}  // namespace

std::unique_ptr<ExactFlow> exact_flow(const std::string& name, const FluidOptions& fluid) {
  if (name == "uniform") return std::make_unique<Uniform>();
  return std::make_unique<EthierSteinman>(fluid);
}

void Wobble::positions(double time, std::span<Vec3> x) const {
  const double s = 0.1 * std::sin(5 * time);
  const auto reference = space_.coordinates();
  for (std::size_t n = 0; n < x.size(); ++n) {
    const Vec3& r = reference[n];
    x[n] = {r[0] + s * std::sin(2 * r[1]), r[1] + s * std::cos(2 * r[2]), r[2] + s * std::sin(2 * r[0] + 1)};
  }
}

ExactConditions::ExactConditions(Halo& halo, const mesh::TetMesh& mesh, const ExactFlow& flow) : flow_(flow) {
  const fem::Space& space = halo.space();
  double right = -1e300;
  std::vector<std::uint8_t> on_boundary(mesh.points.size(), 0);
  for (const auto& triangle : mesh.triangles)
    for (std::int32_t p : triangle) {
      on_boundary[p] = 1;
      right = std::max(right, mesh.points[p][0]);
    }
  layout_.pressure = halo.scalars();
  for (std::int32_t n = 0; n < space.locals(); ++n) {
    layout_.velocity_fixed.push_back(on_boundary[space.node()[n]]);
    layout_.pressure_fixed.push_back(on_boundary[space.node()[n]] && space.coordinates()[n][0] > right - 1e-9);
  }
}

Boundary ExactConditions::at(double time, double /*step*/, std::span<const Vec3> x, const Vectors& mesh_velocity) {
  Boundary boundary = layout_;
  boundary.velocity = mesh_velocity;
  for (std::size_t n = 0; n < x.size(); ++n) {
    if (boundary.pressure_fixed[n]) boundary.pressure[n] = flow_.pressure(x[n], time);
    if (!boundary.velocity_fixed[n]) continue;
    const Vec3 u = flow_.velocity(x[n], time);
    for (int d = 0; d < 3; ++d) boundary.velocity[d][n] = u[d];
  }
  return boundary;
}

FluidState exact_state(const ExactFlow& flow, const Motion& motion, const FluidState& like, double step) {
  FluidState state = like;
  const Bdf2 w = bdf2(step, step);
  std::vector<Vec3> now(state.p.size()), old(now.size()), older(now.size());
  motion.positions(0, now);
  motion.positions(-step, old);
  motion.positions(-2 * step, older);
  state.previous_step = step;
  for (std::size_t n = 0; n < now.size(); ++n) {
    for (int d = 0; d < 3; ++d) {
      state.u[d][n] = flow.velocity(now[n], 0)[d];
      state.u_old[d][n] = flow.velocity(old[n], -step)[d];
    }
    state.p[n] = flow.pressure(now[n], 0);
    state.psi[n] = (state.p[n] - flow.pressure(old[n], -step)) / w.a0;
    state.psi_old[n] = (flow.pressure(old[n], -step) - flow.pressure(older[n], -2 * step)) / w.a0;
  }
  return state;
}

FlowErrors errors_of(const ExactFlow& flow, const FlowMesh& mesh, const FluidState& state, double time) {
  const core::Comm& comm = mesh.space().comm();
  const auto x = mesh.positions();
  const Scalars& volume = mesh.lumped_volume();
  FlowErrors errors;
  std::vector<double> sums(5, 0.0);  // |du|^2, |u|^2, dp, p, volume
  for (std::int32_t n = 0; n < mesh.space().owned(); ++n) {
    const Vec3 exact = flow.velocity(x[n], time);
    const Vec3 difference = Vec3{state.u[0][n], state.u[1][n], state.u[2][n]} - exact;
    const double p = flow.pressure(x[n], time);
    errors.largest_velocity = std::max(errors.largest_velocity, norm(difference));
    errors.largest_pressure = std::max(errors.largest_pressure, std::abs(state.p[n] - p));
    sums[0] += volume[n] * dot(difference, difference);
    sums[1] += volume[n] * dot(exact, exact);
    sums[2] += volume[n] * (state.p[n] - p);
    sums[3] += volume[n] * p;
    sums[4] += volume[n];
  }
  comm.sum(sums);
  std::vector<double> squares(2, 0.0);
  for (std::int32_t n = 0; n < mesh.space().owned(); ++n) {
    const double exact = flow.pressure(x[n], time);
    squares[0] += volume[n] * std::pow(state.p[n] - exact - sums[2] / sums[4], 2);
    squares[1] += volume[n] * std::pow(exact - sums[3] / sums[4], 2);
  }
  comm.sum(squares);
  errors.velocity = std::sqrt(sums[0] / sums[1]);
  errors.pressure = squares[1] > 0 ? std::sqrt(squares[0] / squares[1]) : 0;
  errors.largest_velocity = comm.max(errors.largest_velocity);
  errors.largest_pressure = comm.max(errors.largest_pressure);
  return errors;
}

}  // namespace cardiotwin::hemodynamics
