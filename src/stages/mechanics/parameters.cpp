/// The stage's parameters: the one place where keys, defaults, units and meanings stand.

#include <algorithm>
#include <iterator>

#include "active/land.hpp"
#include "active/twitch.hpp"
#include "loads.hpp"
#include "settings.hpp"

namespace cardiotwin::mechanics {
namespace {

using config::choice, config::integer, config::number, config::Type;

config::Parameter boolean(std::string key, bool fallback, std::string meaning) {
  return {.key = std::move(key), .type = Type::boolean, .fallback = fallback, .meaning = std::move(meaning)};
}

config::Spec material_parameters() {
  std::vector<std::string> names;
  config::Spec spec;
  for_each_material([&]<class Law>(const Law& law) {
    names.emplace_back(Law::name);
    for (const auto& p : Law::parameters())
      spec.push_back(number(material_key(p), law.*p.value, p.unit, p.may_be_zero ? "[0, inf)" : "(0, inf)",
                            std::string(Law::name) + ": " + p.meaning));
  });
  spec.insert(spec.begin(), choice("material", names.front(), names, "passive law of the wall"));
  spec.push_back(boolean("holzapfel_ogden_whole_fibres", HolzapfelOgden{}.whole_fibres,
                         "holzapfel_ogden: the fibres' invariants are those of the whole strain, not of its isochoric "
                         "part"));
  return spec;
}

config::Spec tissue_parameters() {
  const Tissue t;
  config::Spec regions = stage::place_spec();
  regions.push_back(number("stiffness_factor", 1, "", "(0, 1000]", "of the passive law"));
  regions.push_back(
      number("tension_factor", 1, "", "[0, 10]", "of the active tension; 0: scar that does not contract"));
  return {
      number("augmentation_kPa", t.augmentation, "kPa", "[0, inf)",
             "volumetric stiffness beside the pressure multiplier; without effect on the incompressible solution"),
      number("bulk_modulus_kPa", t.bulk_modulus, "kPa", "[0, inf)",
             "K of U = K/4 (J^2 - 1 - 2 ln J); 0: incompressible"),
      number("viscosity_kPa_ms", 10, "kPa ms", "[0, inf)", "viscosity on the rate of the Green-Lagrange strain"),
      number("density_kg_per_m3", 0, "kg/m^3", "[0, 1e5]", "inertia of the wall; 0: quasi-static"),
      number("spectral_radius", AlphaScheme{}.radius, "", "[0, 1]",
             "of the generalised-alpha scheme at high frequencies; 1: no numerical damping"),
      {.key = "regions",
       .type = Type::list,
       .fallback = config::Json::array(),
       .meaning = "parts of the wall with properties of their own, e.g. scar; where two overlap, the later one holds",
       .items = regions},
  };
}

config::Spec tension_parameters() {
  const Twitch t;
  const ActiveLaw a;
  const LandParameters l;
  const CalciumTransient c;
  return {
      choice("tension", "twitch", {"twitch", "land_2017", "given", "none"},
             "active tension: a twitch timed by the activation; Land et al. 2017, driven by a calcium transient; or "
             "tension_kPa over times_ms"),
      choice("active_stress", "second_piola", {"second_piola", "first_piola"},
             "what the tension is: S = T f x f (second_piola), or force per area of the reference, S = T/lambda f x f"),
      number("peak_tension_kPa", t.peak, "kPa", "[0, 1000]",
             "twitch: largest active tension at the rest length of the sarcomere"),
      number("twitch_rise_ms", t.rise, "ms", "(0, inf)", "twitch: time constant of the rise of tension"),
      number("twitch_decay_ms", t.decay, "ms", "(0, inf)", "twitch: time constant of its decay"),
      number("twitch_duration_ms", 0, "ms", "[0, inf)", "twitch: 0: 460 ms times the root of the cycle length in s"),
      number("electromechanical_delay_ms", t.delay, "ms", "[0, 100]", "twitch: from activation to the first tension"),
      boolean("length_dependence", true, "twitch: tension depends on the length of the sarcomere"),
      number("sarcomere_length_um", a.rest_length, "um", "(1.5, 2.5]", "twitch: length in the stress-free wall"),
      number("land_2017_reference_tension_kPa", l.t_ref, "kPa", "(0, 1000]",
             "land_2017: tension at full activation and no motion"),
      number("land_2017_ca_t50_uM", l.ca_t50, "uM", "(0, 10]", "land_2017: calcium of half activation of troponin"),
      number("land_2017_calcium_diastolic_uM", c.diastolic, "uM", "(0, 10]", "land_2017: lowest free calcium"),
      number("land_2017_calcium_peak_uM", c.peak, "uM", "(0, 10]", "land_2017: highest free calcium"),
      number("land_2017_calcium_rise_ms", c.rise, "ms", "(0, inf)", "land_2017: time constant of calcium's rise"),
      number("land_2017_calcium_decay_ms", c.decay, "ms", "(0, inf)", "land_2017: time constant of its decay"),
  };
}

config::Spec support_parameters() {
  config::Spec further = stage::place_spec();
  for (const config::Parameter& p :
       {choice("surface", "epicardium", support_surface_names(), "that it is on"),
        number("normal_stiffness_kPa_per_mm", 0, "kPa/mm", "[0, inf)", "spring along the surface's normal"),
        number("tangential_stiffness_kPa_per_mm", 0, "kPa/mm", "[0, inf)", "spring in its plane"),
        number("normal_viscosity_kPa_ms_per_mm", 0, "kPa ms/mm", "[0, inf)", "dashpot along the normal"),
        number("tangential_viscosity_kPa_ms_per_mm", 0, "kPa ms/mm", "[0, inf)", "dashpot in the plane")})
    further.push_back(p);
  return {
      number("pericardium_stiffness_kPa_per_mm", 0.1, "kPa/mm", "[0, inf)",
             "spring on the epicardium, along its normal"),
      number("pericardium_viscosity_kPa_ms_per_mm", 5, "kPa ms/mm", "[0, inf)",
             "dashpot on the epicardium, along its normal"),
      choice("base_support", "springs", {"springs", "clamped"}, "how the basal plane is held"),
      number("base_normal_stiffness_kPa_per_mm", 4, "kPa/mm", "[0, inf)",
             "spring on the basal plane, along its normal"),
      number("base_tangential_stiffness_kPa_per_mm", 0.5, "kPa/mm", "[0, inf)",
             "spring on the basal plane, in the plane"),
      number("base_viscosity_kPa_ms_per_mm", 0, "kPa ms/mm", "[0, inf)", "dashpot on the basal plane, all directions"),
      {.key = "supports",
       .type = Type::list,
       .fallback = config::Json::array(),
       .meaning =
           "further springs and dashpots on parts of surfaces, e.g. where the diaphragm or a scar holds the wall",
       .items = further},
  };
}

config::Spec circulation_parameters() {
  return {
      choice(
          "circulation", "left_heart", {"left_heart", "closed_loop", "given_pressure", "given_volume"},
          "left_heart: Windkessel and an atrium that closes each beat; closed_loop: the whole circulation, calibrated "
          "to the patient; or pressure_kPa or volume_ml over times_ms, from the mesh at rest"),
      number("heart_rate_per_min", 0, "1/min", "[0, 250]", "0: from the clinical values"),
      number("systolic_pressure_mmHg", 0, "mmHg", "[0, 300]", "arterial; 0: from the clinical values"),
      number("diastolic_pressure_mmHg", 0, "mmHg", "[0, 200]", "arterial; 0: from the clinical values"),
      number("venous_pressure_mmHg", 5, "mmHg", "[0, 30]", "left_heart: behind the peripheral resistance"),
      number("end_diastolic_pressure_mmHg", 8, "mmHg", "(0, 40]", "of the ventricle"),
      number("atrial_pressure_share", 0.8, "", "(0, 1]",
             "left_heart: pressure of the passive atrium over the end-diastolic pressure"),
      number("atrial_systole_share", 0.15, "", "[0.05, 0.4]", "left_heart: of the cycle, at its end"),
      number("expected_ejection_fraction_percent", 0, "%", "[0, 90]",
             "that the circulation is calibrated for; 0: as measured in the images, 55 without them"),
      boolean("fit_tension", false,
              "scale the active tension until a beat ejects what is expected, within half a point: in trials of the "
              "first beat, then from beat to beat"),
      number("mitral_resistance_mmHg_s_per_ml", 0.015, "mmHg s/ml", "(0, inf)", "left_heart: of the open valve"),
      number("aortic_resistance_mmHg_s_per_ml", 0.005, "mmHg s/ml", "(0, inf)", "left_heart: of the open valve"),
      integer("beats", 1, "[1, 100]", "beats at most; the last one is the result"),
      number(
          "limit_cycle_tolerance_percent", 1, "%", "[0, 100]",
          "beats end when volume (of the stroke) and pressure (of the peak) change by less from start to end; 0: all "
          "beats"),
  };
}

config::Spec solver_parameters() {
  return {
      choice("element", "p2_p1", {"p2_p1", "p1_p1"},
             "p2_p1: quadratic displacement, linear pressure; p1_p1: linear and stabilised, a quick preview"),
      number("stabilisation", Tissue{}.stabilisation, "", "(0, 10]",
             "p1_p1: of the pressure, times h^2 over stiffness"),
      integer("filling_steps", 4, "[1, 100]", "load steps from no pressure to the end-diastolic one"),
      integer("unloading_iterations", 8, "[0, 100]",
              "fixed-point iterations for the stress-free reference, at most; 0: the image is taken as stress free"),
      number("unloading_tolerance_mm", 0.05, "mm", "(0, 10]",
             "distance of the loaded wall from the image at which they end"),
      number("largest_time_step_ms", 10, "ms", "(0, 50]", "in slow phases of the beat"),
      number("smallest_time_step_ms", 0.5, "ms", "(0, 10]", "in fast phases; only a failing step is cut further"),
      number("pressure_change_per_step_mmHg", 7.5, "mmHg", "(0, 100]", "aimed at by the choice of the time step"),
      number("volume_change_per_step_ml", 5, "ml", "(0, 100]", "aimed at by the choice of the time step"),
      number("frame_interval_ms", 10, "ms", "(0, 100]", "between the frames of wall motion that are kept"),
      choice("linear_solver", "automatic", {"automatic", "direct", "multigrid"},
             "direct: MUMPS; multigrid: p2_p1 and incompressible walls only; automatic: multigrid from 60,000 unknowns "
             "on"),
      choice("direct_solver", "repeatable", {"repeatable", "distributed"},
             "repeatable: every rank factorises the whole matrix, same bits every time; distributed: ranks share it"),
      number("newton_tolerance", 1e-6, "", "(0, 1e-2]", "relative to the load of 1 kPa and to the nodal volumes"),
      stage::probe_list("points whose position over time is reported by name"),
  };
}

}  // namespace

config::Spec parameters() {
  config::Spec spec;
  for (const config::Spec& part :
       {material_parameters(), tissue_parameters(), tension_parameters(), support_parameters(),
        circulation_parameters(), load_parameters(), solver_parameters()})
    std::ranges::copy(part, std::back_inserter(spec));
  return spec;
}

}  // namespace cardiotwin::mechanics
