#include "ten_tusscher_2006.hpp"

#include <algorithm>
#include <cmath>

#include "vector_math.hpp"

// One object, three instruction sets: the loader picks the widest that the machine has.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define CARDIOTWIN_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CARDIOTWIN_VECTOR_CLONES
#endif

namespace cardiotwin::electrophysiology::tt2006 {

namespace {

// Outside concentrations [mM].
constexpr double k_o = 5.4, ca_o = 2.0, na_o = 140.0;
// Volumes and capacitance in the units of the authors' program; only their ratios matter.
constexpr double v_c = 0.016404, v_sr = 0.001094, v_ss = 0.00005468, capacitance = 0.185;
constexpr double gas = 8314.472, faraday = 96485.3415, temperature = 310.0;  // [mJ/(mol K)], [C/mol], [K]
constexpr double f_rt = faraday / (gas * temperature), rt_f = 1 / f_rt;      // [1/mV], [mV]
// Maximal conductances [nS/pF], permeability of L-type calcium [cm^3/(ms uF)], pumps and exchanger [pA/pF].
constexpr double g_na = 14.838, g_kr = 0.153, g_k1 = 5.405, g_pk = 0.0146, g_bna = 0.00029, g_bca = 0.000592;
constexpr double g_cal = 0.00003980, g_pca = 0.1238, k_naca = 1000, k_nak = 2.724;
constexpr double p_kna = 0.03, k_pca = 0.0005, km_k = 1.0, km_na = 40.0;
constexpr double km_nai = 87.5, km_ca = 1.38, k_sat = 0.1, gamma = 0.35, alpha = 2.5;
// Calcium handling.
constexpr double buf_c = 0.2, k_buf_c = 0.001, buf_sr = 10, k_buf_sr = 0.3, buf_ss = 0.4, k_buf_ss = 0.00025;
constexpr double v_max_up = 0.006375, k_up = 0.00025, v_rel = 0.102, v_leak = 0.00036, v_xfer = 0.0038;
constexpr double k1_prime = 0.15, k2_prime = 0.045, k3 = 0.060, k4 = 0.005, ec = 1.5, max_sr = 2.5, min_sr = 1.0;

CARDIOTWIN_INLINE double square(double x) { return x * x; }
CARDIOTWIN_INLINE double cube(double x) { return x * x * x; }
/// 1/(1 + e^x)
CARDIOTWIN_INLINE double logistic(double x) { return 1.0 / (1.0 + fast_exp(x)); }
CARDIOTWIN_INLINE double rush_larsen(double y, double y_inf, double tau, double dt) {
  return y_inf + (y - y_inf) * fast_exp(-dt / tau);
}

struct Currents {
  double na, cal, to, kr, ks, k1, naca, nak, pca, pk, bna, bca;
  CARDIOTWIN_INLINE double sum() const { return na + cal + to + kr + ks + k1 + naca + nak + pca + pk + bna + bca; }
};

/// All currents at one point; `y(k)` gives variable k.
template <class State>
CARDIOTWIN_INLINE Currents currents(double v, State y, double g_to, double g_ks) {
  const double e_k = rt_f * fast_log(k_o / y(k_i));
  const double e_na = rt_f * fast_log(na_o / y(na_i));
  const double e_ks = rt_f * fast_log((k_o + p_kna * na_o) / (y(k_i) + p_kna * y(na_i)));
  const double e_ca = 0.5 * rt_f * fast_log(ca_o / y(ca_i));
  const double a_k1 = 0.1 * logistic(0.06 * (v - e_k - 200));
  const double b_k1 =
      (3 * fast_exp(0.0002 * (v - e_k + 100)) + fast_exp(0.1 * (v - e_k - 10))) * logistic(-0.5 * (v - e_k));
  const double vf_rt = v * f_rt;
  const double outward = fast_exp((gamma - 1) * vf_rt);
  Currents i;
  i.na = g_na * cube(y(m)) * y(h) * y(j) * (v - e_na);
  const double u = 2 * (v - 15) * f_rt, e_u = fast_exp(u);
  const double u_over = std::abs(u) < 1e-6 ? 1 - 0.5 * u : u / (e_u - 1);  // removable singularity at 15 mV
  i.cal = g_cal * y(d) * y(f) * y(f2) * y(f_cass) * 2 * faraday * u_over * (0.25 * y(ca_ss) * e_u - ca_o);
  i.to = g_to * y(r) * y(s) * (v - e_k);
  i.kr = g_kr * y(x_r1) * y(x_r2) * (v - e_k);  // sqrt(K_o/5.4) is one
  i.ks = g_ks * square(y(x_s)) * (v - e_ks);
  i.k1 = g_k1 * a_k1 / (a_k1 + b_k1) * (v - e_k);
  i.naca = k_naca / ((cube(km_nai) + cube(na_o)) * (km_ca + ca_o)) / (1 + k_sat * outward) *
           (fast_exp(gamma * vf_rt) * cube(y(na_i)) * ca_o - outward * cube(na_o) * y(ca_i) * alpha);
  i.nak = k_nak * (k_o / (k_o + km_k)) * y(na_i) / (y(na_i) + km_na) /
          (1 + 0.1245 * fast_exp(-0.1 * vf_rt) + 0.0353 * fast_exp(-vf_rt));
  i.pca = g_pca * y(ca_i) / (k_pca + y(ca_i));
  i.pk = g_pk * (v - e_k) * logistic((25 - v) / 5.98);
  i.bna = g_bna * (v - e_na);
  i.bca = g_bca * (v - e_ca);
  return i;
}

/// m, h and j: the sodium channel.
template <class State>
CARDIOTWIN_INLINE void sodium_gates(double v, double dt, State y) {
  const double tau_m = logistic((-60 - v) / 5) * (0.1 * logistic((v + 35) / 5) + 0.1 * logistic((v - 50) / 200));
  y(m) = rush_larsen(y(m), square(logistic((-56.86 - v) / 9.03)), tau_m, dt);
  const double hj_inf = square(logistic((v + 71.55) / 7.43));
  // Rates change their form at -40 mV; both forms are computed, so that the loop has no branch.
  const bool low = v < -40;
  const double w = low ? v : -40.0, z = low ? -40.0 : v;  // each form within its own range
  const double h_low = 0.057 * fast_exp(-(w + 80) / 6.8) + 2.7 * fast_exp(0.079 * w) + 3.1e5 * fast_exp(0.3485 * w);
  const double h_high = 0.77 / 0.13 * logistic(-(z + 10.66) / 11.1);
  y(h) = rush_larsen(y(h), hj_inf, 1 / (low ? h_low : h_high), dt);
  const double j_low = (-2.5428e4 * fast_exp(0.2444 * w) - 6.948e-6 * fast_exp(-0.04391 * w)) * (w + 37.78) *
                           logistic(0.311 * (w + 79.23)) +
                       0.02424 * fast_exp(-0.01052 * w) * logistic(-0.1378 * (w + 40.14));
  const double j_high = 0.6 * fast_exp(0.057 * z) * logistic(-0.1 * (z + 32));
  y(j) = rush_larsen(y(j), hj_inf, 1 / (low ? j_low : j_high), dt);
}

/// x_r1, x_r2, x_s, r and s: potassium channels.
template <class State>
CARDIOTWIN_INLINE void potassium_gates(double v, double dt, const Variant& type, State y) {
  const double tau_xr1 = 450 * logistic((-45 - v) / 10) * 6 * logistic((v + 30) / 11.5);
  y(x_r1) = rush_larsen(y(x_r1), logistic((-26 - v) / 7), tau_xr1, dt);
  const double tau_xr2 = 3 * logistic((-60 - v) / 20) * 1.12 * logistic((v - 60) / 20);
  y(x_r2) = rush_larsen(y(x_r2), logistic((v + 88) / 24), tau_xr2, dt);
  const double tau_xs = 1400 * std::sqrt(logistic((5 - v) / 6)) * logistic((v - 35) / 15) + 80;
  y(x_s) = rush_larsen(y(x_s), logistic((-5 - v) / 14), tau_xs, dt);
  y(r) = rush_larsen(y(r), logistic((20 - v) / 6), 9.5 * fast_exp(-square(v + 40) / 1800) + 0.8, dt);
  const double tau_s = type.s_peak * fast_exp(-square(v + type.s_centre) / type.s_width) +
                       type.s_tail * logistic((v - 20) / 5) + type.s_floor;
  y(s) = rush_larsen(y(s), logistic((v + type.s_half) / 5), tau_s, dt);
}

/// d, f, f2 and f_Cass: the L-type calcium channel.
template <class State>
CARDIOTWIN_INLINE void calcium_gates(double v, double dt, State y) {
  const double tau_d = (1.4 * logistic((-35 - v) / 13) + 0.25) * 1.4 * logistic((v + 5) / 5) + logistic((50 - v) / 20);
  y(d) = rush_larsen(y(d), logistic((-8 - v) / 7.5), tau_d, dt);
  const double tau_f =
      1102.5 * fast_exp(-square(v + 27) / 225) + 200 * logistic((13 - v) / 10) + 180 * logistic((v + 30) / 10) + 20;
  y(f) = rush_larsen(y(f), logistic((v + 20) / 7), tau_f, dt);
  const double tau_f2 =
      600 * fast_exp(-square(v + 25) / 170) + 31 * logistic((25 - v) / 10) + 16 * logistic((v + 30) / 10);
  y(f2) = rush_larsen(y(f2), 0.67 * logistic((v + 35) / 7) + 0.33, tau_f2, dt);
  const double low_calcium = 1 / (1 + square(y(ca_ss) / 0.05));
  y(f_cass) = rush_larsen(y(f_cass), 0.6 * low_calcium + 0.4, 80 * low_calcium + 2, dt);
}

/// Free concentration of a buffered ion after `total_change`: the buffer is in equilibrium at once (a quadratic
/// equation).
CARDIOTWIN_INLINE double buffered(double free, double total_change, double buffer, double k) {
  const double total = free + buffer * free / (free + k) + total_change;
  const double b = buffer - total + k;
  return 0.5 * (std::sqrt(b * b + 4 * k * total) - b);
}

template <class State>
CARDIOTWIN_INLINE void concentrations(const Currents& i, double dt, State y) {
  constexpr double per_cytosol = capacitance / (v_c * faraday), per_subspace = capacitance / (v_ss * faraday);
  const double k_casr = max_sr - (max_sr - min_sr) / (1 + square(ec / y(ca_sr)));
  const double k1_ca2 = k1_prime / k_casr * square(y(ca_ss));
  y(release) += dt * (k4 * (1 - y(release)) - k2_prime * k_casr * y(ca_ss) * y(release));
  const double i_rel = v_rel * k1_ca2 * y(release) / (k3 + k1_ca2) * (y(ca_sr) - y(ca_ss));
  const double i_leak = v_leak * (y(ca_sr) - y(ca_i));
  const double i_up = v_max_up / (1 + square(k_up / y(ca_i)));
  const double i_xfer = v_xfer * (y(ca_ss) - y(ca_i));
  y(ca_sr) = buffered(y(ca_sr), dt * (i_up - i_rel - i_leak), buf_sr, k_buf_sr);
  y(ca_ss) = buffered(y(ca_ss), dt * (-i_xfer * (v_c / v_ss) + i_rel * (v_sr / v_ss) - 0.5 * i.cal * per_subspace),
                      buf_ss, k_buf_ss);
  y(ca_i) = buffered(y(ca_i),
                     dt * (-0.5 * (i.bca + i.pca - 2 * i.naca) * per_cytosol - (i_up - i_leak) * (v_sr / v_c) + i_xfer),
                     buf_c, k_buf_c);
  y(na_i) -= dt * (i.na + i.bna + 3 * i.nak + 3 * i.naca) * per_cytosol;
  y(k_i) -= dt * (i.k1 + i.to + i.kr + i.ks - 2 * i.nak + i.pk) * per_cytosol;
}

/// Cells of a block: its state stays in the first-level cache between the loops below.
constexpr std::size_t block = 128;

}  // namespace

const Variant& variant(CellType type) {
  static constexpr Variant endocardial{0.073, 0.392, 28, 1000, 67, 1000, 0, 8};
  static constexpr Variant mid{0.294, 0.098, 20, 85, 45, 320, 5, 3};
  static constexpr Variant epicardial{0.294, 0.392, 20, 85, 45, 320, 5, 3};
  return type == CellType::endocardial ? endocardial : type == CellType::mid ? mid : epicardial;
}

const Rest& rest(CellType type) {
  static constexpr Rest endocardial{-86.709,
                                    {.00155, .7573, .7225, .00448, .476, .0087, 2.235e-8, .3212, 3.164e-5, .8009, .9778,
                                     .9953, 1.3e-4, 3.715, 3.6e-4, .9068, 10.355, 138.4}};
  static constexpr Rest mid{-85.423,
                            {.00165, .749, .6788, .0165, .473, .0174, 2.347e-8, .999998, 3.288e-5, .7026, .9526, .9942,
                             1.53e-4, 4.272, 4.2e-4, .8978, 10.132, 138.52}};
  static constexpr Rest epicardial{-85.23,
                                   {.00172, .7444, .7045, .00621, .4712, .0095, 2.42e-8, .999998, 3.373e-5, .7888,
                                    .9755, .9953, 1.26e-4, 3.64, 3.6e-4, .9073, 8.604, 136.89}};
  return type == CellType::endocardial ? endocardial : type == CellType::mid ? mid : epicardial;
}

CARDIOTWIN_VECTOR_CLONES
void advance(const Variant& variant, double dt_ms, std::size_t count, std::size_t stride, const double* potential,
             double* state, double* current) {
  const Variant type = variant;
  for (std::size_t begin = 0; begin < count; begin += block) {
    const std::size_t end = std::min(begin + block, count);
    // Separate loops: each keeps its intermediate values in registers.
#pragma GCC ivdep
    for (std::size_t c = begin; c < end; ++c)
      sodium_gates(potential[c], dt_ms, [=](int k) -> double& { return state[k * stride + c]; });
#pragma GCC ivdep
    for (std::size_t c = begin; c < end; ++c)
      potassium_gates(potential[c], dt_ms, type, [=](int k) -> double& { return state[k * stride + c]; });
#pragma GCC ivdep
    for (std::size_t c = begin; c < end; ++c)
      calcium_gates(potential[c], dt_ms, [=](int k) -> double& { return state[k * stride + c]; });
#pragma GCC ivdep
    for (std::size_t c = begin; c < end; ++c) {
      const auto y = [=](int k) -> double& { return state[k * stride + c]; };
      const Currents i = currents(potential[c], y, type.g_to, type.g_ks);
      current[c] = i.sum();
      concentrations(i, dt_ms, y);
    }
  }
}

CARDIOTWIN_VECTOR_CLONES
void ionic_current(std::size_t count, std::size_t stride, const double* potential, const double* state,
                   const double* g_to, const double* g_ks, double* current) {
#pragma GCC ivdep
  for (std::size_t c = 0; c < count; ++c)
    current[c] = currents(
                     potential[c], [=](int k) { return state[k * stride + c]; }, g_to[c], g_ks[c])
                     .sum();
}

}  // namespace cardiotwin::electrophysiology::tt2006
