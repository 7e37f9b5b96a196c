#include "make_scheme.hpp"

#include "fractional_step.hpp"

namespace cardiotwin::hemodynamics {

std::unique_ptr<Scheme> make_scheme(SchemeKind, const fem::Space& space, const FluidOptions& options,
                                    core::Timers* timers) {
  return std::make_unique<FractionalStep>(space, options, timers);
}

}  // namespace cardiotwin::hemodynamics
