#include "settings.hpp"

#include <spdlog/fmt/fmt.h>

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::hemodynamics {

namespace {

FluidOptions fluid_options(const config::Section& c) {
  return {.density = c.number("density_mg_per_mm3"),
          .rheology = newtonian(c.number("viscosity_kPa_ms")),
          .backflow = c.number("backflow_coefficient"),
          .momentum_tolerance = c.number("momentum_tolerance"),
          .pressure_tolerance = c.number("pressure_tolerance")};
}

FlowOptions flow_options(const config::Section& c) {
  return {.time_step_ms = c.number("time_step_ms"),
          .cycles = static_cast<int>(c.integer("cycles")),
          .frames = static_cast<int>(c.integer("frames")),
          .courant_limit = c.number("courant_limit"),
          .preconditioner_interval = static_cast<int>(c.integer("preconditioner_interval"))};
}

/// Values over time, as the keys `values`, times_ms, fourier_cosine, fourier_sine and period_ms give them.
Waveform waveform(const config::Section& c, const std::string& values) {
  const std::vector<double> given = c.numbers(values), cosine = c.numbers("fourier_cosine"),
                            sine = c.numbers("fourier_sine");
  const double period = c.number("period_ms");
  const std::string key = "hemodynamics.boundaries: " + c.text("surface") + "." + values;
  if (given.size() > 1)
    return Waveform({c.numbers("times_ms"), given, circulation::Interpolation::monotone_cubic, period, key}, period);
  if (given.empty() && cosine.empty() && sine.empty())
    core::fail_configuration(
        {.where = key,
         .expected = "a value, values at times_ms, or a Fourier series",
         .found = "nothing",
         .remedy = fmt::format("give {}, or fourier_cosine and fourier_sine with period_ms", values)});
  std::vector<std::complex<double>> coefficients(std::max<std::size_t>({1, cosine.size(), sine.size()}), 0.0);
  for (std::size_t k = 0; k < coefficients.size(); ++k)
    coefficients[k] = {k < cosine.size() ? cosine[k] : 0.0, k < sine.size() ? -sine[k] : 0.0};
  if (!given.empty()) coefficients[0] = given[0];
  return Waveform(std::move(coefficients), period);
}

circulation::Windkessel windkessel(const config::Section& c) {
  for (const char* key : {"peripheral_kPa_ms_per_mm3", "compliance_mm3_per_kPa"})
    if (!(c.number(key) > 0))
      core::fail_configuration({.where = "hemodynamics.boundaries: " + c.text("surface") + "." + key,
                                .expected = "a value above 0",
                                .found = fmt::format("{:g}", c.number(key)),
                                .remedy = "a Windkessel needs its peripheral resistance and its compliance"});
  return {.characteristic = c.number("resistance_kPa_ms_per_mm3"),
          .peripheral = c.number("peripheral_kPa_ms_per_mm3"),
          .compliance = c.number("compliance_mm3_per_kPa"),
          .venous_pressure = c.number("venous_pressure_kPa")};
}

Profile profile(const std::string& name) {
  if (name == "flat") return Profile::flat;
  if (name == "rectangular") return Profile::rectangular;
  return name == "womersley" ? Profile::womersley : Profile::parabolic;
}

SurfaceCondition surface_condition(const config::Section& c) {
  SurfaceCondition condition{.surface = c.text("surface")};
  const std::string kind = c.text("condition");
  if (kind == "velocity") {
    condition.profile = profile(c.text("profile"));
    condition.is_speed = !c.numbers("speed_m_per_s").empty();
    if (condition.is_speed && (condition.profile == Profile::womersley || !c.numbers("flow_ml_per_s").empty()))
      core::fail_configuration({.where = "hemodynamics.boundaries: " + c.text("surface") + ".speed_m_per_s",
                                .expected = "a flow or a speed; a flow for Womersley's profile",
                                .found = "a speed besides or instead",
                                .remedy = "leave it out"});
    condition.waveform = waveform(c, condition.is_speed ? "speed_m_per_s" : "flow_ml_per_s");
  } else if (kind == "pressure") {
    condition.kind = SurfaceCondition::Kind::pressure;
    condition.waveform = waveform(c, "pressure_kPa");
    condition.resistance = c.number("resistance_kPa_ms_per_mm3");
  } else {
    condition.kind = SurfaceCondition::Kind::windkessel;
    condition.windkessel = windkessel(c);
    condition.start_pressure = c.number("start_pressure_kPa");
  }
  return condition;
}

}  // namespace

VesselOptions vessel_options(const config::Section& c) {
  VesselOptions options{.fluid = fluid_options(c),
                        .flow = flow_options(c),
                        .ramp_ms = c.number("ramp_ms"),
                        .exact_solution = c.text("exact_solution") == "none" ? "" : c.text("exact_solution"),
                        .wobble = c.text("mesh_motion") == "wobble"};
  options.flow.cycle_ms = c.number("cycle_ms");
  for (const config::Section& item : c.list("boundaries")) options.boundaries.push_back(surface_condition(item));
  return options;
}

InstrumentPlan instrument_plan(const config::Section& c, const fem::Space& space, const NamedMesh& mesh) {
  InstrumentPlan plan;
  for (const config::Section& item : c.list("cuts"))
    plan.cuts.push_back({item.text("name"), item.vec3("centre_mm"), item.vec3("axis"), item.number("radius_mm")});
  for (const config::Section& item : c.list("pressure_differences"))
    plan.differences.push_back({item.text("name"), item.vec3("from_mm"), item.vec3("to_mm")});
  for (const config::Section& item : c.list("wall_bands"))
    plan.bands.push_back({item.text("name"), item.vec3("centre_mm"), item.vec3("axis"), item.number("width_mm")});
  for (const config::Section& item : c.list("forces")) {
    const double speed = item.number("reference_speed_m_per_s");
    plan.forces.push_back(
        {.surface = surface_set(space, mesh.mesh, {mesh.tag(item.text("surface"), "hemodynamics.forces")}),
         .drag = item.vec3("drag_direction"),
         .lift = item.vec3("lift_direction"),
         .reference = 0.5 * c.number("density_mg_per_mm3") * speed * speed * item.number("reference_area_mm2")});
  }
  return plan;
}

VentricleOptions ventricle_options(const config::Section& c) {
  return {.fluid = fluid_options(c),
          .flow = flow_options(c),
          .valves = {.hysteresis = c.number("valve_hysteresis"), .closure_ms = c.number("closure_ms")},
          .mesh_stiffening = c.number("mesh_stiffening"),
          .smallest_quality = c.number("smallest_quality")};
}

}  // namespace cardiotwin::hemodynamics
