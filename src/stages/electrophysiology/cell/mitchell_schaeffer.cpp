#include "mitchell_schaeffer.hpp"

#include <cmath>

#include "membrane.hpp"
#include "vector_math.hpp"

namespace cardiotwin::electrophysiology {

namespace {

constexpr double rest = -80, height = 100;                                    // [mV]
constexpr double tau_in = 0.3, tau_out = 6, tau_open = 120, tau_close = 150;  // [ms]
constexpr double u_gate = 0.13;

struct Constants {
  double in, out;           ///< scaled 1/tau_in, 1/tau_out [1/ms]
  double opening, closing;  ///< what a step leaves of the distance to the steady state
};

CARDIOTWIN_INLINE double scaled(double potential) { return (potential - rest) * (1 / height); }

CARDIOTWIN_INLINE double ionic(const Constants& g, double u, double h) {
  return height * u * (g.out - g.in * h * u * (1 - u));
}

CARDIOTWIN_VECTOR_CLONES
void advance_block(const Constants& constants, std::size_t cells, const double* potential, double* h, double* current) {
  const Constants g = constants;
#pragma GCC ivdep
  for (std::size_t c = 0; c < cells; ++c) {
    const double u = scaled(potential[c]);
    const double steady = u < u_gate ? 1.0 : 0.0, rest_of_step = u < u_gate ? g.opening : g.closing;
    h[c] = steady + (h[c] - steady) * rest_of_step;
    current[c] = ionic(g, u, h[c]);
  }
}

CARDIOTWIN_VECTOR_CLONES
void current_of_block(const Constants& constants, std::size_t cells, const double* potential, const double* h,
                      double* current) {
  const Constants g = constants;
#pragma GCC ivdep
  for (std::size_t c = 0; c < cells; ++c) current[c] = ionic(g, scaled(potential[c]), h[c]);
}

Constants constants_of(std::size_t, std::span<const double> scaling, double time_step_ms) {
  return {.in = scaling[0] / tau_in,
          .out = scaling[1] / tau_out,
          .opening = std::exp(-time_step_ms / tau_open),
          .closing = std::exp(-time_step_ms / tau_close)};
}

}  // namespace

const IonicModel& mitchell_schaeffer() {
  static const IonicModel model{
      .name = "mitchell_schaeffer",
      .title = "Mitchell and Schaeffer 2003",
      .source = "doi 10.1016/S0092-8240(03)00041-7",
      .variables = {"h"},
      .currents = {"J_in", "J_out"},
      .variants = {{"ventricular", rest, {1}}},
      .membrane = membrane<constants_of, advance_block, current_of_block>,
  };
  return model;
}

}  // namespace cardiotwin::electrophysiology
