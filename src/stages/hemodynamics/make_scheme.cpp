#include "make_scheme.hpp"

#include "coupled_scheme.hpp"
#include "fractional_step.hpp"

namespace cardiotwin::hemodynamics {

std::unique_ptr<Scheme> make_scheme(SchemeKind kind, const fem::Space& space, const FluidOptions& options,
                                    core::Timers* timers) {
  if (kind == SchemeKind::coupled) return std::make_unique<CoupledScheme>(space, options, timers);
  return std::make_unique<FractionalStep>(space, options, timers);
}

}  // namespace cardiotwin::hemodynamics
