#include "settings.hpp"

#include <spdlog/fmt/fmt.h>

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::hemodynamics {

namespace {

Rheology rheology(const config::Section& c) {
  const double viscosity = c.number("viscosity_kPa_ms");
  if (c.text("rheology") == "newtonian") return newtonian(viscosity);
  return {.infinite = viscosity,
          .zero = c.number("viscosity_at_rest_kPa_ms"),
          .time = c.number("carreau_time_ms"),
          .transition = c.number("carreau_transition"),
          .power = c.number("carreau_power")};
}

SchemeKind scheme(const config::Section& c) {
  return c.text("scheme") == "coupled" ? SchemeKind::coupled : SchemeKind::fractional_step;
}

FluidOptions fluid_options(const config::Section& c) {
  return {.density = c.number("density_mg_per_mm3"),
          .rheology = rheology(c),
          .backflow = c.number("backflow_coefficient"),
          .momentum_tolerance = c.number("momentum_tolerance"),
          .pressure_tolerance = c.number("pressure_tolerance")};
}

FlowOptions flow_options(const config::Section& c) {
  return {.time_step_ms = c.number("time_step_ms"),
          .cycles = static_cast<int>(c.integer("cycles")),
          .frames = static_cast<int>(c.integer("frames")),
          .courant_limit = c.number("courant_limit"),
          .residence_time = c.boolean("residence_time"),
          .tracer_diffusivity = c.number("tracer_diffusivity_mm2_per_ms"),
          .preconditioner_interval = static_cast<int>(c.integer("preconditioner_interval"))};
}

/// Values over time, as the keys values, times_ms, fourier_cosine, fourier_sine and period_ms give them.
Waveform waveform(const config::Section& c) {
  const std::vector<double> given = c.numbers("values"), cosine = c.numbers("fourier_cosine"),
                            sine = c.numbers("fourier_sine");
  const double period = c.number("period_ms");
  const std::string key = "hemodynamics.boundaries: " + c.text("surface") + ".values";
  if (given.size() > 1)
    return Waveform({c.numbers("times_ms"), given, circulation::Interpolation::monotone_cubic, period, key}, period);
  if (given.empty() && cosine.empty() && sine.empty())
    core::fail_configuration({.where = key,
                              .expected = "a value, values at times_ms, or a Fourier series",
                              .found = "nothing",
                              .remedy = "give values, or fourier_cosine and fourier_sine with period_ms"});
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
    condition.is_speed = c.text("scaled_to") == "speed";
    if (condition.is_speed && condition.profile == Profile::womersley)
      core::fail_configuration({.where = "hemodynamics.boundaries: " + c.text("surface") + ".scaled_to",
                                .expected = "\"flow\" for Womersley's profile",
                                .found = "\"speed\"",
                                .remedy = "give the flow: its profile follows"});
    condition.waveform = waveform(c);
  } else if (kind == "pressure") {
    condition.kind = SurfaceCondition::Kind::pressure;
    condition.waveform = waveform(c);
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
  VesselOptions options{.scheme = scheme(c),
                        .fluid = fluid_options(c),
                        .flow = flow_options(c),
                        .ramp_ms = c.number("ramp_ms"),
                        .flow_scale = c.number("flow_scale"),
                        .exact_solution = c.text("exact_solution") == "none" ? "" : c.text("exact_solution"),
                        .wobble = c.text("mesh_motion") == "wobble"};
  options.flow.cycle_ms = c.number("cycle_ms");
  for (const config::Section& item : c.list("boundaries")) options.boundaries.push_back(surface_condition(item));
  return options;
}

RiskThresholds risk_thresholds(const config::Section& c) {
  return {.stasis_speed = c.number("stasis_speed_m_per_s"),
          .low_tawss = c.number("low_tawss_Pa"),
          .high_rrt = c.number("high_rrt_per_Pa"),
          .high_ecap = c.number("high_ecap_per_Pa")};
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
  return {.scheme = scheme(c),
          .fluid = fluid_options(c),
          .flow = flow_options(c),
          .valves = {.hysteresis = c.number("valve_hysteresis"), .closure_ms = c.number("closure_ms")},
          .mesh_stiffening = c.number("mesh_stiffening"),
          .smallest_quality = c.number("smallest_quality")};
}

}  // namespace cardiotwin::hemodynamics
