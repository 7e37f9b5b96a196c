#include "ventricle.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/core/units.hpp"
#include "wall_shear.hpp"

namespace cardiotwin::hemodynamics {

namespace {

using artifacts::Surface;

constexpr int index(Orifice o) { return static_cast<int>(o); }
constexpr Orifice other(Orifice o) { return o == Orifice::mitral ? Orifice::aortic : Orifice::mitral; }
constexpr const char* name(Orifice o) { return o == Orifice::mitral ? "mitral" : "aortic"; }

/// Collective.
void require_triangles(const core::Comm& comm, const SurfaceSet& surface, const char* what) {
  if (comm.sum(static_cast<std::int64_t>(surface.triangles.size())) > 0) return;
  core::fail_input({.where = "blood mesh of the left ventricle",
                    .expected = fmt::format("triangles tagged as {}", what),
                    .found = "none",
                    .remedy = "check the surface tags that the meshing stage wrote or imported"});
}

/// Enclosed by outward triangles: the divergence theorem. This rank's part.
double enclosed_volume(const fem::Space& space, std::span<const Vec3> x) {
  double sum = 0;
  for (std::size_t t = 0; t < space.triangles().size(); ++t) {
    const std::int32_t* n = space.triangle_nodes().data() + 3 * t;
    sum += dot(x[n[0]], cross(x[n[1]], x[n[2]])) / 6;
  }
  return sum;
}

/// Where blood enters: flat in the middle of the orifice, 0 at its rim: 1 - (1 - d / d_max)^6, d the distance to the
/// rim.
InflowProfile inflow_profile(const fem::Space& space, const mesh::TetMesh& mesh) {
  std::vector<int> kind(mesh.points.size(), 0);  // 1: orifice, 2: on another surface too, so on the rim
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t)
    for (std::int32_t p : mesh.triangles[t])
      if (mesh.surface[t] == Surface::surface_mitral)
        kind[p] |= 1;
      else
        kind[p] |= 2;
  std::vector<std::int32_t> rim, inside;
  for (std::size_t p = 0; p < kind.size(); ++p) {
    if (kind[p] == 3) rim.push_back(static_cast<std::int32_t>(p));
    if (kind[p] == 1) inside.push_back(static_cast<std::int32_t>(p));
  }
  if (inside.empty())
    core::fail_input({.where = "mitral orifice",
                      .expected = "points inside its rim",
                      .found = "none",
                      .remedy = "refine the blood mesh (hemodynamics.refine) or make the orifice larger"});
  std::vector<double> distance(mesh.points.size(), 0.0);
  InflowProfile profile;
  double largest = 0;
  for (std::int32_t p : inside) {
    double nearest = 1e300;
    for (std::int32_t r : rim) nearest = std::min(nearest, norm(mesh.points[p] - mesh.points[r]));
    distance[p] = nearest;
    if (nearest > largest) largest = nearest, profile.middle = p;
  }
  for (std::int32_t node : space.node()) profile.weight.push_back(1 - std::pow(1 - distance[node] / largest, 6));
  return profile;
}

std::vector<std::int32_t> join(std::initializer_list<const SurfaceSet*> surfaces) {
  std::vector<std::int32_t> all;
  for (const SurfaceSet* s : surfaces) all.insert(all.end(), s->triangles.begin(), s->triangles.end());
  return all;
}

}  // namespace

Ventricle::Ventricle(core::Comm comm, const mesh::TetMesh& mesh, const WallFrames& wall,
                     const VentricleOptions& options)
    : options_(options),
      space_(comm, mesh, 1),
      wall_(surface_set(space_, mesh, {Surface::surface_endocardium})),
      lid_(surface_set(space_, mesh, {Surface::surface_mitral, Surface::surface_aortic, Surface::surface_lid})),
      annulus_(surface_set(space_, mesh, {Surface::surface_lid})),
      orifice_{surface_set(space_, mesh, {Surface::surface_mitral}),
               surface_set(space_, mesh, {Surface::surface_aortic})},
      solver_(space_, options.fluid),
      halo_(solver_.halo()),
      motion_(halo_, wall, wall_, lid_, options.mesh_stiffening, options.smallest_quality),
      steps_per_cycle_(std::max(1, static_cast<int>(std::ceil(motion_.period() / options.time_step_ms - 1e-9)))),
      time_step_(motion_.period() / steps_per_cycle_),
      record_(halo_),
      closing_(halo_.vectors()) {
  require_triangles(comm, wall_, "endocardium");
  for (Orifice o : {Orifice::mitral, Orifice::aortic}) {
    require_triangles(comm, orifice_[index(o)], name(o));
    no_slip_[index(o)] = join({&wall_, &annulus_, &orifice_[index(other(o))]});
  }
  inflow_profile_ = inflow_profile(space_, mesh);
  conditions_ = {conditions(Orifice::mitral), conditions(Orifice::aortic)};
  options_.frames = std::min(options_.frames, steps_per_cycle_);
  volumes_ = volumes_over_cycle();
  std::vector<double> rate(volumes_.size());
  const auto n = rate.size();
  for (std::size_t i = 0; i < n; ++i) {
    rate[i] = (volumes_[(i + 1) % n] - volumes_[(i + n - 1) % n]) / (2 * time_step_);
    largest_rate_ = std::max(largest_rate_, std::abs(rate[i]));
  }
  if (!(largest_rate_ > 0))
    core::fail_input({.where = "wall_motion",
                      .expected = "a cavity whose volume changes over the beat",
                      .found = "the same volume in every frame",
                      .remedy = "check the mechanics stage's displacement"});
  valves_ = ValveSchedule(rate, motion_.period(), options_.valve_hysteresis);
  start();
}

/// Collective. Also checks that the tagged surface is closed.
std::vector<double> Ventricle::volumes_over_cycle() const {
  std::vector<Vec3> x(space_.locals());
  std::vector<double> volumes(steps_per_cycle_);
  for (int i = 0; i < steps_per_cycle_; ++i) {
    motion_.positions(i * time_step_, x);
    volumes[i] = enclosed_volume(space_, x);
  }
  space_.comm().sum(volumes);
  const double by_surface = space_.comm().sum(enclosed_volume(space_, space_.coordinates()));
  double by_cells = 0;
  for (std::size_t c = 0; c < space_.cells().size(); ++c) {
    const std::int32_t* n = space_.cell_nodes().data() + 4 * c;
    const auto p = space_.coordinates();
    by_cells += fem::affine_cell(p[n[0]], p[n[1]], p[n[2]], p[n[3]]).volume;
  }
  by_cells = space_.comm().sum(by_cells);
  if (std::abs(by_surface - by_cells) > 1e-6 * by_cells)
    core::fail_input({.where = "blood mesh of the left ventricle",
                      .expected = "a closed surface of tagged triangles around the blood",
                      .found = fmt::format("triangles that enclose {:.3f} ml around cells of {:.3f} ml",
                                           by_surface / core::mm3_per_ml, by_cells / core::mm3_per_ml),
                      .remedy = "check the surface tags that the meshing stage wrote or imported"});
  return volumes;
}

/// Derivative of the nodes' positions at `time` by the same differences as the flow's: `step` after the time before,
/// and that `previous` after the one before it. Local.
Vectors Ventricle::mesh_velocity(double time, double step, double previous) const {
  const Bdf2 w = bdf2(step, previous);
  std::vector<Vec3> x(space_.locals()), before(x.size()), earlier(x.size());
  motion_.positions(time, x);
  motion_.positions(time - step, before);
  motion_.positions(time - step - previous, earlier);
  Vectors velocity;
  for (int d = 0; d < 3; ++d) {
    velocity[d].resize(x.size());
    for (std::size_t n = 0; n < x.size(); ++n)
      velocity[d][n] = w.a0 * x[n][d] + w.a1 * before[n][d] + w.a2 * earlier[n][d];
  }
  return velocity;
}

/// What is fixed while `open` is open; velocities are filled in later. The aortic orifice lets the flow find its own
/// profile, without traction; through the mitral one a profile is prescribed (see inflow), so that only the level of
/// the pressure is free, and is zero at the orifice's middle.
Boundary Ventricle::conditions(Orifice open) const {
  Boundary boundary;
  const SurfaceSet& mitral = orifice_[index(Orifice::mitral)];
  const SurfaceSet& aortic = orifice_[index(Orifice::aortic)];
  boundary.velocity_fixed.resize(space_.locals());
  boundary.pressure_fixed.assign(space_.locals(), 0);
  boundary.pressure.assign(space_.locals(), 0.0);
  for (std::int32_t n = 0; n < space_.locals(); ++n) {
    const bool closed = wall_.nodes[n] || annulus_.nodes[n] || mitral.nodes[n];
    boundary.velocity_fixed[n] = closed || (open == Orifice::mitral && aortic.nodes[n]);
    boundary.pressure_fixed[n] = open == Orifice::mitral && space_.node()[n] == inflow_profile_.middle;
  }
  if (open == Orifice::aortic) boundary.open_triangles = aortic.triangles;
  return boundary;
}

/// Collective. No slip on walls, annulus and the closed orifice; there what was left of the flow when it closed fades
/// away. Through the open orifice goes what the rest of the boundary sweeps.
Boundary Ventricle::boundary_at(double time, std::span<const Vec3> x, const Vectors& mesh_velocity) const {
  Boundary boundary = conditions_[index(open_)];
  boundary.velocity = mesh_velocity;
  const double s = std::clamp((time - closed_at_) / options_.closure_ms, 0.0, 1.0);
  const double left = 1 - s * s * (3 - 2 * s);
  for (int d = 0; d < 3 && left > 0; ++d)
    for (std::int32_t n = 0; n < space_.locals(); ++n) boundary.velocity[d][n] += left * closing_[d][n];
  const double swept = space_.comm().sum(flux(space_, x, no_slip_[index(open_)], boundary.velocity));
  if (open_ == Orifice::aortic) boundary.open_flux = -swept;
  if (open_ == Orifice::mitral) set_inflow(x, swept, boundary.velocity);
  return boundary;
}

/// Collective. Adds speed * profile along the mitral orifice's inward normal to the mesh velocity there, such that
/// `inflow` [mm^3/ms] enters.
void Ventricle::set_inflow(std::span<const Vec3> x, double inflow, Vectors& velocity) const {
  const SurfaceSet& mitral = orifice_[index(Orifice::mitral)];
  std::vector<double> area(3, 0.0);
  for (std::int32_t t : mitral.triangles)
    for (int d = 0; d < 3; ++d) area[d] += vector_area(space_, x, t)[d];
  space_.comm().sum(area);
  const Vec3 inward = -1.0 * normalised({area[0], area[1], area[2]});
  Vectors profile = halo_.vectors();
  for (int d = 0; d < 3; ++d)
    for (std::int32_t n = 0; n < space_.locals(); ++n) profile[d][n] = inflow_profile_.weight[n] * inward[d];
  std::vector<double> outward{flux(space_, x, mitral.triangles, velocity), flux(space_, x, mitral.triangles, profile)};
  space_.comm().sum(outward);
  const double speed = -(inflow + outward[0]) / outward[1];
  for (int d = 0; d < 3; ++d)
    for (std::int32_t n = 0; n < space_.locals(); ++n) velocity[d][n] += speed * profile[d][n];
}

/// Collective. Opens what the schedule wants open at the end of the coming step.
void Ventricle::set_valves(double time) {
  const Orifice wanted = valves_.open(time + time_step_);
  if (wanted == open_) return;
  const SurfaceSet& closes = orifice_[index(open_)];
  const SurfaceSet& opens = orifice_[index(wanted)];
  const Vectors w = mesh_velocity(time, time_step_, time_step_);
  for (int d = 0; d < 3; ++d)
    for (std::int32_t n = 0; n < space_.locals(); ++n)
      closing_[d][n] = closes.nodes[n] ? solver_.state.u[d][n] - w[d][n] : 0.0;
  closed_at_ = time;
  open_ = wanted;
  // The pressure is counted from the open orifice.
  double sum = 0, count = 0;
  for (std::int32_t n = 0; n < space_.owned(); ++n)
    if (opens.nodes[n]) sum += solver_.state.p[n], ++count;
  const double level = space_.comm().sum(sum) / space_.comm().sum(count);
  for (double& p : solver_.state.p) p -= level;
}

/// Collective. The multigrid hierarchy belongs to the mesh of one step, so that a resumed run can make the same one.
void Ventricle::build_preconditioner(int step) {
  std::vector<Vec3> x(space_.locals());
  motion_.positions(step * time_step_, x);
  solver_.build_preconditioner(x, conditions_[index(open_)]);
  preconditioner_step_ = step;
  preconditioner_open_ = open_;
}

void Ventricle::start() {
  open_ = valves_.open(time_step_);
  build_preconditioner(0);
  const Vectors w = mesh_velocity(0, time_step_, time_step_);
  std::vector<Vec3> x(space_.locals());
  motion_.positions(0, x);
  solver_.start(time_step_, x, w, boundary_at(0, x, w));
  volume_ = volumes_.front();
  volume_old_ = volumes_.back();
  if (options_.cycles == 1) keep_frame();
}

int Ventricle::parts_by_courant() const {
  int parts = 1;
  while (courant_ > parts * options_.courant_limit && parts < 32) parts *= 2;
  return parts;
}

void Ventricle::advance() {
  constexpr int most_parts = 64;
  set_valves(time_ms());
  if (open_ != preconditioner_open_ || step_ - preconditioner_step_ >= options_.preconditioner_interval)
    build_preconditioner(step_);
  const FluidState before = solver_.state;
  const double volume = volume_, volume_old = volume_old_;
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
      solver_.state = before;
      volume_ = volume;
      volume_old_ = volume_old;
      ++cuts_;
    }
  }
}

/// One time step in equal parts.
void Ventricle::advance_in(int parts) {
  const double length = time_step_ / parts;
  std::vector<Vec3> x(space_.locals());
  courant_ = 0;
  for (int i = 1; i <= parts; ++i) {
    const double time = (step_ + static_cast<double>(i) / parts) * time_step_;
    const double previous = solver_.state.previous_step > 0 ? solver_.state.previous_step : length;
    mesh_velocity_ = mesh_velocity(time, length, previous);
    motion_.positions(time, x);
    last_ = solver_.step(length, x, mesh_velocity_, boundary_at(time, x, mesh_velocity_));
    courant_ = std::max(courant_, parts * last_.courant);
    const double now = space_.comm().sum(solver_.volume());
    const Bdf2 w = bdf2(length, previous);
    volume_rate_ = w.a0 * now + w.a1 * volume_ + w.a2 * volume_old_;
    volume_old_ = volume_;
    volume_ = now;
  }
  ++step_;
}

/// Collective. Traces, sums and frames of the last cycle.
void Ventricle::observe(int parts) {
  const int phase = step_ - (options_.cycles - 1) * steps_per_cycle_;
  if (phase < 0) return;
  if (phase > 0) {
    Vectors through = solver_.state.u;
    for (int d = 0; d < 3; ++d)
      for (std::int32_t n = 0; n < space_.locals(); ++n) through[d][n] -= mesh_velocity_[d][n];
    const auto outward = [&](Orifice o) {
      return flux(space_, solver_.positions(), orifice_[index(o)].triangles, through);
    };
    std::vector<double> sums{-outward(Orifice::mitral), outward(Orifice::aortic), solver_.kinetic_energy()};
    space_.comm().sum(sums);
    Traces& traces = record_.traces;
    traces.times_ms.push_back(phase * time_step_);
    traces.mitral_flow.push_back(sums[0]);
    traces.aortic_flow.push_back(sums[1]);
    traces.volume_ml.push_back(volume_ / core::mm3_per_ml);
    traces.mass_error.push_back((sums[0] - sums[1] - volume_rate_) / largest_rate_);
    traces.kinetic_energy.push_back(1e-3 * sums[2]);
    traces.largest_speed.push_back(last_.largest_speed);
    traces.smallest_quality.push_back(last_.smallest_quality);
    traces.substeps.push_back(parts);

    TimeSums& total = record_.sums;
    const Vectors shear = wall_shear_stress(solver_, wall_, no_slip_[index(open_)]);
    total.duration += time_step_;
    for (std::int32_t n = 0; n < space_.owned(); ++n) {
      for (int d = 0; d < 3; ++d) total.shear[d][n] += time_step_ * shear[d][n];
      total.shear_magnitude[n] += time_step_ * norm({shear[0][n], shear[1][n], shear[2][n]});
      const Vectors& u = solver_.state.u;
      total.speed[n] += time_step_ * norm({u[0][n], u[1][n], u[2][n]});
      total.volume[n] += time_step_ * solver_.lumped_volume()[n];
    }
  }
  for (int frame = 0; frame <= options_.frames; ++frame)
    if (phase == std::lround(static_cast<double>(frame) * steps_per_cycle_ / options_.frames)) keep_frame();
}

void Ventricle::keep_frame() {
  const int phase = step_ - (options_.cycles - 1) * steps_per_cycle_;
  auto velocity = halo_.gather(solver_.state.u);
  auto pressure = halo_.gather(solver_.state.p);
  record_.frames.times_ms.push_back(phase * time_step_);
  if (!space_.comm().is_root()) return;
  record_.frames.velocity.push_back(std::move(velocity));
  record_.frames.pressure_kPa.push_back(std::move(pressure));
}

void Ventricle::save(stage::State& state) {
  const FluidState& fluid = solver_.state;
  state.put("step", step_);
  state.put("previous_step", fluid.previous_step);
  state.put("preconditioner", std::vector<double>{static_cast<double>(preconditioner_step_),
                                                  static_cast<double>(index(preconditioner_open_))});
  state.put("open", index(open_));
  state.put("closed_at", closed_at_);
  state.put("volume", std::vector<double>{volume_, volume_old_});
  state.put("courant", courant_);
  state.put("cuts", cuts_);
  put(halo_, state, "u", fluid.u);
  put(halo_, state, "u_old", fluid.u_old);
  put(halo_, state, "p", fluid.p);
  put(halo_, state, "psi", fluid.psi);
  put(halo_, state, "psi_old", fluid.psi_old);
  put(halo_, state, "closing", closing_);
  record_.save(halo_, state);
}

void Ventricle::load(const stage::State& state) {
  const auto orifice = [](double value) { return value > 0.5 ? Orifice::aortic : Orifice::mitral; };
  FluidState& fluid = solver_.state;
  step_ = static_cast<int>(state.scalar("step"));
  fluid.previous_step = state.scalar("previous_step");
  fluid.u = get_vectors(halo_, state, "u");
  fluid.u_old = get_vectors(halo_, state, "u_old");
  fluid.p = get_scalars(halo_, state, "p");
  fluid.psi = get_scalars(halo_, state, "psi");
  fluid.psi_old = get_scalars(halo_, state, "psi_old");
  closing_ = get_vectors(halo_, state, "closing");
  closed_at_ = state.scalar("closed_at");
  volume_ = state.get("volume").at(0);
  volume_old_ = state.get("volume").at(1);
  courant_ = state.scalar("courant");
  cuts_ = static_cast<int>(state.scalar("cuts"));
  record_.load(halo_, state);
  open_ = orifice(state.get("preconditioner").at(1));
  build_preconditioner(static_cast<int>(state.get("preconditioner").at(0)));
  open_ = orifice(state.scalar("open"));
}

std::string Ventricle::status() const {
  return fmt::format("{} open, {:.2f} m/s, {}+{} iterations", name(open_), last_.largest_speed,
                     last_.momentum_iterations, last_.pressure_iterations);
}

}  // namespace cardiotwin::hemodynamics
