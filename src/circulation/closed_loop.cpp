#include "cardiotwin/circulation/closed_loop.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "cardiotwin/core/units.hpp"
#include "ranges.hpp"

namespace cardiotwin::circulation {
namespace {

using core::kPa_per_mmHg;
using core::mm3_per_ml;
using core::ms_per_s;

constexpr double elastance_unit = kPa_per_mmHg / mm3_per_ml;                        ///< of mmHg/ml
constexpr double resistance_unit = kPa_per_mmHg * ms_per_s / mm3_per_ml;            ///< of mmHg s/ml
constexpr double compliance_unit = mm3_per_ml / kPa_per_mmHg;                       ///< of ml/mmHg
constexpr double inertance_unit = kPa_per_mmHg * ms_per_s * ms_per_s / mm3_per_ml;  ///< of mmHg s^2/ml

Chamber chamber(double active, double passive, double unloaded_ml, double start, double contraction) {
  return {active * elastance_unit, passive * elastance_unit, unloaded_ml * mm3_per_ml, start, contraction, 0.17};
}

Vessel vessel(double resistance, double compliance, double inertance) {
  return {resistance * resistance_unit, compliance * compliance_unit, inertance * inertance_unit};
}

void check(const Vessel& vessel, const std::string& key) {
  require_positive(vessel.resistance, key + ".resistance", "kPa ms/mm^3");
  require_positive(vessel.compliance, key + ".compliance", "mm^3/kPa");
  require_not_negative(vessel.inertance, key + ".inertance", "kPa ms^2/mm^3");
}

constexpr std::size_t next(std::size_t k) { return (k + 1) % compartments; }

/// The chamber that is a compartment, or null for vessels and for the left ventricle, which is the wall's.
const Chamber* chamber_of(const ClosedLoopParameters& p, std::size_t k) {
  switch (k) {
    case right_atrium:
      return &p.right_atrium;
    case right_ventricle:
      return &p.right_ventricle;
    case left_atrium:
      return &p.left_atrium;
    default:
      return nullptr;
  }
}

/// The vessel that is a compartment, or null for chambers.
const Vessel* vessel_of(const ClosedLoopParameters& p, std::size_t k) {
  switch (k) {
    case systemic_arteries:
      return &p.systemic_arteries;
    case systemic_veins:
      return &p.systemic_veins;
    case pulmonary_arteries:
      return &p.pulmonary_arteries;
    case pulmonary_veins:
      return &p.pulmonary_veins;
    default:
      return nullptr;
  }
}

/// Sets of open valves are numbers of four bits, in this order of the compartments that the valves close.
constexpr std::array<Compartment, 4> valves{left_ventricle, right_atrium, right_ventricle, left_atrium};
constexpr unsigned valve_sets = 1U << valves.size();
constexpr bool contains(unsigned set, std::size_t valve) { return set >> valve & 1U; }

/// A step, linear once the set of open valves is known:
///   flow = conductance * (drop of pressure) + push,    step * (inflow - outflow) = compliance * pressure - charge
struct LinearStep {
  double step = 0, ventricle = 0;  ///< length, and pressure of the left ventricle at its end
  std::array<double, 4> valve_conductance{};
  Ring conductance{}, push{}, compliance{}, charge{};
};

struct Pressures {
  Ring value{}, derivative{};  ///< derivative by the left ventricle's
  double drop(std::size_t k) const { return value[k] - value[next(k)]; }
  unsigned valves_pushed_open() const {
    unsigned set = 0;
    for (std::size_t v = 0; v < valves.size(); ++v) set |= static_cast<unsigned>(drop(valves[v]) > 0) << v;
    return set;
  }
};

/// Elimination of the seven unknown pressures between the ventricle's two ends; their matrix is tridiagonal.
Pressures solve(LinearStep& s, unsigned open) {
  for (std::size_t v = 0; v < valves.size(); ++v)
    s.conductance[valves[v]] = contains(open, v) ? s.valve_conductance[v] : 0;
  Pressures p;
  p.value[left_ventricle] = s.ventricle;
  p.derivative[left_ventricle] = 1;
  constexpr std::size_t first = 1, last = compartments - 1;
  Ring pivot{};
  for (std::size_t k = first; k <= last; ++k) {
    const double before = s.step * s.conductance[k - 1], after = s.step * s.conductance[k];
    pivot[k] = s.compliance[k] + before + after;
    p.value[k] = s.charge[k] + s.step * (s.push[k - 1] - s.push[k]);
    if (k == last) p.value[k] += after * s.ventricle, p.derivative[k] += after;
    // The first one's neighbour is the ventricle, which is known.
    const double factor = k == first ? before : before / pivot[k - 1];
    if (k != first) pivot[k] -= factor * before;
    p.value[k] += factor * p.value[k - 1];
    p.derivative[k] += factor * p.derivative[k - 1];
  }
  for (std::size_t k = last; k >= first; --k) {
    const double after = k == last ? 0 : s.step * s.conductance[k];
    p.value[k] = (p.value[k] + after * p.value[next(k)]) / pivot[k];
    p.derivative[k] = (p.derivative[k] + after * p.derivative[next(k)]) / pivot[k];
  }
  return p;
}

/// The pressures whose signs agree with the open valves, by Newton from the set `open`. Leaves that set in `s`.
Pressures settle(LinearStep& s, unsigned open) {
  for (unsigned tries = 0; tries < valve_sets; ++tries) {
    const Pressures p = solve(s, open);
    const unsigned pushed = p.valves_pushed_open();
    if (pushed == open) return p;
    open = pushed;
  }
  // In a circle, or a valve is just at its border and rounding decides: the set that violates the signs least.
  double least = std::numeric_limits<double>::max();
  for (unsigned set = 0; set < valve_sets; ++set) {
    const Pressures p = solve(s, set);
    double violation = 0;
    for (std::size_t v = 0; v < valves.size(); ++v)
      violation = std::max(violation, contains(set, v) ? -p.drop(valves[v]) : p.drop(valves[v]));
    if (violation < least) least = violation, open = set;
  }
  return solve(s, open);
}

}  // namespace

void check(const ClosedLoopParameters& p) {
  require_positive(p.period, "period", "ms");
  check(p.left_atrium, "left_atrium");
  check(p.right_atrium, "right_atrium");
  check(p.right_ventricle, "right_ventricle");
  check(p.systemic_arteries, "systemic_arteries");
  check(p.systemic_veins, "systemic_veins");
  check(p.pulmonary_arteries, "pulmonary_arteries");
  check(p.pulmonary_veins, "pulmonary_veins");
  require_positive(p.mitral, "mitral", "kPa ms/mm^3");
  require_positive(p.aortic, "aortic", "kPa ms/mm^3");
  require_positive(p.tricuspid, "tricuspid", "kPa ms/mm^3");
  require_positive(p.pulmonary, "pulmonary", "kPa ms/mm^3");
}

ClosedLoopParameters healthy_loop(double period_ms) {
  ClosedLoopParameters p;
  p.period = period_ms;
  p.left_atrium = chamber(0.07, 0.09, 4, 0.8, 0.17);
  p.right_atrium = chamber(0.06, 0.07, 4, 0.8, 0.17);
  p.right_ventricle = chamber(0.55, 0.05, 10, 0, 0.34);
  p.systemic_arteries = vessel(0.8, 1.2, 5e-3);
  p.systemic_veins = vessel(0.26, 60, 5e-4);
  p.pulmonary_arteries = vessel(0.1625, 10, 5e-4);
  p.pulmonary_veins = vessel(0.1625, 16, 5e-4);
  p.mitral = p.aortic = p.tricuspid = p.pulmonary = 0.0075 * resistance_unit;
  return p;
}

Chamber healthy_left_ventricle() { return chamber(2.75, 0.08, 5, 0, 0.34); }

ClosedLoopState healthy_state() {
  ClosedLoopState state;
  state.volume = {120, 1.2 * 80, 60.0 * 30, 65, 145, 10.0 * 35, 16.0 * 24, 65};
  for (double& v : state.volume) v *= mm3_per_ml;
  return state;
}

struct ClosedLoop::Step {
  Ring flow{};
  double derivative = 0;  ///< of (aortic - mitral) flow by the ventricle's pressure, never negative
};

ClosedLoop::ClosedLoop(const ClosedLoopParameters& parameters, const ClosedLoopState& start)
    : parameters_(parameters), blood_(start) {
  check(parameters_);
}

double ClosedLoop::compliance(std::size_t k, double time) const {
  const Chamber* chamber = chamber_of(parameters_, k);
  return chamber ? 1 / elastance(*chamber, parameters_.period, time) : vessel_of(parameters_, k)->compliance;
}

/// Volume above the unloaded one.
double ClosedLoop::charge(std::size_t k) const {
  const Chamber* chamber = chamber_of(parameters_, k);
  return blood_.volume[k] - (chamber ? chamber->unloaded_volume : 0);
}

double ClosedLoop::pressure(Compartment k) const { return charge(k) / compliance(k, time_); }

ClosedLoop::Step ClosedLoop::step(double pressure, double step_ms) const {
  const ClosedLoopParameters& p = parameters_;
  LinearStep s{.step = step_ms,
               .ventricle = pressure,
               .valve_conductance = {1 / p.aortic, 1 / p.tricuspid, 1 / p.pulmonary, 1 / p.mitral}};
  for (std::size_t k = 1; k < compartments; ++k) {
    s.compliance[k] = compliance(k, time_ + step_ms);
    s.charge[k] = charge(k);
    if (const Vessel* vessel = vessel_of(p, k)) {
      const double inertia = vessel->inertance / step_ms;
      s.conductance[k] = 1 / (vessel->resistance + inertia);
      s.push[k] = s.conductance[k] * inertia * blood_.flow[k];
    }
  }
  unsigned open = 0;
  for (std::size_t v = 0; v < valves.size(); ++v) open |= static_cast<unsigned>(blood_.flow[valves[v]] > 0) << v;
  const Pressures end = settle(s, open);

  Step result;
  for (std::size_t k = 0; k < compartments; ++k) result.flow[k] = s.conductance[k] * end.drop(k) + s.push[k];
  result.derivative = s.conductance[left_ventricle] * (1 - end.derivative[systemic_arteries]) +
                      s.conductance[left_atrium] * (1 - end.derivative[left_atrium]);
  return result;
}

Balance ClosedLoop::balance(double volume, double pressure, double step_ms) const {
  const Step s = step(pressure, step_ms);
  return {volume - blood_.volume[left_ventricle] - step_ms * (s.flow[left_atrium] - s.flow[left_ventricle]), 1,
          step_ms * s.derivative};
}

void ClosedLoop::accept(double, double pressure, double step_ms) {
  blood_.flow = step(pressure, step_ms).flow;
  for (std::size_t k = 0; k < compartments; ++k) {
    blood_.volume[k] -= step_ms * blood_.flow[k];
    blood_.volume[next(k)] += step_ms * blood_.flow[k];
  }
  time_ += step_ms;
}

Signals ClosedLoop::signals() const {
  return {.mitral_flow = blood_.flow[left_atrium],
          .aortic_flow = blood_.flow[left_ventricle],
          .aortic_pressure = pressure(systemic_arteries),
          .atrial_pressure = pressure(left_atrium)};
}

std::vector<double> ClosedLoop::state() const {
  std::vector<double> state{time_};
  state.insert(state.end(), blood_.volume.begin(), blood_.volume.end());
  state.insert(state.end(), blood_.flow.begin(), blood_.flow.end());
  return state;
}

void ClosedLoop::set_state(std::span<const double> state) {
  require_state(
      state.size() == 1 + 2 * compartments && std::ranges::all_of(state, [](double x) { return std::isfinite(x); }),
      "closed loop");
  time_ = state[0];
  std::copy_n(state.begin() + 1, compartments, blood_.volume.begin());
  std::copy_n(state.begin() + 1 + compartments, compartments, blood_.flow.begin());
}

double ClosedLoop::total_volume() const { return std::accumulate(blood_.volume.begin(), blood_.volume.end(), 0.0); }

}  // namespace cardiotwin::circulation
