#pragma once
/// Which scheme steps the flow.

#include <memory>

#include "scheme.hpp"

namespace cardiotwin::hemodynamics {

enum class SchemeKind { fractional_step, coupled };

/// Collective. `timers` may be null.
std::unique_ptr<Scheme> make_scheme(SchemeKind kind, const fem::Space& space, const FluidOptions& options,
                                    core::Timers* timers);

}  // namespace cardiotwin::hemodynamics
