#include "settings.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "active/land_model.hpp"
#include "active/prescribed_tension.hpp"
#include "active/twitch.hpp"
#include "cardiotwin/circulation/calibration.hpp"
#include "cardiotwin/circulation/open_loop.hpp"
#include "cardiotwin/circulation/prescribed.hpp"
#include "cardiotwin/core/log.hpp"
#include "cardiotwin/core/units.hpp"
#include "cardiotwin/mesh/edge_index.hpp"
#include "loads.hpp"

namespace cardiotwin::mechanics {

namespace {

constexpr double usual_ejection_fraction = 0.55;

/// Of the case file, else of the images, else a usual one.
double ejection_fraction(const config::Section& config, const artifacts::MeasuredVolumes* volumes,
                         std::vector<std::string>& assumptions) {
  if (const double given = config.number("expected_ejection_fraction_percent"); given > 0) return given / 100;
  if (const double measured = volumes ? volumes->ejection_fraction() : 0; measured > 0.05 && measured < 0.9)
    return measured;
  assumptions.push_back(fmt::format("the ejection fraction is expected to be {:g} %", 100 * usual_ejection_fraction));
  return usual_ejection_fraction;
}

}  // namespace

Physiology physiology(const config::Section& config, const artifacts::ClinicalValues* values,
                      const artifacts::MeasuredVolumes* volumes) {
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
  result.ejection_fraction = ejection_fraction(config, volumes, result.assumptions);
  return result;
}

Tissue tissue(const config::Section& c) {
  Tissue tissue;
  for_each_material([&]<class Law>(Law law) {
    if (c.text("material") != Law::name) return;
    for (const auto& p : Law::parameters()) law.*p.value = c.number(material_key(p));
    tissue.material = law;
  });
  if (auto* h = std::get_if<HolzapfelOgden>(&tissue.material))
    h->whole_fibres = c.boolean("holzapfel_ogden_whole_fibres");
  tissue.bulk_modulus = c.number("bulk_modulus_kPa");
  // Beside a compressible law the augmentation would be one more stiffness.
  tissue.augmentation = tissue.bulk_modulus > 0 ? 0 : c.number("augmentation_kPa");
  tissue.viscosity = c.number("viscosity_kPa_ms");
  tissue.stabilisation = c.number("stabilisation");
  tissue.active.over_stretch = c.text("active_stress") == "first_piola";
  tissue.active.length_dependence = c.text("tension") == "twitch" && c.boolean("length_dependence");
  tissue.active.rest_length = c.number("sarcomere_length_um");
  return tissue;
}

namespace {

Twitch twitch(const config::Section& c, double cycle) {
  Twitch twitch;
  twitch.peak = c.number("peak_tension_kPa");
  twitch.rise = c.number("twitch_rise_ms");
  twitch.decay = c.number("twitch_decay_ms");
  twitch.duration = c.number("twitch_duration_ms");
  // Systole shortens with the root of the cycle (Bazett's rule for the QT interval).
  if (twitch.duration == 0) twitch.duration = 460 * std::sqrt(cycle / core::ms_per_s);
  twitch.delay = c.number("electromechanical_delay_ms");
  return twitch;
}

std::unique_ptr<TensionModel> land_2017(const config::Section& c, double cycle, const TensionSites& sites) {
  LandParameters land;
  land.t_ref = c.number("land_2017_reference_tension_kPa");
  land.ca_t50 = c.number("land_2017_ca_t50_uM");
  CalciumTransient calcium;
  calcium.diastolic = c.number("land_2017_calcium_diastolic_uM");
  calcium.peak = c.number("land_2017_calcium_peak_uM");
  calcium.rise = c.number("land_2017_calcium_rise_ms");
  calcium.decay = c.number("land_2017_calcium_decay_ms");
  return std::make_unique<LandModel>(land, calcium, cycle, sites);
}

}  // namespace

std::unique_ptr<TensionModel> tension_model(const config::Section& c, double cycle, const TensionSites& sites) {
  const std::string model = c.text("tension");
  if (model == "twitch") return std::make_unique<TwitchModel>(twitch(c, cycle), sites);
  if (model == "land_2017") return land_2017(c, cycle, sites);
  if (model == "none") return std::make_unique<NoTension>();
  return std::make_unique<PrescribedTension>(given_curve(c, "tension_kPa"), sites);
}

std::vector<Support> supports(const config::Section& c) {
  Support pericardium{.surface = artifacts::surface_epicardium};
  pericardium.normal_stiffness = c.number("pericardium_stiffness_kPa_per_mm");
  pericardium.normal_viscosity = c.number("pericardium_viscosity_kPa_ms_per_mm");
  std::vector<Support> result{pericardium};
  if (c.text("base_support") == "springs") {
    Support base{.surface = artifacts::surface_base};
    base.normal_stiffness = c.number("base_normal_stiffness_kPa_per_mm");
    base.tangential_stiffness = c.number("base_tangential_stiffness_kPa_per_mm");
    base.normal_viscosity = base.tangential_viscosity = c.number("base_viscosity_kPa_ms_per_mm");
    result.push_back(base);
  }
  return result;
}

namespace {

constexpr std::int32_t support_surfaces[] = {artifacts::surface_endocardium, artifacts::surface_epicardium,
                                             artifacts::surface_base, artifacts::surface_rv_endocardium};

std::int32_t support_surface(const std::string& name) {
  return *std::ranges::find(support_surfaces, name, artifacts::surface_name);
}

}  // namespace

std::vector<std::string> support_surface_names() {
  std::vector<std::string> names;
  for (const std::int32_t tag : support_surfaces) names.emplace_back(artifacts::surface_name(tag));
  return names;
}

std::vector<Support> further_supports(const config::Section& c, const mesh::TetMesh& wall,
                                      std::span<const stage::Place> cells) {
  std::vector<Support> result;
  const std::vector<config::Section> list = c.list("supports");
  if (list.empty()) return result;
  const auto sides = mesh::triangle_cells(wall);
  for (const config::Section& item : list) {
    Support s{.surface = support_surface(item.text("surface"))};
    s.part.assign(wall.triangles.size(), 0);
    for (std::size_t t = 0; t < s.part.size(); ++t)
      s.part[t] = wall.surface[t] == s.surface && sides[t][0] >= 0 && stage::holds(item, cells[sides[t][0]]);
    if (std::ranges::count(s.part, 1) == 0)
      core::fail_configuration({.where = "mechanics.supports: " + item.text("name"),
                                .expected = "a part of the surface " + item.text("surface"),
                                .found = "no triangle of it",
                                .remedy = "check surface, segments, position_mm and radius_mm; enlarge it"});
    s.normal_stiffness = item.number("normal_stiffness_kPa_per_mm");
    s.tangential_stiffness = item.number("tangential_stiffness_kPa_per_mm");
    s.normal_viscosity = item.number("normal_viscosity_kPa_ms_per_mm");
    s.tangential_viscosity = item.number("tangential_viscosity_kPa_ms_per_mm");
    result.push_back(std::move(s));
  }
  return result;
}

RegionFactors region_factors(const config::Section& c, std::span<const stage::Place> cells) {
  RegionFactors factors;
  for (const config::Section& region : c.list("regions")) {
    if (factors.stiffness.empty()) factors = {std::vector(cells.size(), 1.0), std::vector(cells.size(), 1.0)};
    bool found = false;
    for (std::size_t k = 0; k < cells.size(); ++k) {
      if (!stage::holds(region, cells[k])) continue;
      found = true;
      factors.stiffness[k] = region.number("stiffness_factor");
      factors.tension[k] = region.number("tension_factor");
    }
    if (!found)
      core::fail_configuration({.where = "mechanics.regions: " + region.text("name"),
                                .expected = "a part of the wall",
                                .found = "no cell of it",
                                .remedy = "check segments, tissue, position_mm, radius_mm and depth; enlarge it"});
  }
  return factors;
}

bool is_heart_beat(const config::Section& c) { return !c.text("circulation").starts_with("given"); }

namespace {

double cycle_ms(const config::Section& c, const Physiology& physiology) {
  if (is_heart_beat(c)) return 60 * core::ms_per_s / physiology.heart_rate;
  return loads_end_ms(c);
}

}  // namespace

BeatOptions beat_options(const config::Section& c, const Physiology& physiology) {
  using core::kPa_per_mmHg;
  BeatOptions o;
  o.cycle = cycle_ms(c, physiology);
  o.frame_interval = c.number("frame_interval_ms");
  o.largest_step = c.number("largest_time_step_ms");
  o.smallest_step = std::min(c.number("smallest_time_step_ms"), o.largest_step);
  o.pressure_change = c.number("pressure_change_per_step_mmHg") * kPa_per_mmHg;
  o.volume_change = c.number("volume_change_per_step_ml") * core::mm3_per_ml;
  o.end_diastolic_pressure = c.number("end_diastolic_pressure_mmHg") * kPa_per_mmHg;
  o.filling_steps = is_heart_beat(c) ? static_cast<int>(c.integer("filling_steps")) : 0;
  o.unloading_iterations = is_heart_beat(c) ? static_cast<int>(c.integer("unloading_iterations")) : 0;
  o.unloading_tolerance = c.number("unloading_tolerance_mm");
  o.beats = static_cast<int>(c.integer("beats"));
  o.limit_cycle_tolerance = c.number("limit_cycle_tolerance_percent") / 100;
  if (is_heart_beat(c) && c.boolean("fit_tension")) o.ejection_fraction = physiology.ejection_fraction;
  return o;
}

namespace {

std::unique_ptr<circulation::Circulation> left_heart(const config::Section& c, const Physiology& body, double volume) {
  using core::kPa_per_mmHg;
  const double cycle = 60 * core::ms_per_s / body.heart_rate, diastolic = body.diastolic_mmHg * kPa_per_mmHg;
  circulation::LeftHeart heart;
  heart.arteries =
      circulation::calibrate(circulation::ArterialTarget{.systolic_kPa = body.systolic_mmHg * kPa_per_mmHg,
                                                         .diastolic_kPa = diastolic,
                                                         .venous_kPa = c.number("venous_pressure_mmHg") * kPa_per_mmHg,
                                                         .stroke_volume_mm3 = body.ejection_fraction * volume,
                                                         .cycle_ms = cycle});
  // mmHg s/ml is kPa_per_mmHg kPa ms/mm^3: seconds and millilitres shrink alike.
  heart.mitral.resistance = c.number("mitral_resistance_mmHg_s_per_ml") * kPa_per_mmHg;
  heart.aortic.resistance = c.number("aortic_resistance_mmHg_s_per_ml") * kPa_per_mmHg;
  heart.atrial_pressure = c.number("atrial_pressure_share") * c.number("end_diastolic_pressure_mmHg") * kPa_per_mmHg;
  heart.cycle = cycle;
  heart.atrial_systole = c.number("atrial_systole_share") * cycle;
  heart.end_diastolic_volume = volume;
  return std::make_unique<circulation::OpenLoop>(heart, diastolic);
}

std::unique_ptr<circulation::Circulation> closed_loop(const config::Section& c, const Physiology& body, double volume) {
  using core::kPa_per_mmHg;
  const circulation::ClosedLoopFit fit = circulation::calibrate(
      circulation::ClosedLoopTarget{.end_diastolic_volume = volume,
                                    .stroke_volume = body.ejection_fraction * volume,
                                    .end_diastolic_pressure = c.number("end_diastolic_pressure_mmHg") * kPa_per_mmHg,
                                    .systolic_pressure = body.systolic_mmHg * kPa_per_mmHg,
                                    .diastolic_pressure = body.diastolic_mmHg * kPa_per_mmHg,
                                    .period = 60 * core::ms_per_s / body.heart_rate});
  return std::make_unique<circulation::ClosedLoop>(fit.parameters, fit.end_diastole);
}

CirculationMaker given(const circulation::Curve& curve, circulation::Quantity quantity) {
  return
      [curve, quantity](double volume) { return std::make_unique<circulation::Prescribed>(quantity, curve, volume); };
}

}  // namespace

CirculationMaker circulation_maker(const config::Section& c, const Physiology& body) {
  const std::string model = c.text("circulation");
  if (model == "left_heart") return [c, body](double volume) { return left_heart(c, body, volume); };
  if (model == "closed_loop") return [c, body](double volume) { return closed_loop(c, body, volume); };
  if (model == "given_pressure") return given(given_curve(c, "pressure_kPa"), circulation::Quantity::pressure);
  return given(given_curve(c, "volume_ml", core::mm3_per_ml), circulation::Quantity::volume);
}

NewtonOptions newton_options(const config::Section& c) {
  NewtonOptions o;
  o.tolerance = c.number("newton_tolerance");
  o.repeatable = c.text("direct_solver") == "repeatable";
  const std::string method = c.text("linear_solver");
  if (method == "direct") o.linear_method = LinearMethod::direct;
  if (method == "multigrid") o.linear_method = LinearMethod::multigrid;
  return o;
}

}  // namespace cardiotwin::mechanics
