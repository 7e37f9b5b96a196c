#include "flow_problem.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "bdf2.hpp"
#include "cardiotwin/core/error.hpp"
#include "cardiotwin/core/units.hpp"
#include "wall_shear.hpp"

namespace cardiotwin::hemodynamics {

FlowOptions with_whole_steps(FlowOptions options, double cycle_ms) {
  options.cycle_ms = cycle_ms;
  options.time_step_ms = cycle_ms / std::max(1.0, std::ceil(cycle_ms / options.time_step_ms - 1e-9));
  return options;
}

FlowProblem::FlowProblem(FlowParts parts, const FlowOptions& options)
    : parts_(std::move(parts)),
      options_(options),
      steps_per_cycle_(static_cast<int>(std::lround(options.cycle_ms / options.time_step_ms))),
      record_(halo(), parts_.conditions->passages()) {
  options_.frames = std::min(options_.frames, steps_per_cycle_);
  if (options_.residence_time) {
    std::vector<std::int32_t> all;
    for (const Passage& passage : conditions().passages())
      all.insert(all.end(), passage.surface.triangles.begin(), passage.surface.triangles.end());
    tracer_ = std::make_unique<Tracer>(scheme().mesh(), std::move(all), options_.tracer_diffusivity);
  }
  start();
}

/// Collective. The preconditioner belongs to the mesh of one step, so that a resumed run can make the same one.
void FlowProblem::build_preconditioner(int step) {
  const auto timing = scheme().timers().scope("hemodynamics.preconditioner");
  std::vector<Vec3> x(space().locals());
  motion().positions(step * options_.time_step_ms, x);
  scheme().build_preconditioner(x, conditions().layout());
  preconditioner_step_ = step;
  preconditioner_layout_ = conditions().layout_number();
}

void FlowProblem::start() {
  const double dt = options_.time_step_ms;
  parts_.conditions->prepare(0, dt, scheme().state);
  std::vector<Vec3> x(space().locals());
  motion().positions(-dt, x);
  scheme().mesh().move_to(x);
  volume_old_ = scheme().mesh().volume();
  build_preconditioner(0);
  motion().positions(0, x);
  scheme().mesh().move_to(x);
  volume_ = scheme().mesh().volume();
  const Vectors w = node_velocity(motion(), space(), 0, dt, dt);
  scheme().start(dt, x, w, parts_.conditions->at(0, dt, x, w));
  if (options_.cycles == 1) keep_frame();
}

void FlowProblem::start_from(FluidState state) {
  scheme().state = std::move(state);
  record_.frames = {};
  if (options_.cycles == 1) keep_frame();
}

void FlowProblem::measure(InstrumentPlan plan) {
  instruments_ = std::make_unique<Instruments>(scheme().mesh(), wall(), std::move(plan));
}

int FlowProblem::parts_by_courant() const {
  int parts = 1;
  while (courant_ > parts * options_.courant_limit && parts < 32) parts *= 2;
  return parts;
}

void FlowProblem::advance() {
  constexpr int most_parts = 64;
  parts_.conditions->prepare(time_ms(), options_.time_step_ms, scheme().state);
  const bool old = motion().moves() && step_ - preconditioner_step_ >= options_.preconditioner_interval;
  if (old || conditions().layout_number() != preconditioner_layout_) build_preconditioner(step_);
  const FluidState before = fluid();
  const std::vector<double> memory = conditions().memory();
  const double volume = volume_, volume_old = volume_old_;
  const std::optional<TracerState> traced = tracer_ ? std::optional(tracer_->state) : std::nullopt;
  for (int parts = parts_by_courant();; parts *= 2) {
    try {
      advance_in(parts);
      observe(parts);
      return;
    } catch (const core::Error& error) {
      if (error.code() != core::ExitCode::numerical) throw;
      if (2 * parts > most_parts)
        core::fail_numerical(
            {.where = fmt::format("hemodynamics, {:.2f} ms", time_ms()),
             .expected = "a flow step that converges",
             .found = fmt::format("{} ({}), in {} parts too", error.fault().found, error.fault().where, parts),
             .remedy = error.fault().remedy});
      scheme().state = before;
      if (tracer_) tracer_->state = *traced;
      parts_.conditions->set_memory(memory);
      volume_ = volume;
      volume_old_ = volume_old;
      ++cuts_;
    }
  }
}

/// One time step in equal parts.
void FlowProblem::advance_in(int parts) {
  const double length = options_.time_step_ms / parts;
  std::vector<Vec3> x(space().locals());
  courant_ = 0;
  for (int i = 1; i <= parts; ++i) {
    const double time = (step_ + static_cast<double>(i) / parts) * options_.time_step_ms;
    const double before = fluid().previous_step, previous = before > 0 ? before : length;
    mesh_velocity_ = node_velocity(motion(), space(), time, length, previous);
    motion().positions(time, x);
    last_ = scheme().step(length, x, mesh_velocity_, parts_.conditions->at(time, length, x, mesh_velocity_));
    parts_.conditions->accept(length, last_.outflow);
    if (tracer_) {
      const auto timing = scheme().timers().scope("hemodynamics.tracer");
      tracer_->step(length, before, fluid().u, mesh_velocity_);
    }
    courant_ = std::max(courant_, parts * last_.courant);
    const double now = scheme().mesh().volume();
    const Bdf2 w = bdf2(length, previous);
    volume_rate_ = w.a0 * now + w.a1 * volume_ + w.a2 * volume_old_;
    volume_old_ = volume_;
    volume_ = now;
  }
  ++step_;
}

/// Collective. Traces, sums and frames of the last cycle; of every cycle its kinetic energy.
void FlowProblem::observe(int parts) {
  const auto timing = scheme().timers().scope("hemodynamics.record");
  const double energy = space().comm().sum(scheme().kinetic_energy()) / core::uJ_per_mJ;
  record_.cycle_energy.resize((step_ + steps_per_cycle_ - 1) / steps_per_cycle_);
  record_.cycle_energy.back() += energy / steps_per_cycle_;
  if (const int earlier = phase() + steps_per_cycle_; earlier > 0 && at_frame(earlier)) {
    auto velocity = halo().gather(fluid().u);
    if (space().comm().is_root()) record_.frames.before.push_back(std::move(velocity));
  }
  if (phase() < 0) return;
  if (phase() > 0) {
    wall_shear_ = wall_shear_stress(scheme(), parts_.wall, conditions().no_slip());
    observe_flows(parts, energy, phase() * options_.time_step_ms);
    observe_fields();
    if (instruments_) instruments_->read(scheme(), wall_shear_, options_.time_step_ms);
  }
  if (at_frame(phase())) keep_frame();
}

/// Whether a frame is kept so many steps into a cycle; the first closes the cycle before.
bool FlowProblem::at_frame(int phase) const {
  for (int frame = 0; frame <= options_.frames; ++frame)
    if (phase == std::lround(static_cast<double>(frame) * steps_per_cycle_ / options_.frames)) return true;
  return false;
}

void FlowProblem::observe_flows(int parts, double energy, double time) {
  Vectors through = fluid().u;
  for (int d = 0; d < 3; ++d)
    for (std::int32_t n = 0; n < space().locals(); ++n) through[d][n] -= mesh_velocity_[d][n];
  const auto& passages = conditions().passages();
  std::vector<double> sums;
  for (const Passage& passage : passages)
    sums.push_back(flux(space(), scheme().mesh().positions(), passage.surface.triangles, through));
  space().comm().sum(sums);
  Traces& traces = record_.traces;
  double missing = volume_rate_, nodal = volume_rate_;
  for (std::size_t i = 0; i < passages.size(); ++i) {
    nodal += sums[i];
    if (passages[i].opening >= 0) sums[i] = last_.outflow[static_cast<std::size_t>(passages[i].opening)];
    missing += sums[i];
    traces.flow[i].push_back(passages[i].sign * sums[i]);
  }
  traces.nodal_imbalance.push_back(nodal);
  traces.times_ms.push_back(time);
  traces.volume_ml.push_back(volume_ / core::mm3_per_ml);
  traces.volume_rate.push_back(volume_rate_);
  traces.imbalance.push_back(missing);
  traces.kinetic_energy.push_back(energy);
  traces.largest_speed.push_back(last_.largest_speed);
  traces.smallest_quality.push_back(last_.smallest_quality);
  traces.substeps.push_back(parts);
}

void FlowProblem::observe_fields() {
  const double dt = options_.time_step_ms;
  TimeSums& total = record_.sums;
  total.duration += dt;
  for (std::int32_t n = 0; n < space().owned(); ++n) {
    for (int d = 0; d < 3; ++d) total.shear[d][n] += dt * wall_shear_[d][n];
    total.shear_magnitude[n] += dt * norm(at(wall_shear_, n));
    total.speed[n] += dt * norm(at(fluid().u, n));
    total.volume[n] += dt * scheme().mesh().lumped_volume()[n];
  }
}

void FlowProblem::keep_frame() {
  Vectors shear = phase() > 0 ? wall_shear_ : halo().vectors();
  for (Scalars& component : shear)
    for (double& value : component) value *= core::Pa_per_kPa;
  auto on_wall = halo().gather(shear);
  auto velocity = halo().gather(fluid().u);
  auto pressure = halo().gather(fluid().p);
  record_.frames.times_ms.push_back(phase() * options_.time_step_ms);
  if (!space().comm().is_root()) return;
  record_.frames.velocity.push_back(std::move(velocity));
  record_.frames.wall_shear_Pa.push_back(std::move(on_wall));
  record_.frames.pressure_kPa.push_back(std::move(pressure));
}

void FlowProblem::save(stage::State& state) {
  state.put("step", step_);
  state.put("previous_step", fluid().previous_step);
  state.put("preconditioner", std::vector<double>{static_cast<double>(preconditioner_step_),
                                                  static_cast<double>(preconditioner_layout_)});
  state.put("layout", conditions().layout_number());
  state.put("memory", conditions().memory());
  state.put("volume", std::vector<double>{volume_, volume_old_});
  state.put("courant", courant_);
  state.put("cuts", cuts_);
  put(halo(), state, "u", fluid().u);
  put(halo(), state, "u_old", fluid().u_old);
  put(halo(), state, "p", fluid().p);
  put(halo(), state, "psi", fluid().psi);
  put(halo(), state, "psi_old", fluid().psi_old);
  scheme().save(state);
  parts_.conditions->save(state);
  record_.save(halo(), state);
  if (tracer_) tracer_->save(state);
  if (instruments_) instruments_->save(state);
}

void FlowProblem::load(const stage::State& state) {
  FluidState& fluid = scheme().state;
  step_ = static_cast<int>(state.scalar("step"));
  fluid.previous_step = state.scalar("previous_step");
  fluid.u = get_vectors(halo(), state, "u");
  fluid.u_old = get_vectors(halo(), state, "u_old");
  fluid.p = get_scalars(halo(), state, "p");
  fluid.psi = get_scalars(halo(), state, "psi");
  fluid.psi_old = get_scalars(halo(), state, "psi_old");
  parts_.conditions->set_memory(state.get("memory"));
  parts_.conditions->load(state);
  volume_ = state.get("volume").at(0);
  volume_old_ = state.get("volume").at(1);
  courant_ = state.scalar("courant");
  cuts_ = static_cast<int>(state.scalar("cuts"));
  record_.load(halo(), state);
  if (tracer_) tracer_->load(state);
  if (instruments_) instruments_->load(state);
  parts_.conditions->set_layout_number(static_cast<int>(state.get("preconditioner").at(1)));
  build_preconditioner(static_cast<int>(state.get("preconditioner").at(0)));
  parts_.conditions->set_layout_number(static_cast<int>(state.scalar("layout")));
  scheme().load(state);  // after the preconditioner, which starts everything anew
}

std::string FlowProblem::status() const {
  const std::string now = conditions().status();
  return fmt::format("{}{:.2f} m/s, {}+{} iterations", now.empty() ? "" : now + ", ", last_.largest_speed,
                     last_.momentum_iterations, last_.pressure_iterations);
}

}  // namespace cardiotwin::hemodynamics
