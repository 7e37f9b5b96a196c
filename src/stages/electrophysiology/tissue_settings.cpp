#include "tissue_settings.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "calibration.hpp"
#include "cardiotwin/stage/place.hpp"
#include "cell/drugs.hpp"
#include "pacing.hpp"
#include "settings.hpp"

namespace cardiotwin::electrophysiology {

using namespace core;
using config::choice, config::integer, config::number, config::Type;

namespace {

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const IonicModel* model : ionic_models()) names.emplace_back(model->name);
  return names;
}

std::string drug_names() {
  std::string names;
  for (const Drug& d : drugs()) names += (names.empty() ? "" : ", ") + d.name;
  return names;
}

config::Spec region_spec() {
  config::Spec spec = stage::place_spec();
  spec.push_back(number("conductivity_factor", 1, "", "[0, 100]",
                        "of both conductivities; 0: scar that does not conduct and is never activated"));
  spec.push_back({.key = "currents",
                  .type = Type::list,
                  .fallback = config::Json::array(),
                  .meaning = "ionic currents scaled in it",
                  .items = {{.key = "name", .type = Type::text, .meaning = "current of the ionic model, e.g. I_Na"},
                            number("factor", 1, "", "[0, 100]", "of its conductance")}});
  return spec;
}

config::Spec drug_spec() {
  return {
      {.key = "name",
       .type = Type::text,
       .fallback = "",
       .meaning = "one of: " + drug_names() + "; or any with blocks"},
      {.key = "concentration_uM", .unit = "uM", .range = "[0, inf)", .meaning = "free concentration"},
      {.key = "blocks",
       .type = Type::list,
       .fallback = config::Json::array(),
       .meaning = "currents a drug of your own blocks",
       .items = {{.key = "current", .type = Type::text, .meaning = "current of the ionic model, e.g. I_Kr"},
                 number("ic50_uM", 1, "uM", "(0, inf)", "half-blocking concentration"),
                 number("hill", 1, "", "(0, 10]", "Hill coefficient")}},
  };
}

/// Is the cell in the region? By its middle.
bool holds(const config::Section& region, const Wall& wall, std::size_t cell) {
  stage::Place place{.aha_segment = wall.aha_segment[cell], .tissue = wall.tissue[cell]};
  for (const std::int32_t p : wall.mesh.cells[cell]) {
    place.middle = place.middle + 0.25 * wall.mesh.points[p];
    place.depth += 0.25 * wall.transmural[p];
  }
  return stage::holds(region, place);
}

[[noreturn]] void no_such_current(const std::string& where, const std::string& name, const IonicModel& model) {
  std::string known;
  for (const auto current : model.currents) known += (known.empty() ? "" : ", ") + std::string(current);
  fail_configuration(
      {.where = where, .expected = "one of: " + known, .found = "\"" + name + "\"", .remedy = "choose one of them"});
}

/// Factors of the model's currents under all drugs together.
std::vector<double> under_drugs(stage::Context& context, const IonicModel& model) {
  std::vector<double> scaling(model.currents.size(), 1.0);
  for (const config::Section& given : context.config.list("drugs")) {
    const std::string name = given.text("name");
    const double concentration = given.number("concentration_uM");
    std::vector<Block> blocks;
    for (const config::Section& b : given.list("blocks"))
      blocks.push_back({b.text("current"), b.number("ic50_uM"), b.number("hill")});
    std::vector<std::string> ignored;
    if (blocks.empty())
      ignored = scale(model, drug(name), concentration, scaling);
    else
      scale(model, blocks, concentration, scaling);
    for (const auto& current : ignored)
      context.findings.warning(name + " blocks " + current + ", which " + std::string(model.title) + " does not have");
  }
  for (std::size_t c = 0; c < scaling.size(); ++c)
    if (scaling[c] != 1) {
      context.log.info("  drugs leave {:.1f} % of {}", 100 * scaling[c], model.currents[c]);
      context.findings.quantity("remaining." + std::string(model.currents[c]), 100 * scaling[c], "%");
    }
  return scaling;
}

void scale_currents(const config::Section& region, const IonicModel& model, std::vector<double>& scaling) {
  for (const config::Section& current : region.list("currents")) {
    const auto found = std::ranges::find(model.currents, current.text("name"));
    if (found == model.currents.end())
      no_such_current("electrophysiology.regions: " + region.text("name") + ".currents", current.text("name"), model);
    scaling[static_cast<std::size_t>(found - model.currents.begin())] *= current.number("factor");
  }
}

/// Index of the variant of each point: transmural layers, or one everywhere.
std::vector<std::string_view> variants_of(const config::Section& config, const Wall& wall, const IonicModel& model) {
  const std::string type = config.text("cell_type");
  if (model.variants.size() == 1) return std::vector(wall.mesh.points.size(), model.variants[0].name);
  if (type != "transmural")
    return std::vector<std::string_view>(wall.mesh.points.size(), model.variants[cell_kind(model, type).variant].name);
  const double endo = config.number("endocardial_layer"), epi = 1 - config.number("epicardial_layer");
  if (endo > epi)
    fail_configuration({.where = "electrophysiology.endocardial_layer",
                        .expected = "layers that fit into the wall",
                        .found = fmt::format("{} + {} > 1", endo, 1 - epi),
                        .remedy = "make endocardial_layer + epicardial_layer at most 1"});
  std::vector<std::string_view> variants;
  for (const double depth : wall.transmural)
    variants.push_back(depth < endo ? "endocardial" : depth > epi ? "epicardial" : "mid");
  return variants;
}

}  // namespace

config::Spec tissue_spec() {
  return {
      choice("ionic_model", "ten_tusscher_2006", model_names(), "model of the cell membrane"),
      choice("cell_type", "transmural", {"transmural", "endocardial", "mid", "epicardial"},
             "variant of the ionic model; transmural: three layers, where the model has them"),
      number("endocardial_layer", 0.3, "", "[0, 1]", "transmural: share of the wall with endocardial cells"),
      number("epicardial_layer", 0.3, "", "[0, 1]", "transmural: share of the wall with epicardial cells"),
      integer("pacing_beats", 0, "[0, 10000]",
              "beats for which a single cell of each kind is paced before; 0: published initial state"),
      number("pacing_cycle_ms", 1000, "ms", "[200, 10000]", "cycle of that pacing"),
      number("conductivity_along_S_per_m", 0.133418, "S/m", "(0, 10]",
             "monodomain conductivity along the fibre (Niederer et al. 2011: 0.6 m/s)"),
      number("conductivity_across_S_per_m", 0.0176062, "S/m", "(0, 10]",
             "monodomain conductivity across the fibre (Niederer et al. 2011: 0.22 m/s)"),
      {.key = "calibrate",
       .type = Type::boolean,
       .fallback = false,
       .meaning = "find the conductivities that give speed_along_m_per_s and speed_across_m_per_s on elements of this "
                  "size, instead of the given ones"},
      {.key = "regions",
       .type = Type::list,
       .fallback = config::Json::array(),
       .meaning =
           "parts of the wall with properties of their own: scar, border zone, fast endocardial layer; where two "
           "overlap, the later one holds",
       .items = region_spec()},
      {.key = "drugs",
       .type = Type::list,
       .fallback = config::Json::array(),
       .meaning = "drugs that block ionic currents",
       .items = drug_spec()},
  };
}

void cut_scar(const config::Section& config, Wall& wall) {
  std::vector<bool> keep(wall.mesh.cells.size(), true);
  bool cut = false;
  for (const config::Section& region : config.list("regions")) {
    bool found = false;
    for (std::size_t c = 0; c < keep.size(); ++c)
      if (holds(region, wall, c)) found = true, keep[c] = region.number("conductivity_factor") > 0;
    if (!found)
      fail_configuration({.where = "electrophysiology.regions: " + region.text("name"),
                          .expected = "a part of the wall",
                          .found = "no cell of it",
                          .remedy = "check segments, tissue, position_mm, radius_mm and depth; enlarge it"});
    cut = cut || region.number("conductivity_factor") == 0;
  }
  if (cut) keep_cells(wall, keep);
}

Conductivity conductivity_of(stage::Context& context, const Wall& wall) {
  const config::Section& config = context.config;
  Conductivity sigma{config.number("conductivity_along_S_per_m"), config.number("conductivity_across_S_per_m")};
  if (!config.boolean("calibrate")) return sigma;
  std::vector<double> found;
  on_root(context.comm, [&] {
    const auto scope = context.timers.scope("electrophysiology.calibration");
    const IonicModel& model = ionic_model(config.text("ionic_model"));
    const Speed target{config.number("speed_along_m_per_s"), config.number("speed_across_m_per_s")};
    const Conductivity made = calibrate({.model = model,
                                         .kind = cell_kind(model, model.variants.back().name),
                                         .target = target,
                                         .edge_mm = mean_edge(wall.mesh),
                                         .options = options_of(config)},
                                        context.run_folder / "calibration");
    found = {made.along, made.across};
    context.log.info("  calibrated: {:.4f} S/m along ({} m/s), {:.4f} S/m across ({} m/s)", made.along, target.along,
                     made.across, target.across);
    context.findings.quantity("conductivity.along", made.along, "S/m");
    context.findings.quantity("conductivity.across", made.across, "S/m");
  });
  context.comm.broadcast(found);
  return {found.at(0), found.at(1)};
}

std::vector<double> conductivity_factors(const config::Section& config, const Wall& wall) {
  std::vector<double> factors(wall.mesh.cells.size(), 1);
  for (const config::Section& region : config.list("regions"))
    for (std::size_t c = 0; c < factors.size(); ++c)
      if (holds(region, wall, c)) factors[c] = region.number("conductivity_factor");
  return factors;
}

Tissue tissue_of(stage::Context& context, const Wall& wall, const Conductivity& sigma) {
  const config::Section& config = context.config;
  const IonicModel& model = ionic_model(config.text("ionic_model"));
  Tissue tissue{.mesh = wall.mesh,
                .fibres = wall.fibre,
                .conductivity = {},
                .model = model,
                .kinds = {},
                .kind_of = std::vector<std::int32_t>(wall.mesh.points.size(), 0)};

  for (const double factor : conductivity_factors(config, wall))
    tissue.conductivity.push_back({factor * sigma.along, factor * sigma.across});
  const auto drugged = under_drugs(context, model);
  const auto regions = config.list("regions");
  std::vector<std::int32_t> region_of(wall.mesh.points.size(), -1);
  for (std::size_t r = 0; r < regions.size(); ++r)
    for (std::size_t c = 0; c < wall.mesh.cells.size(); ++c)
      if (holds(regions[r], wall, c))
        for (const std::int32_t p : wall.mesh.cells[c]) region_of[p] = static_cast<std::int32_t>(r);
  const auto variants = variants_of(config, wall, model);
  std::map<std::pair<std::string_view, std::int32_t>, std::int32_t> known;
  for (std::size_t p = 0; p < variants.size(); ++p) {
    const auto [place, is_new] =
        known.try_emplace({variants[p], region_of[p]}, static_cast<std::int32_t>(tissue.kinds.size()));
    tissue.kind_of[p] = place->second;
    if (!is_new) continue;
    CellKind kind = cell_kind(model, variants[p]);
    kind.scaling = drugged;
    if (region_of[p] >= 0) scale_currents(regions[static_cast<std::size_t>(region_of[p])], model, kind.scaling);
    tissue.kinds.push_back(std::move(kind));
  }
  return tissue;
}

void pace_kinds(stage::Context& context, Tissue& tissue) {
  const config::Section& config = context.config;
  const Pacing pacing{.cycle_ms = config.number("pacing_cycle_ms"),
                      .beats = static_cast<int>(config.integer("pacing_beats")),
                      .time_step_ms = config.number("time_step_ms")};
  if (pacing.beats == 0) return;
  const auto scope = context.timers.scope("electrophysiology.pacing");
  for (CellKind& kind : tissue.kinds) {
    std::vector<double> potential;
    on_root(context.comm, [&] {
      kind = paced(tissue.model, kind, pacing, context.run_folder / "pacing");
      potential = {kind.potential};
    });
    context.comm.broadcast(potential);
    context.comm.broadcast(kind.state);
    kind.potential = potential.at(0);
  }
}

}  // namespace cardiotwin::electrophysiology
