#include "scheme.hpp"

#include <spdlog/fmt/fmt.h>

#include <cmath>

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::hemodynamics {

namespace {
/// A velocity that no heart reaches: the sign of a diverged step [m/s].
constexpr double speed_limit = 50;
}  // namespace

Scheme::Scheme(const fem::Space& space, const FluidOptions& options, core::Timers* timers)
    : options_(options), mesh_(space), timers_(timers ? *timers : own_timers_) {
  state = state_at_rest();
}

FluidState Scheme::state_at_rest() const {
  FluidState rest;
  rest.u = rest.u_old = mesh_.halo().vectors();
  rest.p = rest.psi = rest.psi_old = mesh_.halo().scalars();
  return rest;
}

double Scheme::kinetic_energy() const {
  double sum = 0;
  for (std::int32_t n = 0; n < mesh_.space().owned(); ++n)
    sum += 0.5 * options_.density * mesh_.lumped_volume()[n] * dot(at(state.u, n), at(state.u, n));
  return sum;
}

void Scheme::move_mesh(std::span<const Vec3> positions) {
  const auto timing = timers_.scope("hemodynamics.geometry");
  mesh_.move_to(positions);
  if (mesh_.smallest_quality() > 0) return;
  core::fail_numerical({.where = "moving mesh of the blood",
                        .expected = "every tetrahedron with a positive volume",
                        .found = fmt::format("an inverted one (quality {:.3g})", mesh_.smallest_quality()),
                        .remedy = "raise hemodynamics.mesh_stiffening, or make the blood mesh coarser or better"});
}

void Scheme::keep_velocity_alone() {
  Vectors velocity = std::move(state.u);
  state = state_at_rest();
  state.u = velocity;
  state.u_old = std::move(velocity);
}

double Scheme::check_velocity() const {
  double largest = 0;
  for (std::int32_t n = 0; n < mesh_.space().owned(); ++n) {
    const double speed = norm(at(state.u, n));
    largest = std::isfinite(speed) ? std::max(largest, speed) : 1e300;
  }
  largest = mesh_.space().comm().max(largest);
  if (largest > speed_limit)
    core::fail_numerical(
        {.where = "flow step",
         .expected = fmt::format("velocities below {:g} m/s", speed_limit),
         .found = largest < 1e300 ? fmt::format("{:.3g} m/s", largest) : "a velocity that is not finite",
         .remedy = "reduce hemodynamics.time_step_ms"});
  return largest;
}

double shear_rate(const std::array<Vec3, 3>& g) {
  double sum = 0;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) sum += 0.5 * (g[i][j] + g[j][i]) * (g[i][j] + g[j][i]);
  return std::sqrt(sum);
}

}  // namespace cardiotwin::hemodynamics
