#include "valve_conditions.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "bdf2.hpp"
#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/core/units.hpp"
#include "cardiotwin/fem/element.hpp"
#include "state_fields.hpp"

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

VentricleSurfaces ventricle_surfaces(const fem::Space& space, const mesh::TetMesh& mesh) {
  VentricleSurfaces s{
      surface_set(space, mesh, {Surface::surface_endocardium}),
      surface_set(space, mesh, {Surface::surface_mitral, Surface::surface_aortic, Surface::surface_lid}),
      surface_set(space, mesh, {Surface::surface_lid}),
      {surface_set(space, mesh, {Surface::surface_mitral}), surface_set(space, mesh, {Surface::surface_aortic})}};
  require_triangles(space.comm(), s.wall, "endocardium");
  for (Orifice o : {Orifice::mitral, Orifice::aortic}) require_triangles(space.comm(), s.orifice[index(o)], name(o));
  return s;
}

ValveConditions::ValveConditions(Halo& halo, const mesh::TetMesh& mesh, VentricleSurfaces surfaces,
                                 const Motion& motion, double period_ms, double step_ms, const ValveOptions& options)
    : halo_(halo),
      space_(halo.space()),
      motion_(motion),
      options_(options),
      surfaces_(std::move(surfaces)),
      passages_{{"mitral", surfaces_.orifice[0], -1}, {"aortic", surfaces_.orifice[1], 1}},
      inflow_profile_(inflow_profile(space_, mesh)),
      closing_(halo.vectors()) {
  for (Orifice o : {Orifice::mitral, Orifice::aortic})
    no_slip_[index(o)] = join({&surfaces_.wall, &surfaces_.annulus, &surfaces_.orifice[index(other(o))]});
  layouts_ = {layout_of(Orifice::mitral), layout_of(Orifice::aortic)};
  const std::vector<double> volumes = volumes_over_cycle(period_ms, step_ms);
  std::vector<double> rate(volumes.size());
  const auto n = rate.size();
  for (std::size_t i = 0; i < n; ++i) rate[i] = (volumes[(i + 1) % n] - volumes[(i + n - 1) % n]) / (2 * step_ms);
  if (std::ranges::all_of(rate, [](double r) { return r == 0; }))
    core::fail_input({.where = "wall_motion",
                      .expected = "a cavity whose volume changes over the beat",
                      .found = "the same volume in every frame",
                      .remedy = "check the mechanics stage's displacement"});
  valves_ = ValveSchedule(rate, period_ms, options_.hysteresis);
}

/// Collective. Also checks that the tagged surface is closed.
std::vector<double> ValveConditions::volumes_over_cycle(double period_ms, double step_ms) const {
  std::vector<Vec3> x(space_.locals());
  std::vector<double> volumes(std::lround(period_ms / step_ms));
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    motion_.positions(static_cast<double>(i) * step_ms, x);
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

/// Velocities are filled in later.
Boundary ValveConditions::layout_of(Orifice open) const {
  Boundary boundary;
  const SurfaceSet& mitral = surfaces_.orifice[index(Orifice::mitral)];
  const SurfaceSet& aortic = surfaces_.orifice[index(Orifice::aortic)];
  boundary.velocity_fixed.resize(space_.locals());
  boundary.pressure_fixed.assign(space_.locals(), 0);
  boundary.pressure.assign(space_.locals(), 0.0);
  for (std::int32_t n = 0; n < space_.locals(); ++n) {
    const bool closed = surfaces_.wall.nodes[n] || surfaces_.annulus.nodes[n] || mitral.nodes[n];
    boundary.velocity_fixed[n] = closed || (open == Orifice::mitral && aortic.nodes[n]);
    boundary.pressure_fixed[n] = open == Orifice::mitral && space_.node()[n] == inflow_profile_.middle;
  }
  if (open == Orifice::aortic) boundary.openings = {{.triangles = aortic.triangles, .flux = 0.0}};
  return boundary;
}

Boundary ValveConditions::at(double time, double /*step*/, std::span<const Vec3> x, const Vectors& mesh_velocity) {
  Boundary boundary = layout();
  boundary.velocity = mesh_velocity;
  const double s = std::clamp((time - closed_at_) / options_.closure_ms, 0.0, 1.0);
  const double left = 1 - s * s * (3 - 2 * s);
  for (int d = 0; d < 3 && left > 0; ++d)
    for (std::int32_t n = 0; n < space_.locals(); ++n) boundary.velocity[d][n] += left * closing_[d][n];
  const double swept = space_.comm().sum(flux(space_, x, no_slip_[index(open_)], boundary.velocity));
  if (open_ == Orifice::aortic) boundary.openings[0].flux = -swept;
  if (open_ == Orifice::mitral) set_inflow(x, swept, boundary.velocity);
  return boundary;
}

/// Collective. Adds speed * profile along the mitral orifice's inward normal to the mesh velocity there, such that
/// `inflow` [mm^3/ms] enters.
void ValveConditions::set_inflow(std::span<const Vec3> x, double inflow, Vectors& velocity) const {
  const SurfaceSet& mitral = surfaces_.orifice[index(Orifice::mitral)];
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
void ValveConditions::prepare(double time, double step, FluidState& state) {
  const Orifice wanted = valves_.open(time + step);
  if (!started_) open_ = wanted;
  started_ = true;
  if (wanted == open_) return;
  const SurfaceSet& closes = surfaces_.orifice[index(open_)];
  const SurfaceSet& opens = surfaces_.orifice[index(wanted)];
  const Vectors w = node_velocity(motion_, space_, time, step, step);
  for (int d = 0; d < 3; ++d)
    for (std::int32_t n = 0; n < space_.locals(); ++n) closing_[d][n] = closes.nodes[n] ? state.u[d][n] - w[d][n] : 0.0;
  closed_at_ = time;
  open_ = wanted;
  // The pressure is counted from the open orifice.
  double sum = 0, count = 0;
  for (std::int32_t n = 0; n < space_.owned(); ++n)
    if (opens.nodes[n]) sum += state.p[n], ++count;
  const double level = space_.comm().sum(sum) / space_.comm().sum(count);
  for (double& p : state.p) p -= level;
}

std::string ValveConditions::status() const { return std::string(name(open_)) + " open"; }

void ValveConditions::save(stage::State& state) {
  state.put("closed_at", closed_at_);
  put(halo_, state, "closing", closing_);
}

void ValveConditions::load(const stage::State& state) {
  closed_at_ = state.scalar("closed_at");
  closing_ = get_vectors(halo_, state, "closing");
}

}  // namespace cardiotwin::hemodynamics
