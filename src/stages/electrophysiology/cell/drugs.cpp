#include "drugs.hpp"

#include <algorithm>
#include <cmath>

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::electrophysiology {

namespace {

const std::vector<Drug>& table() {
  static const std::vector<Drug> drugs{
      {"bepridil",
       0.033,
       {{"I_CaL", 2.808, .6486},
        {"I_Ks", 28.63, .7061},
        {"I_Na", 2.929, 1.164},
        {"I_NaL", 1.814, 1.416},
        {"I_to", 8.594, 3.541},
        {"I_Kr", .05134, .9293}}},
      {"chlorpromazine",
       0.038,
       {{"I_CaL", 8.192, .8441},
        {"I_K1", 9.27, .6878},
        {"I_Na", 4.536, 1.995},
        {"I_NaL", 4.56, .9379},
        {"I_to", 17620, .3654},
        {"I_Kr", .9752, .8281}}},
      {"cisapride",
       0.0026,
       {{"I_CaL", 9267, .4261},
        {"I_K1", 29.48, .5133},
        {"I_Ks", 81170, .2921},
        {"I_to", 219.1, .243},
        {"I_Kr", .01127, .621}}},
      {"diltiazem",
       0.122,
       {{"I_CaL", .1121, .7142},
        {"I_Na", 110.9, .7022},
        {"I_NaL", 21.87, .6779},
        {"I_to", 2.822e6, .1696},
        {"I_Kr", 13.14, .9119}}},
      {"dofetilide",
       0.002,
       {{"I_CaL", .2603, 1.163},
        {"I_K1", .3944, .765},
        {"I_Na", .3805, .892},
        {"I_NaL", 753.1, .2597},
        {"I_to", .01882, .7712},
        {"I_Kr", .006125, 1.079}}},
      {"mexiletine", 4.129, {{"I_CaL", 38.24, 1.031}, {"I_NaL", 8.957, 1.409}, {"I_Kr", 29.07, .8928}}},
      {"ondansetron",
       0.139,
       {{"I_CaL", 22.55, .7526},
        {"I_Ks", 569.8, .6535},
        {"I_Na", 57.67, 1.02},
        {"I_NaL", 19.18, 1.035},
        {"I_to", 1023, .9891},
        {"I_Kr", 1.325, .921}}},
      {"quinidine",
       3.237,
       {{"I_CaL", 51.59, .5892},
        {"I_K1", 39590, .3468},
        {"I_Ks", 4.899, 1.363},
        {"I_Na", 12.33, 1.494},
        {"I_NaL", 9.417, 1.337},
        {"I_to", 3.487, 1.282},
        {"I_Kr", .9863, .8404}}},
      {"ranolazine",
       1.9482,
       {{"I_Ks", 36160, .5191}, {"I_Na", 68.77, 1.425}, {"I_NaL", 7.884, .945}, {"I_Kr", 8.208, .8576}}},
      {"sotalol",
       14.69,
       {{"I_CaL", 7062, .8651},
        {"I_K1", 3050, 1.204},
        {"I_Ks", 4222, 1.167},
        {"I_Na", 1.144e6, .5089},
        {"I_to", 43140, .6632},
        {"I_Kr", 107.1, .785}}},
      {"terfenadine",
       0.004,
       {{"I_CaL", .7004, .6601},
        {"I_Ks", 399.8, .543},
        {"I_Na", 4.803, 1.015},
        {"I_NaL", 20.06, .6011},
        {"I_to", 240, .2559},
        {"I_Kr", .0204, .6118}}},
      {"verapamil",
       0.081,
       {{"I_CaL", .2018, 1.097},
        {"I_K1", 348800, .2728},
        {"I_NaL", 7.028, 1.031},
        {"I_to", 13.43, .8222},
        {"I_Kr", .2956, .9378}}},
  };
  return drugs;
}

template <class Items>
std::string joined(const Items& items, auto name) {
  std::string list;
  for (const auto& item : items) list += (list.empty() ? "" : ", ") + std::string(name(item));
  return list;
}

std::string quoted(std::string_view name) { return std::string("\"").append(name).append("\""); }

[[noreturn]] void missing(const IonicModel& model, const std::string& current) {
  core::fail_configuration({.where = "electrophysiology.drugs",
                            .expected = "a current of " + std::string(model.name) + ": " +
                                        joined(model.currents, [](std::string_view c) { return c; }),
                            .found = quoted(current),
                            .remedy = "choose one of them, or an ionic_model that has this current"});
}

/// The factor of a current; null where the model does not have it.
double* factor(const IonicModel& model, const std::string& current, std::span<double> scaling) {
  const auto at = std::ranges::find(model.currents, current);
  return at == model.currents.end() ? nullptr : &scaling[static_cast<std::size_t>(at - model.currents.begin())];
}

}  // namespace

std::span<const Drug> drugs() { return table(); }

const Drug& drug(std::string_view name) {
  for (const Drug& d : table())
    if (d.name == name) return d;
  core::fail_configuration(
      {.where = "electrophysiology.drugs",
       .expected = "one of: " + joined(table(), [](const Drug& d) { return d.name; }),
       .found = quoted(name),
       .remedy = "choose one of them, or name the blocked currents with IC50 and Hill coefficient"});
}

double remaining(const Block& b, double concentration_uM) {
  return 1 / (1 + std::pow(concentration_uM / b.ic50_uM, b.hill));
}

void scale(const IonicModel& model, std::span<const Block> blocks, double concentration_uM, std::span<double> scaling) {
  for (const Block& b : blocks) {
    double* const f = factor(model, b.current, scaling);
    if (f == nullptr) missing(model, b.current);
    *f *= remaining(b, concentration_uM);
  }
}

std::vector<std::string> scale(const IonicModel& model, const Drug& drug, double concentration_uM,
                               std::span<double> scaling) {
  const auto main =
      std::ranges::min_element(drug.blocks, {}, [&](const Block& b) { return remaining(b, drug.free_cmax_uM); });
  std::vector<Block> known;
  std::vector<std::string> ignored;
  for (const Block& b : drug.blocks)
    if (&b == &*main || factor(model, b.current, scaling) != nullptr)
      known.push_back(b);
    else
      ignored.push_back(b.current);
  scale(model, known, concentration_uM, scaling);
  return ignored;
}

}  // namespace cardiotwin::electrophysiology
