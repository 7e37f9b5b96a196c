#include "vessel_conditions.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::hemodynamics {

namespace {

using Kind = SurfaceCondition::Kind;

/// A smooth rise from 0 to 1.
double rise(double time, double duration) {
  const double s = duration > 0 ? std::clamp(time / duration, 0.0, 1.0) : 1.0;
  return s * s * (3 - 2 * s);
}

/// Throws core::Error (configuration) where two openings touch: what flows out at a shared node belongs to neither.
void require_apart(const mesh::TetMesh& mesh, const std::map<std::int32_t, std::string>& openings) {
  std::vector<std::int32_t> owner(mesh.points.size(), -1);
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t) {
    const auto opening = openings.find(mesh.surface[t]);
    if (opening == openings.end()) continue;
    for (std::int32_t p : mesh.triangles[t]) {
      if (owner[p] >= 0 && owner[p] != opening->first)
        core::fail_configuration(
            {.where = "hemodynamics.boundaries",
             .expected = "a wall between any two surfaces with a pressure, resistance or Windkessel",
             .found = "\"" + openings.at(owner[p]) + "\" and \"" + opening->second + "\" touch",
             .remedy = "make them one surface, or leave a strip of wall between them"});
      owner[p] = opening->first;
    }
  }
}

}  // namespace

std::int32_t NamedMesh::tag(const std::string& name, const std::string& key) const {
  const auto found = std::ranges::find(names, name);
  if (found == names.end())
    core::fail_configuration({.where = key,
                              .expected = fmt::format("a surface of the mesh: {}", fmt::join(names, ", ")),
                              .found = "\"" + name + "\"",
                              .remedy = "use the name of one of them"});
  return static_cast<std::int32_t>(found - names.begin());
}

VesselConditions::VesselConditions(Halo& halo, const NamedMesh& mesh, const std::vector<SurfaceCondition>& conditions,
                                   const FluidOptions& fluid, double ramp_ms, double flow_scale)
    : ramp_ms_(ramp_ms), flow_scale_(flow_scale) {
  const fem::Space& space = halo.space();
  const std::string key = "hemodynamics.boundaries";
  std::set<std::int32_t> given;
  for (const SurfaceCondition& condition : conditions)
    if (!given.insert(mesh.tag(condition.surface, key)).second)
      core::fail_configuration({.where = key,
                                .expected = "one condition a surface",
                                .found = "two of \"" + condition.surface + "\"",
                                .remedy = "leave one out"});
  if (given.empty())
    core::fail_configuration({.where = key,
                              .expected = fmt::format("an inlet or outlet among {}", fmt::join(mesh.names, ", ")),
                              .found = "none: every surface is a wall",
                              .remedy = "give the conditions of the surfaces through which blood passes"});
  std::map<std::int32_t, std::string> openings;
  for (const SurfaceCondition& condition : conditions)
    if (condition.kind != Kind::velocity) openings[mesh.tag(condition.surface, key)] = condition.surface;
  require_apart(mesh.mesh, openings);
  for (std::size_t tag = 0; tag < mesh.names.size(); ++tag)
    if (!given.contains(static_cast<std::int32_t>(tag))) wall_tags_.push_back(static_cast<std::int32_t>(tag));
  walls_ = surface_set(space, mesh.mesh, wall_tags_);

  layout_.velocity_fixed = walls_.nodes;
  layout_.pressure_fixed.assign(space.locals(), 0);
  layout_.pressure = halo.scalars();
  for (const SurfaceCondition& condition : conditions) {
    const SurfaceSet surface = surface_set(space, mesh.mesh, {mesh.tag(condition.surface, key)});
    const bool inlet = condition.kind == Kind::velocity;
    passages_.push_back(
        {condition.surface, surface, inlet ? -1 : 1, inlet ? -1 : static_cast<int>(layout_.openings.size())});
    if (inlet) {
      inlets_.emplace_back(space, mesh.mesh, mesh.tag(condition.surface, key), condition.surface, condition.profile,
                           condition.waveform, condition.is_speed, fluid.rheology.infinite / fluid.density);
      for (std::size_t n = 0; n < surface.nodes.size(); ++n) layout_.velocity_fixed[n] |= surface.nodes[n];
    } else {
      outlets_.push_back({condition, condition.start_pressure});
      layout_.openings.push_back({.triangles = surface.triangles});
    }
  }
}

/// Collective.
Boundary VesselConditions::at(double time, double step, std::span<const Vec3> /*x*/, const Vectors& mesh_velocity) {
  Boundary boundary = layout_;
  boundary.velocity = mesh_velocity;
  double entering = 0;
  const double share = flow_scale_ * rise(time, ramp_ms_);
  for (const VelocityProfile& inlet : inlets_) {
    inlet.add_to(time, share, boundary.velocity);
    entering += share * inlet.flow(time);
  }
  if (outlets_.empty() && std::abs(entering) > 1e-9)
    core::fail_input({.where = fmt::format("hemodynamics.boundaries at {:.1f} ms", time),
                      .expected = "a surface with a pressure or Windkessel, or given flows that add up to nothing",
                      .found = fmt::format("{:.6g} ml/s into a closed domain", entering),
                      .remedy = "give one of the surfaces the condition \"pressure\""});
  for (std::size_t o = 0; o < outlets_.size(); ++o) {
    const auto& [condition, stored] = outlets_[o];
    Opening& opening = boundary.openings[o];
    opening.pressure = condition.waveform.at(time);
    opening.resistance = condition.resistance;
    if (condition.kind != Kind::windkessel) continue;
    const auto after = circulation::after_step(condition.windkessel, stored, step);
    opening.pressure = after.offset;
    opening.resistance = after.slope + condition.windkessel.characteristic;
  }
  return boundary;
}

void VesselConditions::accept(double step, std::span<const double> outflow) {
  for (std::size_t o = 0; o < outlets_.size(); ++o)
    if (outlets_[o].condition.kind == Kind::windkessel)
      outlets_[o].stored =
          circulation::after_step(outlets_[o].condition.windkessel, outlets_[o].stored, step).at(outflow[o]);
}

std::vector<double> VesselConditions::memory() const {
  std::vector<double> stored;
  for (const Outlet& outlet : outlets_) stored.push_back(outlet.stored);
  return stored;
}

void VesselConditions::set_memory(std::span<const double> memory) {
  for (std::size_t o = 0; o < outlets_.size(); ++o) outlets_[o].stored = memory[o];
}

}  // namespace cardiotwin::hemodynamics
