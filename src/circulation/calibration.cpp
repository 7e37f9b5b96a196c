#include "cardiotwin/circulation/calibration.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "ranges.hpp"

namespace cardiotwin::circulation {
namespace {

constexpr std::size_t states = 11;  ///< seven volumes and four flows; the ventricle's volume is a target
constexpr std::size_t unknowns = states + 3;
using Vector = std::array<double, unknowns>;

constexpr std::array<Compartment, 4> vessels{systemic_arteries, systemic_veins, pulmonary_arteries, pulmonary_veins};

/// What the unknowns stand for, and how large they are.
struct Problem {
  ClosedLoopTarget target;
  ClosedLoopParameters parameters;
  ElastanceVentricle ventricle;
  double step_ms;

  /// Unknowns: volumes less the ventricle's, by EDV; flows of vessels, by stroke volume over period; then the
  /// logarithms of R, C and E_active.
  Vector pack(const ClosedLoopState& s) const {
    Vector x{};
    for (std::size_t k = 1; k < compartments; ++k) x[k - 1] = s.volume[k] / target.end_diastolic_volume;
    for (std::size_t i = 0; i < vessels.size(); ++i)
      x[compartments - 1 + i] = s.flow[vessels[i]] * target.period / target.stroke_volume;
    x[states] = std::log(parameters.systemic_arteries.resistance);
    x[states + 1] = std::log(parameters.systemic_arteries.compliance);
    x[states + 2] = std::log(ventricle.chamber.active);
    return x;
  }

  ClosedLoopState unpack(const Vector& x) {
    ClosedLoopState s;
    s.volume[left_ventricle] = target.end_diastolic_volume;
    for (std::size_t k = 1; k < compartments; ++k) s.volume[k] = x[k - 1] * target.end_diastolic_volume;
    for (std::size_t i = 0; i < vessels.size(); ++i)
      s.flow[vessels[i]] = x[compartments - 1 + i] * target.stroke_volume / target.period;
    parameters.systemic_arteries.resistance = std::exp(x[states]);
    parameters.systemic_arteries.compliance = std::exp(x[states + 1]);
    ventricle.chamber.active = std::exp(x[states + 2]);
    return s;
  }

  /// What a beat changes, and what it misses. The ventricle's volume closes by itself: the total is constant.
  Vector residual(const Vector& x) {
    const ClosedLoopState start = unpack(x);
    ClosedLoop loop(parameters, start);
    const CycleFigures f =
        figures(run_beat(ventricle, loop, target.end_diastolic_volume, target.end_diastolic_pressure, step_ms));
    Vector r = pack(loop.blood());
    for (std::size_t i = 0; i < states; ++i) r[i] -= x[i];
    r[states] = f.systolic_pressure / target.systolic_pressure - 1;
    r[states + 1] = f.diastolic_pressure / target.diastolic_pressure - 1;
    r[states + 2] = f.stroke_volume / target.stroke_volume - 1;
    return r;
  }
};

double norm(const Vector& r) { return std::sqrt(std::inner_product(r.begin(), r.end(), r.begin(), 0.0)); }

/// Gaussian elimination with partial pivoting. False when singular.
bool solve(std::array<Vector, unknowns> a, Vector b, Vector& x) {
  for (std::size_t c = 0; c < unknowns; ++c) {
    std::size_t p = c;
    for (std::size_t r = c + 1; r < unknowns; ++r)
      if (std::abs(a[r][c]) > std::abs(a[p][c])) p = r;
    if (!(std::abs(a[p][c]) > 1e-14)) return false;
    std::swap(a[p], a[c]);
    std::swap(b[p], b[c]);
    for (std::size_t r = c + 1; r < unknowns; ++r) {
      const double factor = a[r][c] / a[c][c];
      for (std::size_t k = c; k < unknowns; ++k) a[r][k] -= factor * a[c][k];
      b[r] -= factor * b[c];
    }
  }
  for (std::size_t c = unknowns; c-- > 0;) {
    for (std::size_t k = c + 1; k < unknowns; ++k) b[c] -= a[c][k] * x[k];
    x[c] = b[c] / a[c][c];
  }
  return true;
}

/// Damped Newton. The Jacobian by differences: a beat has kinks where valves switch, but no noise.
Vector newton(Problem& problem, Vector x) {
  constexpr double difference = 1e-6, enough = 1e-9, largest_step = 1.0;
  Vector r = problem.residual(x);
  for (int iteration = 0; iteration < 60 && norm(r) > enough; ++iteration) {
    std::array<Vector, unknowns> jacobian;
    for (std::size_t c = 0; c < unknowns; ++c) {
      Vector moved = x;
      moved[c] += difference;
      const Vector there = problem.residual(moved);
      for (std::size_t i = 0; i < unknowns; ++i) jacobian[i][c] = (there[i] - r[i]) / difference;
    }
    Vector change{};
    if (!solve(jacobian, r, change)) break;
    double share = 1;
    for (double d : change) share = std::min(share, largest_step / std::abs(d));
    bool better = false;
    for (; share > 1e-4 && !better; share *= 0.5) {
      Vector trial = x;
      for (std::size_t i = 0; i < unknowns; ++i) trial[i] -= share * change[i];
      const Vector there = problem.residual(trial);
      better = norm(there) < norm(r);
      if (better) x = trial, r = there;
    }
    if (!better) break;
  }
  problem.unpack(x);
  return x;
}

/// Mean pressures by Ohm's law, and a right ventricle that ejects the same stroke: where Newton starts.
ClosedLoopState first_guess(Problem& problem) {
  const ClosedLoopTarget& t = problem.target;
  ClosedLoopParameters& p = problem.parameters;
  Chamber& ventricle = problem.ventricle.chamber;
  const double flow = t.stroke_volume / t.period;
  const double arterial = t.diastolic_pressure + (t.systolic_pressure - t.diastolic_pressure) / 3;
  const double left = t.end_diastolic_pressure;  // in the left atrium
  const double veins = left + flow * p.pulmonary_veins.resistance;
  const double lungs = veins + flow * p.pulmonary_arteries.resistance;
  const Chamber& right = p.right_ventricle;
  const double right_volume = lungs / (right.active + right.passive) + t.stroke_volume;
  const double venous = right.passive * right_volume + flow * p.systemic_veins.resistance;

  p.systemic_arteries.resistance = std::max(arterial - venous, 0.1 * arterial) / flow;
  p.systemic_arteries.compliance = 0.7 * t.stroke_volume / (t.systolic_pressure - t.diastolic_pressure);
  ventricle.active =
      t.systolic_pressure / (t.end_diastolic_volume - t.stroke_volume - ventricle.unloaded_volume) - ventricle.passive;
  ventricle.active = std::max(ventricle.active, ventricle.passive);

  ClosedLoopState s;
  const auto fill = [&](const Chamber& c, double pressure) {
    return c.unloaded_volume + pressure / elastance(c, p.period, 0);
  };
  s.volume[left_ventricle] = t.end_diastolic_volume;
  s.volume[systemic_arteries] = t.diastolic_pressure * p.systemic_arteries.compliance;
  s.volume[systemic_veins] = venous * p.systemic_veins.compliance;
  s.volume[right_atrium] = fill(p.right_atrium, right.passive * right_volume);
  s.volume[right_ventricle] = right.unloaded_volume + right_volume;
  s.volume[pulmonary_arteries] = lungs * p.pulmonary_arteries.compliance;
  s.volume[pulmonary_veins] = veins * p.pulmonary_veins.compliance;
  s.volume[left_atrium] = fill(p.left_atrium, left);
  for (Compartment k : vessels) s.flow[k] = flow;
  return s;
}

void check(const ClosedLoopTarget& t, const Chamber& ventricle) {
  const auto require_target = [](bool holds, const std::string& name, const std::string& expected, double found) {
    if (!holds)
      core::fail_input({.where = "closed circulation: " + name,
                        .expected = expected,
                        .found = fmt::format("{:g}", found),
                        .remedy = "correct the clinical values or the expected stroke volume"});
  };
  const auto positive = [](double x) { return std::isfinite(x) && x > 0; };
  require_target(positive(t.period), "heart period", "a number above 0 ms", t.period);
  require_target(positive(t.end_diastolic_pressure), "end-diastolic pressure", "a number above 0 kPa",
                 t.end_diastolic_pressure);
  require_target(positive(t.stroke_volume), "stroke volume", "a number above 0 mm^3", t.stroke_volume);
  require_target(
      std::isfinite(t.end_diastolic_volume) && t.end_diastolic_volume > t.stroke_volume + ventricle.unloaded_volume,
      "end-diastolic volume",
      fmt::format("more than the stroke volume and the unloaded volume, {:g} mm^3",
                  t.stroke_volume + ventricle.unloaded_volume),
      t.end_diastolic_volume);
  require_target(std::isfinite(t.diastolic_pressure) && t.diastolic_pressure > t.end_diastolic_pressure,
                 "diastolic pressure", fmt::format("more than end-diastolic, {:g} kPa", t.end_diastolic_pressure),
                 t.diastolic_pressure);
  require_target(std::isfinite(t.systolic_pressure) && t.systolic_pressure > t.diastolic_pressure, "systolic pressure",
                 fmt::format("more than diastolic, {:g} kPa", t.diastolic_pressure), t.systolic_pressure);
}

std::vector<std::string> missed(const ClosedLoopTarget& t, const CycleFigures& f) {
  std::vector<std::string> result;
  const auto compare = [&](const char* name, double wanted, double reached, const char* unit) {
    if (std::abs(reached / wanted - 1) > 0.01)
      result.push_back(fmt::format("{}: wanted {:.4g} {}, reached {:.4g}", name, wanted, unit, reached));
  };
  compare("end-diastolic volume", t.end_diastolic_volume, f.end_diastolic_volume, "mm^3");
  compare("stroke volume", t.stroke_volume, f.stroke_volume, "mm^3");
  compare("end-diastolic pressure", t.end_diastolic_pressure, f.end_diastolic_pressure, "kPa");
  compare("systolic pressure", t.systolic_pressure, f.systolic_pressure, "kPa");
  compare("diastolic pressure", t.diastolic_pressure, f.diastolic_pressure, "kPa");
  return result;
}

}  // namespace

ClosedLoopFit calibrate(const ClosedLoopTarget& target, double step_ms) {
  return calibrate(target, healthy_loop(target.period), healthy_left_ventricle(), step_ms);
}

ClosedLoopFit calibrate(const ClosedLoopTarget& target, ClosedLoopParameters parameters, const Chamber& ventricle,
                        double step_ms) {
  check(target, ventricle);
  parameters.period = target.period;
  Problem problem{target, parameters, {ventricle, target.period}, step_ms};
  Chamber& chamber = problem.ventricle.chamber;
  check(parameters);
  chamber.passive = target.end_diastolic_pressure / (target.end_diastolic_volume - chamber.unloaded_volume);
  check(chamber, "left_ventricle");
  const Vector start = problem.pack(first_guess(problem));
  const ClosedLoopState s = problem.unpack(newton(problem, start));

  ClosedLoop loop(problem.parameters, s);
  const LimitCycle cycle = run_to_limit_cycle(problem.ventricle, loop, target.end_diastolic_volume, step_ms);
  ClosedLoopFit fit{.parameters = problem.parameters,
                    .ventricle = problem.ventricle,
                    .end_diastole = loop.blood(),
                    .blood_volume = loop.total_volume(),
                    .reached = cycle.figures,
                    .unmet = missed(target, cycle.figures)};
  if (!cycle.closed)
    fit.unmet.push_back(fmt::format("limit cycle: beats still change by {:.1e} after {}", cycle.change, cycle.beats));
  return fit;
}

}  // namespace cardiotwin::circulation
