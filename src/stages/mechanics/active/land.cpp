#include "land.hpp"

#include <array>
#include <cmath>
#include <initializer_list>
#include <string>
#include <utility>

namespace cardiotwin::mechanics {
namespace {

constexpr double longest = 1.2, overlap = 0.87;  ///< bounds of the dependence on length
constexpr double least_stretch = 1e-6;
constexpr double blocking_bound = 100;
/// Of C inside its powers: the steady state at 1 pM.
constexpr double least_troponin = 1e-12;
/// Stages of longer substeps could overshoot below 0 at the rates of the default parameters (up to 1.4/ms).
constexpr double longest_substep = 1, longest_step = 1e6;  // [ms]

/// Rates that follow from the parameters.
struct Rates : LandParameters {
  double k_wu, k_su, k_b, gain, c_w, c_s;
};

Rates rates_of(const LandParameters& p) {
  const auto positive = [](std::initializer_list<double> values) {
    return std::all_of(values.begin(), values.end(), [](double v) { return v > 0 && std::isfinite(v); });
  };
  const bool sound = positive({p.k_trpn, p.n_trpn, p.k_u, p.n_tm, p.trpn50, p.k_uw, p.k_ws, p.r_w, p.r_s, p.phi}) &&
                     p.r_w < 1 && p.r_s < 1 && p.gamma_s >= 0 && p.gamma_w >= 0 && p.a_eff >= 0 && p.t_ref >= 0 &&
                     std::isfinite(p.gamma_s + p.gamma_w + p.a_eff + p.t_ref + p.beta_0);
  if (!sound)
    core::fail_configuration({.where = "mechanics, active tension (Land 2017)",
                              .expected = "positive rates and exponents, r_w and r_s between 0 and 1, no negative "
                                          "gamma, a_eff or t_ref",
                              .found = "a parameter outside"});
  if (!positive({p.ca_t50, p.ca_t50 + p.beta_1 * (longest - 1)}) || p.beta_1 > 0)
    core::fail_configuration(
        {.where = "mechanics, active tension (Land 2017)",
         .expected = "beta_1 <= 0 and ca_t50 + 0.2 beta_1 > 0, so that Ca_T50 is positive",
         .found = "ca_t50 = " + std::to_string(p.ca_t50) + " and beta_1 = " + std::to_string(p.beta_1) + " uM"});
  Rates r{p, 0, 0, 0, 0, 0, 0};
  r.k_wu = p.k_uw * (1 / p.r_w - 1) - p.k_ws;
  r.k_su = p.k_ws * p.r_w * (1 / p.r_s - 1);
  r.k_b = p.k_u * std::pow(p.trpn50, p.n_tm) / ((1 - p.r_s) * (1 - p.r_w));
  r.gain = p.a_eff * p.r_s / ((1 - p.r_s) * p.r_w + p.r_s);
  r.c_w = p.phi * p.k_uw * (1 - p.r_w) / p.r_w;
  r.c_s = p.phi * p.k_ws * (1 - p.r_s) * p.r_w / p.r_s;
  if (r.k_wu < 0)
    core::fail_configuration({.where = "mechanics, active tension (Land 2017)",
                              .expected = "k_uw (1/r_w - 1) >= k_ws, so that weak bridges do not form backwards",
                              .found = "k_wu = " + std::to_string(r.k_wu) + "/ms"});
  return r;
}

double half_calcium(const Rates& r, double stretch) { return r.ca_t50 + r.beta_1 * (std::min(stretch, longest) - 1); }

double length_factor(const Rates& r, double stretch) {
  const double l = std::min(stretch, longest);
  return std::max(0.0, 1 + r.beta_0 * (l + std::min(l, overlap) - (1 + overlap)));
}

/// Interpolated calcium may round to below 0.
double binding(const Rates& r, double calcium, double half) {
  return std::pow(std::max(calcium, 0.0) / half, r.n_trpn);
}

/// Rates of unblocking and of blocking [1/ms].
struct Switching {
  double on, off;
};
Switching switching(const Rates& r, double troponin) {
  const double power = std::pow(std::max(troponin, least_troponin), 0.5 * r.n_tm);
  return {r.k_u * power, r.k_b * std::min(blocking_bound, 1 / power)};
}

/// What a step leaves of a distortion, and what its change of stretch adds: z' = left z + gain (lambda' - lambda).
struct Distortion {
  double left, gain;
  Distortion(double decay, double gain_per_stretch, double step)
      : left(std::exp(-decay * step)), gain(gain_per_stretch * -std::expm1(-decay * step) / (decay * step)) {}
};

/// C, B, W, S of one point.
struct Bridges {
  double troponin, blocked, weak, strong;
};

/// y of y = start + h f(y): one stage. The unbound fraction is eliminated last, as what the others leave of 1.
Bridges stage(const Rates& r, const Bridges& start, double h, double drive, double weak_loss, double strong_loss) {
  Bridges y;
  y.troponin = (start.troponin + h * r.k_trpn * drive) / (1 + h * r.k_trpn * (1 + drive));
  const Switching k = switching(r, y.troponin);
  const double per_b = 1 / (1 + h * k.on), per_w = 1 / (1 + h * weak_loss), per_s = 1 / (1 + h * strong_loss);
  const double b = start.blocked * per_b, w = start.weak * per_w, s = (start.strong + h * r.k_ws * w) * per_s;
  const double to_w = h * r.k_uw * per_w, to_b = h * k.off * per_b, to_s = h * r.k_ws * to_w * per_s;
  const double unbound = (1 - b - w - s) / (1 + to_b + to_w + to_s);
  y.blocked = b + to_b * unbound;
  y.weak = w + to_w * unbound;
  y.strong = s + to_s * unbound;
  return y;
}

/// One substep; the stages end at gamma h and at h.
constexpr double first_part = 0.29289321881345254;  // gamma = 1 - 1/sqrt(2)
Bridges advance(const Rates& r, const Bridges& y, double h, const std::array<double, 2>& drive, double weak_loss,
                double strong_loss) {
  const Bridges first = stage(r, y, first_part * h, drive[0], weak_loss, strong_loss);
  constexpr double ahead = (1 - first_part) / first_part;
  const auto along = [](double from, double to) { return from + ahead * (to - from); };
  const Bridges start{along(y.troponin, first.troponin), along(y.blocked, first.blocked), along(y.weak, first.weak),
                      along(y.strong, first.strong)};
  const Bridges end = stage(r, start, first_part * h, drive[1], weak_loss, strong_loss);
  const auto fraction = [](double v) { return std::min(1.0, std::max(0.0, v)); };
  return {fraction(end.troponin), fraction(end.blocked), fraction(end.weak), fraction(end.strong)};
}

template <class States>
auto columns(States& s) {
  return std::array{&s.calcium, &s.troponin,        &s.blocked,           &s.weak,
                    &s.strong,  &s.weak_distortion, &s.strong_distortion, &s.stretch};
}

LandStates sized(std::size_t points) {
  LandStates states;
  for (auto* column : columns(states)) column->assign(points, 0.0);
  return states;
}

void resize(LandStates& states, std::size_t points) {
  for (auto* column : columns(states)) column->resize(points);
}

bool all_within(std::span<const double> values, double low) {
  return std::all_of(values.begin(), values.end(), [&](double v) { return v >= low && std::isfinite(v); });
}

constexpr const char* sound_stretch = "positive and finite stretches of the fibre (no inverted element)";
constexpr const char* sound_calcium = "calcium that is finite and not negative";
[[noreturn]] void refuse(const char* expected) {
  core::fail_numerical(
      {.where = "mechanics, active tension (Land 2017)", .expected = expected, .found = "another value"});
}

}  // namespace

std::vector<double> flat(const LandStates& states) {
  std::vector<double> result;
  for (const auto* column : columns(states)) result.insert(result.end(), column->begin(), column->end());
  return result;
}

LandStates land_states(std::span<const double> values) {
  LandStates states;
  const auto all = columns(states);
  if (values.size() % all.size() != 0)
    core::fail_integrity({.where = "states of the active tension (Land 2017)",
                          .expected = "a multiple of " + std::to_string(all.size()) + " values",
                          .found = std::to_string(values.size()),
                          .remedy = "the file was written by another model of tension; run the stage anew"});
  const std::size_t points = values.size() / all.size();
  for (std::size_t v = 0; v < all.size(); ++v) {
    const auto part = values.subspan(v * points, points);
    all[v]->assign(part.begin(), part.end());
  }
  return states;
}

LandStates steady_state(const LandParameters& parameters, double calcium, std::span<const double> stretch) {
  const Rates r = rates_of(parameters);
  if (!(calcium >= 0) || !std::isfinite(calcium)) refuse(sound_calcium);
  if (!all_within(stretch, least_stretch)) refuse(sound_stretch);
  LandStates s = sized(stretch.size());
  for (std::size_t i = 0; i < s.size(); ++i) {
    const double drive = binding(r, calcium, half_calcium(r, stretch[i]));
    s.calcium[i] = calcium, s.stretch[i] = stretch[i];
    s.troponin[i] = drive / (1 + drive);
    const Switching k = switching(r, s.troponin[i]);
    // W and S per unbound fraction; B balances U at the rates of switching.
    const double weak = r.k_uw / (r.k_wu + r.k_ws), strong = weak * r.k_ws / r.k_su;
    const double all = k.on * (1 + weak + strong) + k.off, unbound = k.on / all;
    s.blocked[i] = k.off / all, s.weak[i] = weak * unbound, s.strong[i] = strong * unbound;
  }
  return s;
}

void tension(const LandParameters& parameters, const LandStates& s, std::span<double> result) {
  const Rates r = rates_of(parameters);
  for (std::size_t i = 0; i < s.size(); ++i)
    result[i] = std::max(0.0, length_factor(r, s.stretch[i]) * r.t_ref / r.r_s *
                                  (s.strong[i] * (1 + s.strong_distortion[i]) + s.weak[i] * s.weak_distortion[i]));
}

void propose(const LandParameters& parameters, const LandStates& now, double step, std::span<const double> calcium,
             LandProposal& proposal, std::span<double> amplitude, std::span<double> slope) {
  const Rates r = rates_of(parameters);
  if (!(step > 0 && step < longest_step)) refuse("a positive step");
  if (!all_within(calcium, 0)) refuse(sound_calcium);
  const int substeps = std::max(1, static_cast<int>(std::ceil(step / longest_substep)));
  const double h = step / substeps;
  const Distortion weak(r.c_w, r.gain, step), strong(r.c_s, r.gain, step);
  LandStates& end = proposal.end;
  resize(end, now.size());
  proposal.step = step;
  for (std::size_t i = 0; i < now.size(); ++i) {
    const double z_w = now.weak_distortion[i], z_s = now.strong_distortion[i], half = half_calcium(r, now.stretch[i]);
    const double weak_loss = r.k_wu + r.k_ws + r.gamma_w * std::abs(z_w);
    const double strong_loss = r.k_su + r.gamma_s * std::max({z_s, -z_s - 1, 0.0});
    const double slew = (calcium[i] - now.calcium[i]) / substeps;
    Bridges y{now.troponin[i], now.blocked[i], now.weak[i], now.strong[i]};
    for (int k = 0; k < substeps; ++k)
      y = advance(r, y, h,
                  {binding(r, now.calcium[i] + slew * (k + first_part), half),
                   binding(r, now.calcium[i] + slew * (k + 1), half)},
                  weak_loss, strong_loss);
    end.calcium[i] = calcium[i], end.stretch[i] = now.stretch[i];
    end.troponin[i] = y.troponin, end.blocked[i] = y.blocked, end.weak[i] = y.weak, end.strong[i] = y.strong;
    end.weak_distortion[i] = weak.left * z_w, end.strong_distortion[i] = strong.left * z_s;
    const double scale = length_factor(r, now.stretch[i]) * r.t_ref / r.r_s;
    amplitude[i] = scale * (y.strong * (1 + strong.left * z_s) + y.weak * weak.left * z_w);
    slope[i] = scale * (y.strong * strong.gain + y.weak * weak.gain);
  }
}

void accept(const LandParameters& parameters, std::span<const double> stretch, LandProposal& proposal,
            LandStates& now) {
  const Rates r = rates_of(parameters);
  if (!(proposal.step > 0)) refuse("a step that was proposed and not yet accepted");
  if (!all_within(stretch, least_stretch)) refuse(sound_stretch);
  const Distortion weak(r.c_w, r.gain, proposal.step), strong(r.c_s, r.gain, proposal.step);
  LandStates& end = proposal.end;
  for (std::size_t i = 0; i < stretch.size(); ++i) {
    const double change = stretch[i] - now.stretch[i];
    end.weak_distortion[i] += weak.gain * change;
    end.strong_distortion[i] += strong.gain * change;
    end.stretch[i] = stretch[i];
  }
  std::swap(now, end);
  proposal.step = 0;
}

LandStates limit_cycle(const LandParameters& parameters, const CalciumCurve& curve, std::span<const double> activation,
                       int beats) {
  if (beats < 1) refuse("at least one beat");
  // The course of a place that is activated at 0: a place activated at a is at the end where this one was a ago.
  const double length = beats * curve.cycle();
  const auto steps = static_cast<std::size_t>(std::ceil(length));
  const double step = length / static_cast<double>(steps), one[] = {1.0};
  std::vector<std::vector<double>> course{flat(steady_state(parameters, curve.diastolic(), one))};
  LandStates now = land_states(course.front());
  LandProposal proposal;
  double amplitude[1], slope[1];
  for (std::size_t k = 1; k <= steps; ++k) {
    const double calcium[] = {curve.at(step * static_cast<double>(k))};
    propose(parameters, now, step, calcium, proposal, amplitude, slope);
    accept(parameters, one, proposal, now);
    course.push_back(flat(now));
  }
  LandStates result = sized(activation.size());
  const auto all = columns(result);
  for (std::size_t i = 0; i < activation.size(); ++i) {
    const double age = activation[i] < 0 ? 0 : std::max(0.0, length - activation[i]);
    const auto k = std::min(static_cast<std::size_t>(age / step), steps - 1);
    const double part = age / step - static_cast<double>(k);
    for (std::size_t v = 0; v < all.size(); ++v) (*all[v])[i] = (1 - part) * course[k][v] + part * course[k + 1][v];
  }
  return result;
}

}  // namespace cardiotwin::mechanics
