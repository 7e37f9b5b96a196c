#include "tor_ord.hpp"

#include <array>
#include <cmath>

#include "membrane.hpp"
#include "rate_table.hpp"
#include "vector_math.hpp"

namespace cardiotwin::electrophysiology {

namespace {

// State variables beside V, in the order of memory: first the gates that depend on V alone, ...
enum SodiumGate { m, h, h_p, j, j_p, m_l, h_l, h_lp };
enum TransientGate { a = h_lp + 1, i_f, i_s, a_p, i_fp, i_sp };
enum CalciumGate { d = i_sp + 1, f_f, f_s, f_caf, f_cas, j_ca, f_fp, f_cafp };
enum SlowGate { x_s1 = f_cafp + 1, x_s2, tabled_gates };
// ... then channels with another driver, release, and concentrations.
enum Channel { n_ss = tabled_gates, n_i, c0, c1, c2, open, inactive };
enum Release { rel = inactive + 1, rel_p, camk };
enum Concentration { na_i = camk + 1, na_ss, k_i, k_ss, ca_i, ca_ss, ca_nsr, ca_jsr };
enum Current { i_na, i_nal, i_to, i_cal, i_kr, i_ks, i_k1, i_naca, i_nak, i_kb, i_bna, i_bca, i_pca, i_clca, i_clb };

/// What differs across the wall: factors of the endocardial values.
struct Variant {
  double na_l, to, ca_l, kr, ks, k1, na_ca, na_k, kb, calmodulin, uptake, release;
  bool epicardial;  ///< inactivation of I_to is faster at rest
};
constexpr Variant layers[] = {{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, false},                   // endocardial
                              {1, 2, 2, .8, 1, 1.3, 1.4, .7, 1, 1, 1, 1.7, false},           // mid
                              {.6, 2, 1.2, 1.3, 1.4, 1.2, 1.1, .9, .6, 1.3, 1.3, 1, true}};  // epicardial

constexpr double na_o = 140, ca_o = 1.8, k_o = 5, cl_o = 150, cl_i = 24;  // [mM]
constexpr double gas = 8314, temperature = 310, faraday = 96485;          // [mJ/(mol K)], [K], [C/mol]
constexpr double f_rt = faraday / (gas * temperature), rt_f = 1 / f_rt;   // [1/mV], [mV]
// Cylinder of length 0.01 and radius 0.0011 cm: volumes [uL], capacitive area [cm^2].
constexpr double pi = 3.14, radius = 0.0011, length = 0.01;
constexpr double v_cell = 1000 * pi * radius * radius * length;
constexpr double area = 2 * (2 * pi * radius * radius + 2 * pi * radius * length);
constexpr double v_myo = 0.68 * v_cell, v_nsr = 0.0552 * v_cell, v_jsr = 0.0048 * v_cell, v_ss = 0.02 * v_cell;
// Maximal conductances [mS/uF], permeabilities [cm/s], pumps and exchanger [pA/pF].
constexpr double g_na = 11.7802, g_nal = 0.0279, g_to = 0.16, g_kr = 0.0321, g_ks = 0.0011, g_k1 = 0.6992;
constexpr double g_kb = 0.0189, g_clca = 0.2843, g_clb = 1.98e-3, g_pca = 5e-4, g_naca = 0.0034, p_nak = 15.4509;
constexpr double p_ca = 8.3757e-5, p_bna = 1.9239e-9, p_bca = 5.9194e-8, ca_na = 0.00125, ca_k = 3.574e-4;
constexpr double cal_at_subspace = 0.8, naca_at_subspace = 0.35;

CARDIOTWIN_INLINE double fourth(double x) { return square(square(x)); }

// What is read from the table at V: weights of the fast gates of I_to and I_CaL, conductance of I_Kb, driving forces of
// monovalent and divalent ions per concentration inside and outside, rates of the exchanger and the pump, ...
enum ChannelColumn { to_fast, caf_fast, kb_v, mono_in, mono_out, di_in, di_out };
enum CarrierColumn { naca_na = di_out + 1, naca_ca, naca_3, naca_3na, nak_na, nak_a3, nak_b2, current_columns = 16 };
// ... rates of the chain of I_Kr [1/ms] by the states they join, then steady state and part 1 - e^(-dt/tau) of
// each gate.
enum ChainColumn { kr_01 = current_columns, kr_10, kr_2o, kr_o2, kr_oi, kr_io, kr_2i, kr_i2, gates };
constexpr std::size_t columns = 72;
static_assert(gates + 2 * tabled_gates <= columns);

using Gates = std::array<Gate, tabled_gates>;

void sodium_gates(double v, Gates& g) {
  const double tau_m =
      0.1292 * std::exp(-square((v + 45.79) / 15.54)) + 0.06487 * std::exp(-square((v - 4.823) / 51.12));
  const bool low = v < -40;  // rates change their form there
  const double tau_h =
      1 / (low ? 0.057 * std::exp(-(v + 80) / 6.8) + 2.7 * std::exp(0.079 * v) + 3.1e5 * std::exp(0.3485 * v)
               : 0.77 / 0.13 * logistic(-(v + 10.66) / 11.1));
  const double tau_j = 1 / (low ? (-2.5428e4 * std::exp(0.2444 * v) - 6.948e-6 * std::exp(-0.04391 * v)) * (v + 37.78) *
                                          logistic(0.311 * (v + 79.23)) +
                                      0.02424 * std::exp(-0.01052 * v) * logistic(-0.1378 * (v + 40.14))
                                : 0.6 * std::exp(0.057 * v) * logistic(-0.1 * (v + 32)));
  const double hj = square(logistic((v + 71.55) / 7.43));
  g[m] = {square(logistic((-56.86 - v) / 9.03)), tau_m};
  g[h] = {hj, tau_h};
  g[h_p] = {square(logistic((v + 77.55) / 7.43)), tau_h};
  g[j] = {hj, tau_j};
  g[j_p] = {hj, 1.46 * tau_j};
  g[m_l] = {logistic((-42.85 - v) / 5.264), tau_m};
  g[h_l] = {logistic((v + 87.61) / 7.488), 200};
  g[h_lp] = {logistic((v + 93.81) / 7.488), 600};
}

void potassium_gates(double v, const Variant& type, Gates& g) {
  const double tau_a = 1.0515 / (logistic((18.4099 - v) / 29.3814) / 1.2089 + 3.5 * logistic((v + 100) / 29.3814));
  const double steady = logistic((v + 43.94) / 5.711);
  const double faster = type.epicardial ? 1 - 0.95 * logistic((v + 70) / 5) : 1;
  const double tau_f =
      faster * (4.562 + 1 / (0.3933 * std::exp(-(v + 100) / 100) + 0.08004 * std::exp((v + 50) / 16.59)));
  const double tau_s =
      faster * (23.62 + 1 / (0.001416 * std::exp(-(v + 96.52) / 59.05) + 1.780e-8 * std::exp((v + 114.1) / 8.079)));
  const double slower = (1.354 + 1e-4 / (std::exp((v - 167.4) / 15.89) + std::exp(-(v - 12.23) / 0.2154))) *
                        (1 - 0.5 * logistic((v + 70) / 20));
  g[a] = {logistic((14.34 - v) / 14.82), tau_a};
  g[a_p] = {logistic((24.34 - v) / 14.82), tau_a};
  g[i_f] = {steady, tau_f};
  g[i_s] = {steady, tau_s};
  g[i_fp] = {steady, slower * tau_f};
  g[i_sp] = {steady, slower * tau_s};
  const double steady_s = logistic((-11.60 - v) / 8.932);
  g[x_s1] = {steady_s, 817.3 + 1 / (2.326e-4 * std::exp((v + 48.28) / 17.80) + 0.001292 * std::exp(-(v + 210) / 230))};
  g[x_s2] = {steady_s, 1 / (0.01 * std::exp((v - 50) / 20) + 0.0193 * std::exp(-(v + 66.54) / 31))};
}

void calcium_gates(double v, Gates& g) {
  const double steady = logistic((v + 19.58) / 3.696);
  const double tau_ff = 7 + 1 / (0.0045 * (std::exp(-(v + 20) / 10) + std::exp((v + 20) / 10)));
  const double tau_caf = 7 + 1 / (0.04 * (std::exp(-(v - 4) / 7) + std::exp((v - 4) / 7)));
  g[d] = {v > 31.4978 ? 1.0 : 1.0763 * std::exp(-1.0070 * std::exp(-0.0829 * v)),
          0.6 + 1 / (std::exp(-0.05 * (v + 6)) + std::exp(0.09 * (v + 14)))};
  g[f_f] = {steady, tau_ff};
  g[f_fp] = {steady, 2.5 * tau_ff};
  g[f_s] = {steady, 1000 + 1 / (0.000035 * (std::exp(-(v + 5) / 4) + std::exp((v + 5) / 6)))};
  g[f_caf] = {steady, tau_caf};
  g[f_cafp] = {steady, 2.5 * tau_caf};
  g[f_cas] = {steady, 100 + 1 / (0.00012 * (std::exp(-v / 3) + std::exp(v / 7)))};
  g[j_ca] = {logistic((v + 18.08) / 2.7916), 75};
}

// Sodium-calcium exchanger: states and rates [1/ms] of its cycle.
constexpr double naca_na1 = 15, naca_na2 = 5, naca_na3 = 88.12, naca_asymmetry = 12.5;
constexpr double naca_w_na = 6e4, naca_w_ca = 6e4, naca_w = 5e3, naca_on = 1.5e6, naca_off = 5e3;
constexpr double naca_10 = naca_asymmetry + 1 + na_o / naca_na1 * (1 + na_o / naca_na2);
constexpr double naca_11 = na_o * na_o / (naca_10 * naca_na1 * naca_na2), naca_1 = ca_o * naca_on / naca_10;
// Sodium-potassium pump.
constexpr double nak_k_i = 0.5, nak_k_o = 0.3582, nak_proton = 1e-7, nak_k_proton = 1.698e-7;
constexpr double nak_atp = 9.8 / 1.698e-7, nak_a2 = 687.2, nak_b1 = 182.4 * 0.05,
                 nak_a4 = 639 * nak_atp / (1 + nak_atp);

void carrier_columns(double u, double* row) {
  const double e_na = std::exp(0.5224 * u), e_ca = std::exp(0.1670 * u);
  const double outside = 1 + na_o / naca_na3 * (1 + 1 / e_na);
  row[naca_na] = e_na;
  row[naca_ca] = naca_w_ca / e_ca;
  row[naca_3] = naca_w_ca / outside;
  row[naca_3na] = naca_w * na_o / (naca_na3 * e_na * outside);
  const double na_outside = na_o / (27.78 * std::exp(1.1550 / 3 * u));
  const double states = cube(1 + na_outside) + square(1 + k_o / nak_k_o) - 1;
  row[nak_na] = std::exp(0.1550 / 3 * u) / 9.073;
  row[nak_a3] = 1899 * square(k_o / nak_k_o) / states;
  row[nak_b2] = 39.4 * cube(na_outside) / states;
}

void chain_columns(double u, double* row) {
  row[kr_01] = 0.1161 * std::exp(0.2990 * u);
  row[kr_10] = 0.2442 * std::exp(-1.604 * u);
  row[kr_2o] = 0.0578 * std::exp(0.9710 * u);
  row[kr_o2] = 0.349e-3 * std::exp(-1.062 * u);
  row[kr_oi] = 0.2533 * std::exp(0.5953 * u);
  row[kr_io] = 1.25 * 0.0522 * std::exp(-0.8209 * u);
  row[kr_2i] = 0.52e-4 * std::exp(1.525 * u);
  row[kr_i2] = row[kr_o2] * row[kr_io] * row[kr_2i] / (row[kr_2o] * row[kr_oi]);  // no net flow around the loop at rest
}

void fill_row(double v, const Variant& type, double kb_scaled, double dt, double* row) {
  const double u = v * f_rt;
  const auto over = [](double x) { return std::abs(x) < 1e-9 ? 1 : x / std::expm1(x); };  // removable at 0 mV
  row[to_fast] = logistic((v - 213.6) / 151.2);
  row[caf_fast] = 0.3 + 0.6 * logistic((v - 10) / 10);
  row[kb_v] = kb_scaled * logistic((10.8968 - v) / 23.9871);
  row[mono_out] = faraday * over(u);
  row[mono_in] = row[mono_out] * std::exp(u);
  row[di_out] = 2 * faraday * over(2 * u);
  row[di_in] = row[di_out] * std::exp(2 * u);
  carrier_columns(u, row);
  chain_columns(u, row);
  Gates at;
  sodium_gates(v, at);
  potassium_gates(v, type, at);
  calcium_gates(v, at);
  fill_gates(at, dt, row + gates);
}

/// What a cell's kernel needs beside its state and the table: constants of its kind.
struct Constants {
  double time_step_ms;
  double g_na, g_nal, g_to, p_ca, g_kr, g_ks, g_k1, g_naca, p_nak, p_bna, p_bca, g_pca, g_clca, g_clb;
  double calmodulin, uptake, release;
};

/// Currents, and what the concentrations need beside them.
struct Currents {
  double na, nal, to, kr, ks, k1, nak, kb, bna, bca, pca, clca, clb;
  double cal_ss, cal_i, cana_ss, cana_i, cak_ss, cak_i, naca_ss, naca_i;
  double camk_bound, phi;
  CARDIOTWIN_INLINE double sum() const {
    return na + nal + to + kr + ks + k1 + nak + kb + bna + bca + pca + clca + clb + cal_ss + cal_i + cana_ss + cana_i +
           cak_ss + cak_i + naca_ss + naca_i;
  }
};

/// Activity coefficient, after Davies, of an ion of charge 1 at an ionic strength [M]; its fourth power for charge 2.
CARDIOTWIN_INLINE double activity(double strength) {
  constexpr double water = 74.0 * 310.0;  // dielectric constant, temperature [K]
  const double a = 1.82e6 / (water * std::sqrt(water)), root = std::sqrt(strength);
  return fast_exp(-a * (root / (1 + root) - 0.3 * strength));
}

/// Current of the exchanger for sodium and calcium beside it; its four states are in equilibrium.
template <class Tabled>
CARDIOTWIN_INLINE double exchanger(double na, double ca, Tabled at) {
  const double h1 = 1 + na / naca_na3 * (1 + at(naca_na)), h2 = na * at(naca_na) / (naca_na3 * h1);
  const double h4 = 1 + na / naca_na1 * (1 + na / naca_na2), h5 = na * na / (h4 * naca_na1 * naca_na2);
  const double k1 = naca_1, k2 = naca_off, k3 = at(naca_3) + at(naca_3na), k5 = naca_off;
  const double k4_ca = at(naca_ca) / h1, k4_na = h2 * naca_w, k4 = k4_ca + k4_na;
  const double k6 = ca * naca_on / h4, k7 = h5 * h2 * naca_w_na, k8 = at(naca_3na) * (naca_11 * naca_w_na / naca_w);
  const double x1 = k2 * k4 * (k7 + k6) + k5 * k7 * (k2 + k3), x2 = k1 * k7 * (k4 + k5) + k4 * k6 * (k1 + k8);
  const double x3 = k1 * k3 * (k7 + k6) + k8 * k6 * (k2 + k3), x4 = k2 * k8 * (k4 + k5) + k3 * k5 * (k1 + k8);
  const double sodium = 3 * (x4 * k7 - x1 * k8) + x3 * k4_na - x2 * at(naca_3na), calcium = x2 * k2 - x1 * k1;
  return (sodium + 2 * calcium) / (x1 + x2 + x3 + x4) / (1 + square(150e-6 / ca));
}

/// Current of the sodium-potassium pump.
template <class Tabled>
CARDIOTWIN_INLINE double pump(double na, double k, Tabled at) {
  const double bound = na * at(nak_na), states = cube(1 + bound) + square(1 + k / nak_k_i) - 1;
  const double phosphate = 4.2 / (1 + nak_proton / nak_k_proton + na / 224 + k / 292);
  const double a1 = 949.5 * cube(bound) / states, a2 = nak_a2, a3 = at(nak_a3), a4 = nak_a4;
  const double b1 = nak_b1, b2 = at(nak_b2), b3 = 79300 * phosphate * nak_proton / (1 + nak_atp);
  const double b4 = 40 * square(k / nak_k_i) / states;
  const double x1 = a4 * a1 * a2 + b2 * b4 * b3 + a2 * b4 * b3 + b3 * a1 * a2;
  const double x2 = b2 * b1 * b4 + a1 * a2 * a3 + a3 * b1 * b4 + a2 * a3 * b4;
  const double x3 = a2 * a3 * a4 + b3 * b2 * b1 + b2 * b1 * a4 + a3 * a4 * b1;
  const double x4 = b4 * b3 * b2 + a3 * a4 * a1 + b2 * a4 * a1 + b3 * b2 * a1;
  return (3 * (x1 * a3 - x2 * b3) + 2 * (x4 * b1 - x3 * a1)) / (x1 + x2 + x3 + x4);
}

/// I_CaL of both places, and I_bCa, which shares the driving force at the cytosol.
template <class State, class Tabled>
CARDIOTWIN_INLINE void calcium_channel(const Constants& g, State y, Tabled at, Currents& i) {
  const double gamma_o = activity(0.0005 * (na_o + k_o + cl_o + 4 * ca_o));
  const double gamma_ss = activity(0.0005 * (y(na_ss) + y(k_ss) + cl_i + 4 * y(ca_ss)));
  const double gamma_i = activity(0.0005 * (y(na_i) + y(k_i) + cl_i + 4 * y(ca_i)));
  const auto one = [&](double gamma, double in, double out) {
    return gamma * in * at(mono_in) - gamma_o * out * at(mono_out);
  };
  const auto two = [&](double gamma, double in) {
    return fourth(gamma) * in * at(di_in) - fourth(gamma_o) * ca_o * at(di_out);
  };
  const double fast = at(caf_fast), f_ca = fast * y(f_caf) + (1 - fast) * y(f_cas);
  const double f_cap = fast * y(f_cafp) + (1 - fast) * y(f_cas);
  const double f = 0.6 * y(f_f) + 0.4 * y(f_s), f_p = 0.6 * y(f_fp) + 0.4 * y(f_s);
  const auto permeability = [&](double n) {
    return g.p_ca * y(d) *
           ((1 - i.phi) * (f * (1 - n) + y(j_ca) * f_ca * n) + 1.1 * i.phi * (f_p * (1 - n) + y(j_ca) * f_cap * n));
  };
  const double at_ss = cal_at_subspace * permeability(y(n_ss)), at_i = (1 - cal_at_subspace) * permeability(y(n_i));
  const double driving = two(gamma_i, y(ca_i));
  i.cal_ss = at_ss * two(gamma_ss, y(ca_ss));
  i.cal_i = at_i * driving;
  i.cana_ss = at_ss * ca_na * one(gamma_ss, y(na_ss), na_o);
  i.cana_i = at_i * ca_na * one(gamma_i, y(na_i), na_o);
  i.cak_ss = at_ss * ca_k * one(gamma_ss, y(k_ss), k_o);
  i.cak_i = at_i * ca_k * one(gamma_i, y(k_i), k_o);
  i.bca = g.p_bca * driving;
}

/// Channels of potassium.
template <class State, class Tabled>
CARDIOTWIN_INLINE void potassium_channels(const Constants& g, double v, State y, Tabled at, Currents& i) {
  constexpr double p_kna = 0.01833;
  const double x = v - rt_f * fast_log(k_o / y(k_i));
  const double e_ks = rt_f * fast_log((k_o + p_kna * na_o) / (y(k_i) + p_kna * y(na_i)));
  const double fast = at(to_fast);
  const double plain = y(a) * (fast * y(i_f) + (1 - fast) * y(i_s));
  const double phosphorylated = y(a_p) * (fast * y(i_fp) + (1 - fast) * y(i_sp));
  const double ks_ca = 1 + 0.6 * logistic(1.4 * fast_log(3.8e-5 / y(ca_i)));
  const double a_k1 = 4.094 * logistic(0.1217 * (x - 49.934));
  const double b_k1 =
      (15.72 * fast_exp(0.0674 * (x - 3.257)) + fast_exp(0.0618 * (x - 594.31))) * logistic(-0.1629 * (x + 14.207));
  i.to = g.g_to * ((1 - i.phi) * plain + i.phi * phosphorylated) * x;
  i.kr = g.g_kr * y(open) * x;  // sqrt(K_o/5) is one
  i.ks = g.g_ks * ks_ca * y(x_s1) * y(x_s2) * (v - e_ks);
  i.k1 = g.g_k1 * a_k1 / (a_k1 + b_k1) * x;
  i.kb = at(kb_v) * x;
}

/// All currents of one cell; `y(k)` gives variable k, `at(q)` the table's function q at V.
template <class State, class Tabled>
CARDIOTWIN_INLINE Currents currents(const Constants& g, double v, State y, Tabled at) {
  Currents i;
  i.camk_bound = 0.05 * (1 - y(camk)) / (1 + 0.0015 / y(ca_ss));
  i.phi = 1 / (1 + 0.15 / (i.camk_bound + y(camk)));
  const double x_na = v - rt_f * fast_log(na_o / y(na_i)), x_cl = v - rt_f * fast_log(cl_i / cl_o);
  i.na = g.g_na * cube(y(m)) * ((1 - i.phi) * y(h) * y(j) + i.phi * y(h_p) * y(j_p)) * x_na;
  i.nal = g.g_nal * y(m_l) * ((1 - i.phi) * y(h_l) + i.phi * y(h_lp)) * x_na;
  calcium_channel(g, y, at, i);
  potassium_channels(g, v, y, at, i);
  i.naca_ss = naca_at_subspace * g.g_naca * exchanger(y(na_ss), y(ca_ss), at);
  i.naca_i = (1 - naca_at_subspace) * g.g_naca * exchanger(y(na_i), y(ca_i), at);
  i.nak = g.p_nak * pump(y(na_i), y(k_i), at);
  i.bna = g.p_bna * (y(na_i) * at(mono_in) - na_o * at(mono_out));
  i.pca = g.g_pca * y(ca_i) / (0.0005 + y(ca_i));
  i.clca = g.g_clca / (1 + 0.1 / y(ca_ss)) * x_cl;
  i.clb = g.g_clb * x_cl;
  return i;
}

/// One backward Euler step of the chain of I_Kr: C0 and C1, then I and O are eliminated, which leaves C2.
template <class State, class Tabled>
CARDIOTWIN_INLINE void chain(double dt, State y, Tabled at) {
  const double r01 = dt * at(kr_01), r10 = dt * at(kr_10), r12 = dt * 1.25 * 0.1235, r21 = dt * 0.1911;
  const double r2o = dt * at(kr_2o), ro2 = dt * at(kr_o2), roi = dt * at(kr_oi), rio = dt * at(kr_io);
  const double r2i = dt * at(kr_2i), ri2 = dt * at(kr_i2);
  const double from0 = r01 / (1 + r01), d1 = 1 + r10 * (1 - from0) + r12;
  const double b1 = (y(c1) + from0 * y(c0)) / d1, a1 = r21 / d1;  // C1 = b1 + a1 C2
  const double d_i = 1 + ri2 + rio, from_i = rio / d_i, d_o = 1 + ro2 + roi * (1 - from_i);
  const double bo = (y(open) + from_i * y(inactive)) / d_o, ao = (r2o + from_i * r2i) / d_o;  // O = bo + ao C2
  const double bi = (y(inactive) + roi * bo) / d_i, ai = (r2i + roi * ao) / d_i;              // I = bi + ai C2
  const double two = (y(c2) + r12 * b1 + ro2 * bo + ri2 * bi) / (1 + r21 + r2o + r2i - r12 * a1 - ro2 * ao - ri2 * ai);
  const double one = b1 + a1 * two;
  y(c0) = (y(c0) + r10 * one) / (1 + r01);
  y(c1) = one;
  y(c2) = two;
  y(open) = bo + ao * two;
  y(inactive) = bi + ai * two;
}

/// Calcium-bound parts of the L-type channels, exact for constant Ca and j_Ca:
/// dn/dt = 500 / (500/j_Ca + (1 + 0.002/Ca)^4) - j_Ca n.
template <class State>
CARDIOTWIN_INLINE void calcium_bound(double dt, State y) {
  const double kept = fast_exp(-dt * y(j_ca));
  const auto relaxed = [&](double n, double ca) {
    const double steady = 500 / (500 + y(j_ca) * fourth(1 + 0.002 / ca));
    return steady + (n - steady) * kept;
  };
  y(n_ss) = relaxed(y(n_ss), y(ca_ss));
  y(n_i) = relaxed(y(n_i), y(ca_i));
}

/// Concentrations stay above a trace, whatever potential the cell is held at.
CARDIOTWIN_INLINE double positive(double c) { return c > 1e-9 ? c : 1e-9; }
/// What a buffer in equilibrium takes up beside a unit of free calcium.
CARDIOTWIN_INLINE double buffer(double total, double k, double free) { return total * k / square(k + free); }

template <class State>
CARDIOTWIN_INLINE void calcium(const Constants& g, const Currents& i, double dt, State y) {
  const double to_myo = area / (2 * faraday * v_myo), to_ss = area / (2 * faraday * v_ss);
  const double load = fourth(1.7 / y(ca_jsr)), target = -g.release * i.cal_ss / (1 + load * load);
  const double tau = 4.75 / (1 + 0.0123 / y(ca_jsr)), step = dt / tau, step_p = dt / (1.25 * tau);
  y(rel) = (y(rel) + step * 2.375 * target) / (1 + step);
  y(rel_p) = (y(rel_p) + step_p * 2.96875 * target) / (1 + step_p);
  const double serca = 0.005425 * y(ca_i) * ((1 - i.phi) / (y(ca_i) + 0.00092) + 2.75 * i.phi / (y(ca_i) + 0.00075));
  const double uptake = g.uptake * serca - 0.0048825 / 15 * y(ca_nsr);
  const double transfer = (y(ca_nsr) - y(ca_jsr)) / 60, diffusion = (y(ca_ss) - y(ca_i)) / 0.2;
  const double free_i = 1 / (1 + buffer(g.calmodulin, 0.00238, y(ca_i)) + buffer(0.07, 0.0005, y(ca_i)));
  const double free_ss = 1 / (1 + buffer(0.047, 0.00087, y(ca_ss)) + buffer(1.124, 0.0087, y(ca_ss)));
  const double free_jsr = 1 / (1 + buffer(10, 0.8, y(ca_jsr)));
  const double wanted = 1.5378 * ((1 - i.phi) * y(rel) + i.phi * y(rel_p));
  const double most = transfer + y(ca_jsr) / (free_jsr * dt);  // the store of mid-wall cells runs empty
  const double release = wanted < most ? wanted : most;
  y(camk) += dt * (0.05 * i.camk_bound * (i.camk_bound + y(camk)) - 0.00068 * y(camk));
  y(ca_i) = positive(y(ca_i) + dt * free_i *
                                   (diffusion * v_ss / v_myo - uptake * v_nsr / v_myo -
                                    (i.cal_i + i.pca + i.bca - 2 * i.naca_i) * to_myo));
  y(ca_ss) =
      positive(y(ca_ss) + dt * free_ss * (release * v_jsr / v_ss - diffusion - (i.cal_ss - 2 * i.naca_ss) * to_ss));
  y(ca_nsr) = positive(y(ca_nsr) + dt * (uptake - transfer * v_jsr / v_nsr));
  y(ca_jsr) = positive(y(ca_jsr) + dt * free_jsr * (transfer - release));
}

template <class State>
CARDIOTWIN_INLINE void sodium_potassium(const Currents& i, double dt, State y) {
  constexpr double to_myo = area / (faraday * v_myo), to_ss = area / (faraday * v_ss);
  const double na = (y(na_ss) - y(na_i)) / 2, k = (y(k_ss) - y(k_i)) / 2;  // diffusion from the subspace
  y(na_i) = positive(y(na_i) +
                     dt * (na * v_ss / v_myo - (i.na + i.nal + i.cana_i + 3 * (i.naca_i + i.nak) + i.bna) * to_myo));
  y(na_ss) = positive(y(na_ss) - dt * (na + (i.cana_ss + 3 * i.naca_ss) * to_ss));
  y(k_i) =
      positive(y(k_i) + dt * (k * v_ss / v_myo - (i.to + i.kr + i.ks + i.k1 + i.kb + i.cak_i - 2 * i.nak) * to_myo));
  y(k_ss) = positive(y(k_ss) - dt * (k + i.cak_ss * to_ss));
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
    chain(g.time_step_ms, y, [&](int q) -> double { return tabled[q * block + c]; });
    calcium_bound(g.time_step_ms, y);
  }
#pragma GCC ivdep
  for (std::size_t c = 0; c < cells; ++c) {
    const auto y = [=](int k) -> double& { return state[k * block + c]; };
    const Currents i = currents(g, potential[c], y, [&](int q) -> double { return tabled[q * block + c]; });
    current[c] = i.sum();
    calcium(g, i, g.time_step_ms, y);
    sodium_potassium(i, g.time_step_ms, y);
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
    current[c] = currents(
                     g, potential[c], [=](int k) { return state[k * block + c]; },
                     [&](int q) -> double { return tabled[q * block + c]; })
                     .sum();
}

Cells cells_of(std::size_t variant, std::span<const double> scaling, double time_step_ms) {
  const Variant& type = layers[variant];
  const double kb_scaled = scaling[i_kb] * type.kb * g_kb;
  return {.table = RateTable(columns, [&](double v, double* row) { fill_row(v, type, kb_scaled, time_step_ms, row); }),
          .constants = {.time_step_ms = time_step_ms,
                        .g_na = scaling[i_na] * g_na,
                        .g_nal = scaling[i_nal] * type.na_l * g_nal,
                        .g_to = scaling[i_to] * type.to * g_to,
                        .p_ca = scaling[i_cal] * type.ca_l * p_ca,
                        .g_kr = scaling[i_kr] * type.kr * g_kr,
                        .g_ks = scaling[i_ks] * type.ks * g_ks,
                        .g_k1 = scaling[i_k1] * type.k1 * g_k1,
                        .g_naca = scaling[i_naca] * type.na_ca * g_naca,
                        .p_nak = scaling[i_nak] * type.na_k * p_nak,
                        .p_bna = scaling[i_bna] * p_bna,
                        .p_bca = scaling[i_bca] * p_bca,
                        .g_pca = scaling[i_pca] * g_pca,
                        .g_clca = scaling[i_clca] * g_clca,
                        .g_clb = scaling[i_clb] * g_clb,
                        .calmodulin = 0.05 * type.calmodulin,
                        .uptake = type.uptake,
                        .release = type.release}};
}

}  // namespace

const IonicModel& tor_ord() {
  static const IonicModel model{
      .name = "tor_ord",
      .title = "Tomek et al. 2019 (ToR-ORd)",
      .source = "doi 10.7554/eLife.48890",
      .variables = {"m",    "h",    "h_p",   "j",   "j_p",  "m_L",  "h_L",   "h_Lp",   "a",     "i_F",  "i_S",
                    "a_p",  "i_Fp", "i_Sp",  "d",   "f_F",  "f_S",  "f_CaF", "f_CaS",  "j_Ca",  "f_Fp", "f_CaFp",
                    "x_s1", "x_s2", "n_ss",  "n_i", "C0",   "C1",   "C2",    "O",      "I",     "rel",  "rel_p",
                    "camk", "na_i", "na_ss", "k_i", "k_ss", "ca_i", "ca_ss", "ca_nsr", "ca_jsr"},
      .currents = {"I_Na", "I_NaL", "I_to", "I_CaL", "I_Kr", "I_Ks", "I_K1", "I_NaCa", "I_NaK", "I_Kb", "I_bNa",
                   "I_bCa", "I_pCa", "I_ClCa", "I_Clb"},
      .variants = {{"endocardial",
                    -88.8692,
                    {.0007876574,
                     .8306582,
                     .6740969,
                     .83046674,
                     .83009361,
                     .00015967012,
                     .52826172,
                     .28877583,
                     .00094424965,
                     .99961696,
                     .59368059,
                     .00048110725,
                     .99961696,
                     .65409207,
                     0,
                     .99999999,
                     .93896524,
                     .99999999,
                     .99990046,
                     .99997748,
                     .99999999,
                     .99999999,
                     .24715654,
                     .00017501708,
                     .00049209477,
                     .00083371189,
                     .99807365,
                     .0008447453,
                     .00069817188,
                     .00037040487,
                     1.3023906e-05,
                     0,
                     0,
                     .01107529,
                     12.099665,
                     12.100003,
                     142.41252,
                     142.41248,
                     7.4554157e-05,
                     6.5041893e-05,
                     1.5303702,
                     1.5280309}},
                   {"mid",
                    -88.959,
                    {.00077256681,
                     .83243433,
                     .67701334,
                     .83229032,
                     .83180857,
                     .00015696826,
                     .52717494,
                     .28055604,
                     .0009385454,
                     .99962296,
                     .56898994,
                     .00047819953,
                     .99962296,
                     .6276854,
                     0,
                     .99999999,
                     .9211262,
                     .99999999,
                     .99979937,
                     .99996726,
                     .99999999,
                     .99999999,
                     .2649645,
                     .0001732433,
                     .00074891507,
                     .0018451304,
                     .99790048,
                     .0008392512,
                     .00070484636,
                     .00053662,
                     1.8803639e-05,
                     0,
                     0,
                     .018789866,
                     14.996817,
                     14.997434,
                     142.62538,
                     142.62532,
                     9.1716302e-05,
                     7.2513966e-05,
                     1.9432277,
                     1.9503962}},
                   {"epicardial",
                    -89.0155,
                    {.00076322891,
                     .83354491,
                     .6788417,
                     .83349778,
                     .83331177,
                     .00015529365,
                     .53646847,
                     .30098056,
                     .00093497703,
                     .9996267,
                     .99962365,
                     .00047638057,
                     .9996267,
                     .9996262,
                     0,
                     .99999999,
                     .94844343,
                     .99999999,
                     .9999334,
                     .99998177,
                     .99999999,
                     .99999999,
                     .23270888,
                     .00017212009,
                     .00045680418,
                     .00083089301,
                     .99818599,
                     .00083605885,
                     .00068560851,
                     .00028249308,
                     9.8449215e-06,
                     0,
                     0,
                     .012972605,
                     12.838261,
                     12.83863,
                     142.46012,
                     142.46007,
                     7.4497166e-05,
                     6.3811525e-05,
                     1.8337666,
                     1.8345104}}},
      .membrane = membrane<cells_of, advance_block, current_of_block>,
  };
  return model;
}

}  // namespace cardiotwin::electrophysiology
