#pragma once
/// The table of passive laws. A new law is a header here and one more type in the variant: the kernel, the case file's
/// keys and their documentation follow.

#include <string>
#include <variant>

#include "guccione.hpp"
#include "holzapfel_ogden.hpp"
#include "mooney_rivlin.hpp"
#include "neo_hooke.hpp"

namespace cardiotwin::mechanics {

using Material = std::variant<Guccione, HolzapfelOgden, NeoHooke, MooneyRivlin>;

/// Calls visit(law) with a default-constructed one of each law, in the order of the table.
template <class Visit>
void for_each_material(Visit visit) {
  [&]<class... Laws>(const std::variant<Laws...>*) { (visit(Laws{}), ...); }(static_cast<Material*>(nullptr));
}

/// The case file's key of a law's parameter, e.g. "guccione_C_kPa".
template <class Law>
std::string material_key(const MaterialParameter<Law>& p) {
  return std::string(Law::name) + "_" + p.key + (*p.unit ? std::string("_") + p.unit : "");
}

}  // namespace cardiotwin::mechanics
