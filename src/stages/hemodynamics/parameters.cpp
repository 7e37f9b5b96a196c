/// The stage's parameters: the one place where keys, defaults, units and meanings stand.

#include <algorithm>
#include <iterator>

#include "settings.hpp"

namespace cardiotwin::hemodynamics {
namespace {

using config::choice, config::integer, config::number, config::Type;

config::Parameter numbers(std::string key, std::string unit, std::string meaning) {
  return {.key = std::move(key),
          .type = Type::numbers,
          .fallback = config::Json::array(),
          .unit = std::move(unit),
          .meaning = std::move(meaning)};
}

config::Parameter text(std::string key, std::string meaning) {
  return {.key = std::move(key), .type = Type::text, .meaning = std::move(meaning)};
}

config::Parameter vec3(std::string key, config::Json fallback, std::string unit, std::string meaning) {
  return {.key = std::move(key),
          .type = Type::vec3,
          .fallback = std::move(fallback),
          .unit = std::move(unit),
          .meaning = std::move(meaning)};
}

config::Parameter list(std::string key, std::string meaning, config::Spec items) {
  return {.key = std::move(key),
          .type = Type::list,
          .fallback = config::Json::array(),
          .meaning = std::move(meaning),
          .items = std::move(items)};
}

config::Parameter boundaries() {
  return list(
      "boundaries", "vessels: what holds on named surfaces; the others are walls",
      {text("surface", "name of the surface, as the mesh has it"),
       choice("condition", "velocity", {"velocity", "pressure", "windkessel"},
              "a velocity profile that carries a given flow, a pressure (behind a resistance), or a three-element "
              "Windkessel"),
       choice("profile", "parabolic", {"flat", "parabolic", "rectangular", "womersley"}, "velocity: its shape"),
       choice("scaled_to", "flow", {"flow", "speed"},
              "velocity: values are the flow into the vessel [ml/s], or the speed where the profile is largest [m/s]"),
       numbers("values", "", "flow [ml/s], speed [m/s] or pressure [kPa]: at times_ms, or one for all times"),
       numbers("times_ms", "ms", "times of the values; monotone cubic between them"),
       numbers("fourier_cosine", "",
               "instead of values at times: a_k of sum a_k cos(k w t) + b_k sin(k w t), from k = 0"),
       numbers("fourier_sine", "", "b_k, from k = 0"),
       number("period_ms", 0, "ms", "[0, inf)", "with which values repeat, w = 2 pi / period; 0: they do not"),
       number("resistance_kPa_ms_per_mm3", 0, "kPa ms/mm^3", "[0, inf)",
              "pressure: before it. Windkessel: characteristic resistance"),
       number("peripheral_kPa_ms_per_mm3", 0, "kPa ms/mm^3", "[0, inf)", "Windkessel: peripheral resistance"),
       number("compliance_mm3_per_kPa", 0, "mm^3/kPa", "[0, inf)", "Windkessel: compliance"),
       number("venous_pressure_kPa", 0, "kPa", "", "Windkessel: behind the peripheral resistance"),
       number("start_pressure_kPa", 0, "kPa", "", "Windkessel: over its compliance at time 0")});
}

config::Spec measurements() {
  return {
      list("cuts", "vessels: axial velocity across circles, averaged over the last cycle",
           {text("name", "name in the summary: centerline_velocity.NAME"), vec3("centre_mm", nullptr, "mm", "middle"),
            vec3("axis", {0, 0, 1}, "", "normal of the circles"),
            number("radius_mm", 0, "mm", "[0, inf)", "of the largest circle")}),
      list("pressure_differences", "vessels: p(from) - p(to)",
           {text("name", "name in the summary"), vec3("from_mm", nullptr, "mm", "first point"),
            vec3("to_mm", nullptr, "mm", "second point")}),
      list("wall_bands", "vessels: wall shear stress on parts of the wall",
           {text("name", "name in the summary: tawss.NAME, osi.NAME"), vec3("centre_mm", nullptr, "mm", "middle"),
            vec3("axis", {0, 0, 1}, "", "across the band; shear stress along it is in hemodynamics_curves.csv"),
            number("width_mm", 1, "mm", "(0, inf)", "along the axis")}),
      list("forces", "vessels: force of the blood on a surface over rho U^2 A / 2",
           {text("surface", "name of the surface"), vec3("drag_direction", {1, 0, 0}, "", "of the drag coefficient"),
            vec3("lift_direction", {0, 1, 0}, "", "of the lift coefficient"),
            number("reference_speed_m_per_s", 1, "m/s", "(0, inf)", "U"),
            number("reference_area_mm2", 1, "mm^2", "(0, inf)", "A")}),
  };
}

}  // namespace

config::Spec parameters() {
  config::Spec spec{
      integer("refine", 1, "[0, 3]", "uniform refinements of the blood mesh, eight cells for one each"),
      number("time_step_ms", 1, "ms", "(0, 10]", "time step; shortened to a whole fraction of the cycle"),
      integer("cycles", 1, "[1, 50]", "beats computed; the last is kept; 3 or more until the flow is periodic"),
      integer("frames", 24, "[2, 200]", "velocity and pressure fields kept of the last cycle, besides the first"),
      number("density_mg_per_mm3", 1.06, "mg/mm^3", "(0, inf)", "density of blood"),
      choice("scheme", "fractional_step", {"fractional_step", "coupled"},
             "fast, with one fractional step; or velocity and pressure coupled, for checking and hard cases"),
      choice("rheology", "newtonian", {"newtonian", "carreau_yasuda"}, "viscosity of blood"),
      number("viscosity_kPa_ms", 3.5e-3, "kPa ms", "(0, inf)",
             "dynamic viscosity of blood; carreau_yasuda: at large shear rates"),
      number("viscosity_at_rest_kPa_ms", 0.16, "kPa ms", "(0, inf)", "carreau_yasuda: at small shear rates"),
      number("carreau_time_ms", 8200, "ms", "(0, inf)", "carreau_yasuda: lambda"),
      number("carreau_transition", 0.64, "", "(0, 10]", "carreau_yasuda: a"),
      number("carreau_power", 0.2128, "", "(0, 1]", "carreau_yasuda: n"),
      number("backflow_coefficient", 0.5, "", "[0, 2]",
             "beta of the backflow stabilisation at the open aortic orifice"),
      number("courant_limit", 4, "", "(0, inf)", "Courant number above which a step is made of smaller ones"),
      number("mesh_stiffening", 1, "", "[0, 3]", "exponent with which small cells resist the motion of the mesh"),
      number("smallest_quality", 0.02, "", "(0, 1)", "mean-ratio quality that no moving cell may come below"),
      number("valve_hysteresis", 0.02, "", "[0, 0.5]", "part of the largest |dV/dt| that changes the open orifice"),
      number("closure_ms", 10, "ms", "[0.1, 100]", "time over which the flow left in a closing orifice fades"),
      number("stasis_speed_m_per_s", 0.05, "m/s", "(0, inf)", "mean speed below which blood counts as stagnant"),
      number("low_tawss_Pa", RiskThresholds{}.low_tawss, "Pa", "(0, inf)",
             "time-averaged wall shear stress that counts as low"),
      number("high_rrt_per_Pa", RiskThresholds{}.high_rrt, "1/Pa", "(0, inf)",
             "relative residence time that counts as high"),
      number("high_ecap_per_Pa", RiskThresholds{}.high_ecap, "1/Pa", "(0, inf)",
             "endothelial cell activation potential that counts as high"),
      {.key = "residence_time",
       .type = Type::boolean,
       .fallback = true,
       .meaning = "transport the time that the blood has been in the domain, and the share of the first blood"},
      number("tracer_diffusivity_mm2_per_ms", 1e-3, "mm^2/ms", "[0, inf)", "of residence time and first blood"),
      number("momentum_tolerance", 1e-6, "", "(0, 0.1]", "relative residual of the momentum equations"),
      number("pressure_tolerance", 1e-4, "", "(0, 0.1]", "relative residual of the pressure equation"),
      integer("preconditioner_interval", 100, "[1, 1000]", "time steps that share a multigrid hierarchy"),
      number("cycle_ms", 1000, "ms", "(0, inf)", "vessels: length of a cycle; a ventricle's is that of its wall"),
      number("flow_scale", 1, "", "", "vessels: factor on all given velocities and flows, for rest or exercise"),
      number("ramp_ms", 0, "ms", "[0, inf)", "vessels: given velocities rise from nothing over this time"),
      boundaries(),
      choice("exact_solution", "none", {"none", "ethier_steinman", "uniform"},
             "verification: a flow in closed form gives all boundary values, and errors are reported"),
      choice("mesh_motion", "none", {"none", "wobble"}, "verification: how the mesh of an exact solution moves"),
  };
  std::ranges::copy(measurements(), std::back_inserter(spec));
  return spec;
}

}  // namespace cardiotwin::hemodynamics
