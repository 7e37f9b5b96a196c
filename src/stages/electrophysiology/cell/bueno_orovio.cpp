#include "bueno_orovio.hpp"

#include "membrane.hpp"
#include "vector_math.hpp"

namespace cardiotwin::electrophysiology {

namespace {

enum Variable { v, w, s };
enum Current { j_fi, j_so, j_si };

constexpr double rest = -84, height = 85.7;  // [mV]

// What all variants share.
constexpr double theta_v = 0.3, theta_w = 0.13, tau_v_plus = 1.4506, tau_s1 = 2.7342, k_s = 2.0994, u_s = 0.9087;

struct Variant {
  double u_u, theta_v_minus, theta_o;
  double tau_v1_minus, tau_v2_minus;
  double tau_w1_minus, tau_w2_minus, k_w_minus, u_w_minus, tau_w_plus;
  double tau_fi, tau_o1, tau_o2;
  double tau_so1, tau_so2, k_so, u_so;
  double tau_s2, tau_si, tau_w_inf, w_inf_star;
};
constexpr Variant layers[] = {
    // endocardial
    {1.56, .2, .006, 75, 10, 6, 140, 200, .016, 280, .1, 470, 6, 40, 1.2, 2, .65, 2, 2.9013, .0273, .78},
    // mid
    {1.61, .1, .005, 80, 1.4506, 70, 8, 200, .016, 280, .078, 410, 7, 91, .8, 2.1, .6, 4, 3.3849, .01, .5},
    // epicardial
    {1.55, .006, .006, 60, 1150, 60, 15, 65, .03, 200, .11, 400, 6, 30.0181, .9957, 2.0458, .65, 16, 1.8875, .07, .94}};

struct Constants {
  Variant p;
  double fi, so, si;  ///< factors of the currents
  double time_step_ms;
};

CARDIOTWIN_INLINE double scaled(double potential) { return (potential - rest) * (1 / height); }
/// (1 + tanh x) / 2
CARDIOTWIN_INLINE double step(double x) { return 1 / (1 + fast_exp(-2 * x)); }
/// y after a step towards `steady` with time constant tau.
CARDIOTWIN_INLINE double relaxed(double y, double steady, double dt, double tau) {
  return steady + (y - steady) * fast_exp(-dt / tau);
}

template <class State>
CARDIOTWIN_INLINE void gates(const Constants& g, double u, State y) {
  const Variant& p = g.p;
  const bool fast = u > theta_v, slow = u > theta_w;
  const double tau_v_minus = u < p.theta_v_minus ? p.tau_v1_minus : p.tau_v2_minus;
  const double v_inf = !fast && u < p.theta_v_minus ? 1.0 : 0.0;
  y(v) = relaxed(y(v), v_inf, g.time_step_ms, fast ? tau_v_plus : tau_v_minus);
  const double tau_w_minus = p.tau_w1_minus + (p.tau_w2_minus - p.tau_w1_minus) * step(p.k_w_minus * (u - p.u_w_minus));
  const double w_inf = u > p.theta_o ? p.w_inf_star : 1 - u / p.tau_w_inf;
  y(w) = relaxed(y(w), slow ? 0.0 : w_inf, g.time_step_ms, slow ? p.tau_w_plus : tau_w_minus);
  y(s) = relaxed(y(s), step(k_s * (u - u_s)), g.time_step_ms, slow ? p.tau_s2 : tau_s1);
}

template <class State>
CARDIOTWIN_INLINE double ionic(const Constants& g, double u, State y) {
  const Variant& p = g.p;
  const bool slow = u > theta_w;
  const double above = u > theta_v ? u - theta_v : 0.0;
  const double tau_so = p.tau_so1 + (p.tau_so2 - p.tau_so1) * step(p.k_so * (u - p.u_so));
  const double fi = -y(v) * above * (p.u_u - u) / p.tau_fi;
  const double so = slow ? 1 / tau_so : u / (u > p.theta_o ? p.tau_o2 : p.tau_o1);
  const double si = slow ? -y(w) * y(s) / p.tau_si : 0.0;
  return height * (g.fi * fi + g.so * so + g.si * si);
}

CARDIOTWIN_VECTOR_CLONES
void advance_block(const Constants& constants, std::size_t cells, const double* potential, double* state,
                   double* current) {
  const Constants g = constants;
#pragma GCC ivdep
  for (std::size_t c = 0; c < cells; ++c) {
    const auto y = [=](int k) -> double& { return state[k * block + c]; };
    const double u = scaled(potential[c]);
    gates(g, u, y);
    current[c] = ionic(g, u, y);
  }
}

CARDIOTWIN_VECTOR_CLONES
void current_of_block(const Constants& constants, std::size_t cells, const double* potential, const double* state,
                      double* current) {
  const Constants g = constants;
#pragma GCC ivdep
  for (std::size_t c = 0; c < cells; ++c)
    current[c] = ionic(g, scaled(potential[c]), [=](int k) { return state[k * block + c]; });
}

Constants constants_of(std::size_t variant, std::span<const double> scaling, double time_step_ms) {
  return {layers[variant], scaling[j_fi], scaling[j_so], scaling[j_si], time_step_ms};
}

}  // namespace

const IonicModel& bueno_orovio() {
  static const IonicModel model{
      .name = "bueno_orovio",
      .title = "Bueno-Orovio, Cherry and Fenton 2008",
      .source = "doi 10.1016/j.jtbi.2008.03.029",
      .variables = {"v", "w", "s"},
      .currents = {"J_fi", "J_so", "J_si"},
      .variants = {{"endocardial", rest, {1, 1, 0}}, {"mid", rest, {1, 1, 0}}, {"epicardial", rest, {1, 1, 0}}},
      .membrane = membrane<constants_of, advance_block, current_of_block>,
  };
  return model;
}

}  // namespace cardiotwin::electrophysiology
