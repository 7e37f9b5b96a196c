#include "settings.hpp"

#include <cmath>

#include "cardiotwin/core/log.hpp"
#include "cardiotwin/core/units.hpp"

namespace cardiotwin::mechanics {

config::Spec parameters() {
  using config::choice, config::integer, config::number, config::Type;
  const Guccione g;
  const HolzapfelOgden h;
  const Twitch t;
  return {
      choice("material", "guccione", {"guccione", "holzapfel_ogden", "neo_hooke"}, "passive law of the wall"),
      number("guccione_C_kPa", g.C, "kPa", "(0, inf)", "Guccione: scale"),
      number("guccione_bf", g.bf, "", "(0, inf)", "Guccione: exponent along the fibre"),
      number("guccione_bt", g.bt, "", "(0, inf)", "Guccione: exponent across the fibre"),
      number("guccione_bfs", g.bfs, "", "(0, inf)", "Guccione: exponent of shear with the fibre"),
      number("holzapfel_ogden_a_kPa", h.a, "kPa", "(0, inf)", "Holzapfel-Ogden: isotropic scale"),
      number("holzapfel_ogden_b", h.b, "", "(0, inf)", "Holzapfel-Ogden: isotropic exponent"),
      number("holzapfel_ogden_af_kPa", h.af, "kPa", "[0, inf)", "Holzapfel-Ogden: fibre scale"),
      number("holzapfel_ogden_bf", h.bf, "", "(0, inf)", "Holzapfel-Ogden: fibre exponent"),
      number("holzapfel_ogden_as_kPa", h.as, "kPa", "[0, inf)", "Holzapfel-Ogden: sheet scale"),
      number("holzapfel_ogden_bs", h.bs, "", "(0, inf)", "Holzapfel-Ogden: sheet exponent"),
      number("holzapfel_ogden_afs_kPa", h.afs, "kPa", "[0, inf)", "Holzapfel-Ogden: fibre-sheet shear scale"),
      number("holzapfel_ogden_bfs", h.bfs, "", "(0, inf)", "Holzapfel-Ogden: fibre-sheet shear exponent"),
      number("neo_hooke_mu_kPa", NeoHooke{}.mu, "kPa", "(0, inf)", "neo-Hooke: shear modulus"),
      number("augmentation_kPa", 5, "kPa", "[0, inf)", "volumetric stiffness beside the pressure multiplier"),
      number("viscosity_kPa_ms", 10, "kPa ms", "[0, inf)", "viscosity on the rate of the Green-Lagrange strain"),
      number("peak_tension_kPa", t.peak, "kPa", "[0, 1000]",
             "largest active tension at the rest length of the sarcomere"),
      number("twitch_rise_ms", t.rise, "ms", "(0, inf)", "time constant of the rise of tension"),
      number("twitch_decay_ms", t.decay, "ms", "(0, inf)", "time constant of its decay"),
      number("twitch_duration_ms", 0, "ms", "[0, inf)",
             "duration of the twitch; 0: 460 ms times the root of the cycle length in s"),
      number("electromechanical_delay_ms", t.delay, "ms", "[0, 100]", "from activation to the first tension"),
      {.key = "length_dependence",
       .type = Type::boolean,
       .fallback = t.length_dependence,
       .meaning = "tension depends on the length of the sarcomere"},
      number("sarcomere_length_um", t.rest_length, "um", "(1.5, 2.5]", "sarcomere length in the stress-free wall"),
      number("pericardium_stiffness_kPa_per_mm", 0.1, "kPa/mm", "[0, inf)",
             "spring on the epicardium, along its normal"),
      number("pericardium_viscosity_kPa_ms_per_mm", 5, "kPa ms/mm", "[0, inf)",
             "dashpot on the epicardium, along its normal"),
      choice("base_support", "springs", {"springs", "clamped"}, "how the basal plane is held"),
      number("base_normal_stiffness_kPa_per_mm", 4, "kPa/mm", "[0, inf)",
             "spring on the basal plane, along its normal"),
      number("base_tangential_stiffness_kPa_per_mm", 0.5, "kPa/mm", "[0, inf)",
             "spring on the basal plane, in the plane"),
      number("heart_rate_per_min", 0, "1/min", "[0, 250]", "0: from the clinical values"),
      number("systolic_pressure_mmHg", 0, "mmHg", "[0, 300]", "arterial; 0: from the clinical values"),
      number("diastolic_pressure_mmHg", 0, "mmHg", "[0, 200]", "arterial; 0: from the clinical values"),
      number("venous_pressure_mmHg", 5, "mmHg", "[0, 30]", "behind the peripheral resistance"),
      number("end_diastolic_pressure_mmHg", 8, "mmHg", "(0, 40]", "of the ventricle"),
      number("atrial_pressure_share", 0.8, "", "(0, 1]",
             "pressure of the passive atrium over the end-diastolic pressure"),
      number("atrial_systole_share", 0.15, "", "[0.05, 0.4]", "of the cycle, at its end"),
      number("expected_ejection_fraction_percent", 55, "%", "[5, 90]",
             "for the calibration of the arterial resistance"),
      number("mitral_resistance_mmHg_s_per_ml", 0.015, "mmHg s/ml", "(0, inf)", "of the open valve"),
      number("aortic_resistance_mmHg_s_per_ml", 0.005, "mmHg s/ml", "(0, inf)", "of the open valve"),
      integer("filling_steps", 4, "[1, 100]", "load steps from no pressure to the end-diastolic one"),
      integer("unloading_iterations", 4, "[0, 20]",
              "fixed-point iterations for the stress-free reference; 0: the image is taken as stress free"),
      number("largest_time_step_ms", 10, "ms", "(0, 50]", "in slow phases of the beat"),
      number("smallest_time_step_ms", 0.5, "ms", "(0, 10]", "in fast phases; only a failing step is cut further"),
      number("pressure_change_per_step_mmHg", 7.5, "mmHg", "(0, 100]", "aimed at by the choice of the time step"),
      number("volume_change_per_step_ml", 5, "ml", "(0, 100]", "aimed at by the choice of the time step"),
      number("frame_interval_ms", 10, "ms", "(0, 100]", "between the frames of wall motion that are kept"),
      choice("direct_solver", "repeatable", {"repeatable", "distributed"},
             "repeatable: every rank factorises the whole matrix, same bits every time; distributed: ranks share it"),
      number("newton_tolerance", 1e-6, "", "(0, 1e-2]", "relative to the load of 1 kPa and to the nodal volumes"),
  };
}

Physiology physiology(const config::Section& config, const artifacts::ClinicalValues* values) {
  Physiology result;
  const auto choose = [&](const char* key, const artifacts::ClinicalValue* clinical, double fallback,
                          const char* unit) {
    if (const double given = config.number(key); given > 0) return given;
    if (clinical && clinical->value > 0) {
      if (clinical->source == "default")
        result.assumptions.push_back(fmt::format("{} is the default {:g} {}", key, clinical->value, unit));
      return clinical->value;
    }
    result.assumptions.push_back(fmt::format("{} is assumed to be {:g} {}", key, fallback, unit));
    return fallback;
  };
  result.heart_rate = choose("heart_rate_per_min", values ? &values->heart_rate : nullptr, 70, "1/min");
  result.systolic_mmHg = choose("systolic_pressure_mmHg", values ? &values->systolic_pressure : nullptr, 120, "mmHg");
  result.diastolic_mmHg = choose("diastolic_pressure_mmHg", values ? &values->diastolic_pressure : nullptr, 80, "mmHg");
  return result;
}

Tissue tissue(const config::Section& c, double cycle_ms) {
  Tissue tissue;
  const std::string law = c.text("material");
  if (law == "guccione")
    tissue.material = Guccione{c.number("guccione_C_kPa"), c.number("guccione_bf"), c.number("guccione_bt"),
                               c.number("guccione_bfs")};
  else if (law == "neo_hooke")
    tissue.material = NeoHooke{c.number("neo_hooke_mu_kPa")};
  else
    tissue.material = HolzapfelOgden{.a = c.number("holzapfel_ogden_a_kPa"),
                                     .b = c.number("holzapfel_ogden_b"),
                                     .af = c.number("holzapfel_ogden_af_kPa"),
                                     .bf = c.number("holzapfel_ogden_bf"),
                                     .as = c.number("holzapfel_ogden_as_kPa"),
                                     .bs = c.number("holzapfel_ogden_bs"),
                                     .afs = c.number("holzapfel_ogden_afs_kPa"),
                                     .bfs = c.number("holzapfel_ogden_bfs")};
  tissue.augmentation = c.number("augmentation_kPa");
  tissue.viscosity = c.number("viscosity_kPa_ms");
  Twitch& twitch = tissue.twitch;
  twitch.peak = c.number("peak_tension_kPa");
  twitch.rise = c.number("twitch_rise_ms");
  twitch.decay = c.number("twitch_decay_ms");
  twitch.duration = c.number("twitch_duration_ms");
  // Systole shortens with the root of the cycle (Bazett's rule for the QT interval).
  if (twitch.duration == 0) twitch.duration = 460 * std::sqrt(cycle_ms / core::ms_per_s);
  twitch.delay = c.number("electromechanical_delay_ms");
  twitch.length_dependence = c.boolean("length_dependence");
  twitch.rest_length = c.number("sarcomere_length_um");
  return tissue;
}

std::vector<Support> supports(const config::Section& c) {
  std::vector<Support> result;
  Support pericardium{.surface = artifacts::surface_epicardium};
  pericardium.normal_stiffness = c.number("pericardium_stiffness_kPa_per_mm");
  pericardium.normal_viscosity = c.number("pericardium_viscosity_kPa_ms_per_mm");
  result.push_back(pericardium);
  if (c.text("base_support") == "springs") {
    Support base{.surface = artifacts::surface_base};
    base.normal_stiffness = c.number("base_normal_stiffness_kPa_per_mm");
    base.tangential_stiffness = c.number("base_tangential_stiffness_kPa_per_mm");
    result.push_back(base);
  }
  return result;
}

BeatOptions beat_options(const config::Section& c, const Physiology& physiology) {
  using core::kPa_per_mmHg;
  BeatOptions o;
  o.cycle = 60 * core::ms_per_s / physiology.heart_rate;
  o.frame_interval = c.number("frame_interval_ms");
  o.largest_step = c.number("largest_time_step_ms");
  o.smallest_step = c.number("smallest_time_step_ms");
  o.pressure_change = c.number("pressure_change_per_step_mmHg") * kPa_per_mmHg;
  o.volume_change = c.number("volume_change_per_step_ml") * core::mm3_per_ml;
  o.end_diastolic_pressure = c.number("end_diastolic_pressure_mmHg") * kPa_per_mmHg;
  o.filling_steps = static_cast<int>(c.integer("filling_steps"));
  o.unloading_iterations = static_cast<int>(c.integer("unloading_iterations"));
  o.systolic_pressure = physiology.systolic_mmHg * kPa_per_mmHg;
  o.diastolic_pressure = physiology.diastolic_mmHg * kPa_per_mmHg;
  o.venous_pressure = c.number("venous_pressure_mmHg") * kPa_per_mmHg;
  o.expected_ejection_fraction = c.number("expected_ejection_fraction_percent") / 100;
  // mmHg s/ml is kPa_per_mmHg kPa ms/mm^3: seconds and millilitres shrink alike.
  o.mitral_resistance = c.number("mitral_resistance_mmHg_s_per_ml") * kPa_per_mmHg;
  o.aortic_resistance = c.number("aortic_resistance_mmHg_s_per_ml") * kPa_per_mmHg;
  o.atrial_pressure = c.number("atrial_pressure_share");
  o.atrial_systole = c.number("atrial_systole_share");
  return o;
}

NewtonOptions newton_options(const config::Section& c) {
  NewtonOptions o;
  o.tolerance = c.number("newton_tolerance");
  o.repeatable = c.text("direct_solver") == "repeatable";
  return o;
}

}  // namespace cardiotwin::mechanics
