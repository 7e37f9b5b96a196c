#pragma once
/// Node fields into and out of a rolling state.

#include <string>

#include "cardiotwin/stage/time_loop.hpp"
#include "halo.hpp"

namespace cardiotwin::hemodynamics {

/// "name.0", "name.1", "name.2" for vectors. Saving is collective.
void put(Halo& halo, stage::State& state, const std::string& name, const Scalars& field);
void put(Halo& halo, stage::State& state, const std::string& name, const Vectors& field);
Scalars get_scalars(const Halo& halo, const stage::State& state, const std::string& name);
Vectors get_vectors(const Halo& halo, const stage::State& state, const std::string& name);

}  // namespace cardiotwin::hemodynamics
