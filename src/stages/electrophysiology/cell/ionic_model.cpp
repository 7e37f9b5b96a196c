#include "ionic_model.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include <array>
#include <string>

#include "bueno_orovio.hpp"
#include "cardiotwin/core/error.hpp"
#include "mitchell_schaeffer.hpp"
#include "ten_tusscher_2006.hpp"
#include "tor_ord.hpp"

namespace cardiotwin::electrophysiology {

namespace {

[[noreturn]] void unknown(std::string_view what, std::string_view found, const std::string& known) {
  core::fail_configuration({.where = "electrophysiology." + std::string(what),
                            .expected = "one of: " + known,
                            .found = "\"" + std::string(found) + "\"",
                            .remedy = "choose one of them"});
}

template <class Items>
std::string names(const Items& items, auto name) {
  std::string list;
  for (const auto& item : items) list += (list.empty() ? "" : ", ") + std::string(name(item));
  return list;
}

}  // namespace

std::span<const IonicModel* const> ionic_models() {
  static const std::array models{&ten_tusscher_2006(), &tor_ord(), &bueno_orovio(), &mitchell_schaeffer()};
  return models;
}

const IonicModel& ionic_model(std::string_view name) {
  for (const IonicModel* model : ionic_models())
    if (model->name == name) return *model;
  unknown("ionic_model", name, names(ionic_models(), [](const IonicModel* m) { return m->name; }));
}

CellKind cell_kind(const IonicModel& model, std::string_view variant) {
  for (std::size_t v = 0; v < model.variants.size(); ++v)
    if (model.variants[v].name == variant)
      return {v, std::vector<double>(model.currents.size(), 1.0), model.variants[v].potential, model.variants[v].state};
  unknown("cell_type", variant, names(model.variants, [](const CellVariant& v) { return v.name; }));
}

std::string description(const IonicModel& model, const CellKind& kind) {
  return fmt::format("{} {}; scaling {}; start {} {}", model.name, model.variants[kind.variant].name,
                     fmt::join(kind.scaling, " "), kind.potential, fmt::join(kind.state, " "));
}

}  // namespace cardiotwin::electrophysiology
