#include "ten_tusscher_2006.hpp"

#include <array>
#include <cmath>

#include "membrane.hpp"
#include "rate_table.hpp"
#include "vector_math.hpp"

namespace cardiotwin::electrophysiology {

namespace {

/// State variables beside V, in the order of memory.
enum Variable { m, h, j, x_r1, x_r2, x_s, r, s, d, f, f2, f_cass, ca_i, ca_sr, ca_ss, release, na_i, k_i, variables };
enum Current { i_na, i_cal, i_to, i_kr, i_ks, i_k1, i_naca, i_nak, i_pca, i_pk, i_bna, i_bca, current_count };

/// What differs across the wall. s_inf = 1/(1 + e^((V + s_half)/5)); tau_s = s_peak e^(-(V + s_centre)^2/s_width) +
/// s_tail/(1 + e^((V-20)/5)) + s_floor [ms].
struct Variant {
  double g_to, g_ks;  ///< [nS/pF]
  double s_half, s_peak, s_centre, s_width, s_tail, s_floor;
};
constexpr Variant layers[] = {{0.073, 0.392, 28, 1000, 67, 1000, 0, 8},  // endocardial
                              {0.294, 0.098, 20, 85, 45, 320, 5, 3},     // mid
                              {0.294, 0.392, 20, 85, 45, 320, 5, 3}};    // epicardial

// Outside concentrations [mM].
constexpr double k_o = 5.4, ca_o = 2.0, na_o = 140.0;
const auto log_k_o = static_cast<float>(std::log(k_o)), log_na_o = static_cast<float>(std::log(na_o)),
           log_ca_o = static_cast<float>(std::log(ca_o));
// Volumes and capacitance in the units of the authors' program; only their ratios matter.
constexpr double v_c = 0.016404, v_sr = 0.001094, v_ss = 0.00005468, capacitance = 0.185;
constexpr double gas = 8314.472, faraday = 96485.3415, temperature = 310.0;  // [mJ/(mol K)], [C/mol], [K]
constexpr double f_rt = faraday / (gas * temperature);                       // [1/mV]
constexpr auto rt_f = static_cast<float>(1 / f_rt);                          // [mV]
// Maximal conductances [nS/pF], permeability of L-type calcium [cm^3/(ms uF)], pumps and exchanger [pA/pF].
constexpr double g_na = 14.838, g_kr = 0.153, g_k1 = 5.405, g_pk = 0.0146, g_bna = 0.00029, g_bca = 0.000592;
constexpr double g_cal = 0.00003980, g_pca = 0.1238, k_naca = 1000, k_nak = 2.724;
constexpr float p_kna = 0.03F, k_pca = 0.0005F, km_na = 40.0F;
const auto log_ks_o = static_cast<float>(std::log(k_o + p_kna * na_o));
constexpr double km_k = 1.0, km_nai = 87.5, km_ca = 1.38, k_sat = 0.1, gamma = 0.35, alpha = 2.5;
// Calcium handling.
constexpr double buf_c = 0.2, k_buf_c = 0.001, buf_sr = 10, k_buf_sr = 0.3, buf_ss = 0.4, k_buf_ss = 0.00025;
constexpr double v_max_up = 0.006375, k_up = 0.00025, v_rel = 0.102, v_leak = 0.00036, v_xfer = 0.0038;
constexpr double k1_prime = 0.15, k2_prime = 0.045, k3 = 0.060, k4 = 0.005, ec = 1.5, max_sr = 2.5, min_sr = 1.0;

/// What is read from the table at V: factors of currents, then steady state and part 1 - e^(-dt/tau) of each gate.
enum Column { cal_in, cal_out, naca_na, naca_ca, nak_v, pk_v, current_columns = 8, gates = current_columns };
constexpr std::size_t tabled_gates = f2 + 1, columns = 32;
static_assert(gates + 2 * tabled_gates <= columns);

std::array<Gate, tabled_gates> gates_at(double v, const Variant& type) {
  std::array<Gate, tabled_gates> g;
  g[m] = {square(logistic((-56.86 - v) / 9.03)),
          logistic((-60 - v) / 5) * (0.1 * logistic((v + 35) / 5) + 0.1 * logistic((v - 50) / 200))};
  const double hj = square(logistic((v + 71.55) / 7.43));
  const bool low = v < -40;  // rates change their form there
  g[h] = {hj, 1 / (low ? 0.057 * std::exp(-(v + 80) / 6.8) + 2.7 * std::exp(0.079 * v) + 3.1e5 * std::exp(0.3485 * v)
                       : 0.77 / 0.13 * logistic(-(v + 10.66) / 11.1))};
  g[j] = {hj, 1 / (low ? (-2.5428e4 * std::exp(0.2444 * v) - 6.948e-6 * std::exp(-0.04391 * v)) * (v + 37.78) *
                                 logistic(0.311 * (v + 79.23)) +
                             0.02424 * std::exp(-0.01052 * v) * logistic(-0.1378 * (v + 40.14))
                       : 0.6 * std::exp(0.057 * v) * logistic(-0.1 * (v + 32)))};
  g[x_r1] = {logistic((-26 - v) / 7), 450 * logistic((-45 - v) / 10) * 6 * logistic((v + 30) / 11.5)};
  g[x_r2] = {logistic((v + 88) / 24), 3 * logistic((-60 - v) / 20) * 1.12 * logistic((v - 60) / 20)};
  g[x_s] = {logistic((-5 - v) / 14), 1400 * std::sqrt(logistic((5 - v) / 6)) * logistic((v - 35) / 15) + 80};
  g[r] = {logistic((20 - v) / 6), 9.5 * std::exp(-square(v + 40) / 1800) + 0.8};
  g[s] = {logistic((v + type.s_half) / 5), type.s_peak * std::exp(-square(v + type.s_centre) / type.s_width) +
                                               type.s_tail * logistic((v - 20) / 5) + type.s_floor};
  g[d] = {logistic((-8 - v) / 7.5),
          (1.4 * logistic((-35 - v) / 13) + 0.25) * 1.4 * logistic((v + 5) / 5) + logistic((50 - v) / 20)};
  g[f] = {logistic((v + 20) / 7), 1102.5 * std::exp(-square(v + 27) / 225) + 200 * logistic((13 - v) / 10) +
                                      180 * logistic((v + 30) / 10) + 20};
  g[f2] = {0.67 * logistic((v + 35) / 7) + 0.33,
           600 * std::exp(-square(v + 25) / 170) + 31 * logistic((25 - v) / 10) + 16 * logistic((v + 30) / 10)};
  return g;
}

/// What a cell's kernel needs beside its state and the table: constants of its kind.
struct Constants {
  double time_step_ms;
  float g_na, g_to, g_kr, g_ks, g_k1, g_pca, g_bna, g_bca;
};

void fill_row(double v, const Variant& type, std::span<const double> scaling, double dt, double* row) {
  const double u = 2 * (v - 15) * f_rt, e_u = std::exp(u);
  const double u_over = std::abs(u) < 1e-6 ? 1 - 0.5 * u : u / (e_u - 1);  // removable singularity at 15 mV
  const double cal = scaling[i_cal] * g_cal * 2 * faraday * u_over;
  row[cal_in] = cal * 0.25 * e_u;
  row[cal_out] = cal * ca_o;
  const double vf_rt = v * f_rt, outward = std::exp((gamma - 1) * vf_rt);
  const double naca = scaling[i_naca] * k_naca / ((cube(km_nai) + cube(na_o)) * (km_ca + ca_o)) / (1 + k_sat * outward);
  row[naca_na] = naca * std::exp(gamma * vf_rt) * ca_o;
  row[naca_ca] = naca * outward * cube(na_o) * alpha;
  row[nak_v] =
      scaling[i_nak] * k_nak * (k_o / (k_o + km_k)) / (1 + 0.1245 * std::exp(-0.1 * vf_rt) + 0.0353 * std::exp(-vf_rt));
  row[pk_v] = scaling[i_pk] * g_pk * logistic((25 - v) / 5.98);
  fill_gates(gates_at(v, type), dt, row + gates);
}

/// What is left of the single currents: their sum, I_CaL, and what carries Na+, K+ and the rest of Ca2+ across the
/// membrane.
struct Currents {
  float sum, cal, na, k, ca;
};

/// All currents of one cell; `y(k)` gives variable k, `at(q)` the table's function q at V. In single precision, of
/// which V notices 1e-5 mV. Quotients are brought over common denominators where that saves a division, the slowest
/// operation here.
template <class State, class Tabled>
CARDIOTWIN_INLINE Currents currents(const Constants& g, float v, State y, Tabled at) {
  const float e_k = rt_f * (log_k_o - fast_log(y(k_i)));
  const float e_na = rt_f * (log_na_o - fast_log(y(na_i)));
  const float e_ks = rt_f * (log_ks_o - fast_log(y(k_i) + p_kna * y(na_i)));
  const float e_ca = 0.5F * rt_f * (log_ca_o - fast_log(y(ca_i)));
  const float x = v - e_k;
  // x_K1inf = a / (a + b) with a = 0.1/(1 + e^(0.06 (x-200))), b = (3 e^(0.0002 (x+100)) + e^(0.1 (x-10)))/(1 +
  // e^(-x/2))
  const float over_b = 0.1F * (1 + fast_exp(-0.5F * x));
  const float over_a =
      (3 * fast_exp(0.0002F * (x + 100)) + fast_exp(0.1F * (x - 10))) * (1 + fast_exp(0.06F * (x - 200)));
  const float x_k1 = over_b / (over_b + over_a);
  const float nak_over = y(na_i) + km_na, pca_over = y(ca_i) + k_pca, both = 1 / (nak_over * pca_over);
  const float sodium = g.g_na * cube(y(m)) * y(h) * y(j) * (v - e_na);
  const float cal = y(d) * y(f) * y(f2) * y(f_cass) * (at(cal_in) * y(ca_ss) - at(cal_out));
  const float to = g.g_to * y(r) * y(s) * x;
  const float kr = g.g_kr * y(x_r1) * y(x_r2) * x;  // sqrt(K_o/5.4) is one
  const float ks = g.g_ks * square(y(x_s)) * (v - e_ks);
  const float k1 = g.g_k1 * x_k1 * x;
  const float naca = at(naca_na) * cube(y(na_i)) - at(naca_ca) * y(ca_i);
  const float nak = at(nak_v) * y(na_i) * both * pca_over;
  const float pca = g.g_pca * y(ca_i) * both * nak_over;
  const float pk = at(pk_v) * x;
  const float bna = g.g_bna * (v - e_na);
  const float bca = g.g_bca * (v - e_ca);
  return {.sum = sodium + cal + to + kr + ks + k1 + naca + nak + pca + pk + bna + bca,
          .cal = cal,
          .na = sodium + bna + 3 * nak + 3 * naca,
          .k = k1 + to + kr + ks - 2 * nak + pk,
          .ca = bca + pca - 2 * naca};
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
  const double casr2 = square(y(ca_sr)), cass2 = k1_prime * square(y(ca_ss));
  const double k_casr = max_sr - (max_sr - min_sr) * casr2 / (casr2 + square(ec));
  y(release) += dt * (k4 * (1 - y(release)) - k2_prime * k_casr * y(ca_ss) * y(release));
  const double i_rel = v_rel * cass2 * y(release) / (k3 * k_casr + cass2) * (y(ca_sr) - y(ca_ss));
  const double i_leak = v_leak * (y(ca_sr) - y(ca_i));
  const double i_up = v_max_up * square(y(ca_i)) / (square(y(ca_i)) + square(k_up));
  const double i_xfer = v_xfer * (y(ca_ss) - y(ca_i));
  y(ca_sr) = buffered(y(ca_sr), dt * (i_up - i_rel - i_leak), buf_sr, k_buf_sr);
  y(ca_ss) = buffered(y(ca_ss), dt * (-i_xfer * (v_c / v_ss) + i_rel * (v_sr / v_ss) - 0.5 * i.cal * per_subspace),
                      buf_ss, k_buf_ss);
  y(ca_i) =
      buffered(y(ca_i), dt * (-0.5 * i.ca * per_cytosol - (i_up - i_leak) * (v_sr / v_c) + i_xfer), buf_c, k_buf_c);
  y(na_i) -= dt * i.na * per_cytosol;
  y(k_i) -= dt * i.k * per_cytosol;
}

/// Cells of one kind.
struct Cells {
  RateTable table;
  Constants constants;
};

CARDIOTWIN_VECTOR_CLONES
void advance_block(const Cells& kind, std::size_t cells, const double* potential, double* state, double* current) {
  const Constants g = kind.constants;
  alignas(64) float tabled[columns * block];
  read_table<columns>(kind.table.data(), cells, potential, tabled);
  advance_gates(tabled_gates, cells, tabled + gates * block, state);
#pragma GCC ivdep
  for (std::size_t c = 0; c < cells; ++c) {
    const auto y = [=](int k) -> double& { return state[k * block + c]; };
    // f_Cass: steady state 0.6/(1 + z) + 0.4, tau 80/(1 + z) + 2, with z = (Ca_ss/0.05)^2
    const double z = square(y(ca_ss) * 20), over = 1 / ((1 + z) * (82 + 2 * z));
    const double steady = 0.6 * over * (82 + 2 * z) + 0.4, rate = over * square(1 + z);
    y(f_cass) = steady + (y(f_cass) - steady) * fast_exp(-g.time_step_ms * rate);
    const Currents i = currents(
        g, static_cast<float>(potential[c]), [=](int k) { return static_cast<float>(state[k * block + c]); },
        [&](int q) { return tabled[q * block + c]; });
    current[c] = i.sum;
    concentrations(i, g.time_step_ms, y);
  }
}

CARDIOTWIN_VECTOR_CLONES
void current_of_block(const Cells& kind, std::size_t cells, const double* potential, const double* state,
                      double* current) {
  const Constants g = kind.constants;
  alignas(64) float tabled[current_columns * block];
  read_table<columns, current_columns>(kind.table.data(), cells, potential, tabled);
#pragma GCC ivdep
  for (std::size_t c = 0; c < cells; ++c)
    current[c] =
        currents(
            g, static_cast<float>(potential[c]), [=](int k) { return static_cast<float>(state[k * block + c]); },
            [&](int q) { return tabled[q * block + c]; })
            .sum;
}

Cells cells_of(std::size_t variant, std::span<const double> scaling, double time_step_ms) {
  const Variant& type = layers[variant];
  return {.table = RateTable(columns, [&](double v, double* row) { fill_row(v, type, scaling, time_step_ms, row); }),
          .constants = {.time_step_ms = time_step_ms,
                        .g_na = static_cast<float>(scaling[i_na] * g_na),
                        .g_to = static_cast<float>(scaling[i_to] * type.g_to),
                        .g_kr = static_cast<float>(scaling[i_kr] * g_kr),
                        .g_ks = static_cast<float>(scaling[i_ks] * type.g_ks),
                        .g_k1 = static_cast<float>(scaling[i_k1] * g_k1),
                        .g_pca = static_cast<float>(scaling[i_pca] * g_pca),
                        .g_bna = static_cast<float>(scaling[i_bna] * g_bna),
                        .g_bca = static_cast<float>(scaling[i_bca] * g_bca)}};
}

}  // namespace

const IonicModel& ten_tusscher_2006() {
  static const IonicModel model{
      .name = "ten_tusscher_2006",
      .title = "ten Tusscher and Panfilov 2006",
      .source = "doi 10.1152/ajpheart.00109.2006",
      .variables = {"m", "h", "j", "x_r1", "x_r2", "x_s", "r", "s", "d", "f", "f2", "f_cass", "ca_i", "ca_sr", "ca_ss",
                    "release", "na_i", "k_i"},
      .currents = {"I_Na", "I_CaL", "I_to", "I_Kr", "I_Ks", "I_K1", "I_NaCa", "I_NaK", "I_pCa", "I_pK", "I_bNa",
                   "I_bCa"},
      .variants = {{"endocardial",
                    -86.709,
                    {.00155, .7573, .7225, .00448, .476, .0087, 2.235e-8, .3212, 3.164e-5, .8009, .9778, .9953, 1.3e-4,
                     3.715, 3.6e-4, .9068, 10.355, 138.4}},
                   {"mid",
                    -85.423,
                    {.00165, .749, .6788, .0165, .473, .0174, 2.347e-8, .999998, 3.288e-5, .7026, .9526, .9942, 1.53e-4,
                     4.272, 4.2e-4, .8978, 10.132, 138.52}},
                   {"epicardial",
                    -85.23,
                    {.00172, .7444, .7045, .00621, .4712, .0095, 2.42e-8, .999998, 3.373e-5, .7888, .9755, .9953,
                     1.26e-4, 3.64, 3.6e-4, .9073, 8.604, 136.89}}},
      .membrane = membrane<cells_of, advance_block, current_of_block>,
  };
  return model;
}

}  // namespace cardiotwin::electrophysiology
