#include "state_fields.hpp"

#include <spdlog/fmt/fmt.h>

namespace cardiotwin::hemodynamics {

void put(Halo& halo, stage::State& state, const std::string& name, const Scalars& field) {
  state.put(name, halo.gather(field));
}

void put(Halo& halo, stage::State& state, const std::string& name, const Vectors& field) {
  for (int d = 0; d < 3; ++d) put(halo, state, fmt::format("{}.{}", name, d), field[d]);
}

Scalars get_scalars(const Halo& halo, const stage::State& state, const std::string& name) {
  return halo.scatter(state.get(name));
}

Vectors get_vectors(const Halo& halo, const stage::State& state, const std::string& name) {
  Vectors field;
  for (int d = 0; d < 3; ++d) field[d] = get_scalars(halo, state, fmt::format("{}.{}", name, d));
  return field;
}

}  // namespace cardiotwin::hemodynamics
