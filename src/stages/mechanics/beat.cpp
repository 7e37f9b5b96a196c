#include "beat.hpp"

#include <algorithm>
#include <cmath>

#include "cardiotwin/core/units.hpp"
#include "cardiotwin/mesh/edge_index.hpp"

namespace cardiotwin::mechanics {
namespace {

constexpr double preparation_ms = 10;  ///< what one step of filling counts in the progress line

CavityLaw prescribed(double pressure) {
  return [pressure](double, double p) { return CavityEquation{p - pressure, 0, 1}; };
}

}  // namespace

Beat::Beat(Wall& wall, Newton& newton, BeatOptions options, std::vector<Vec3> longitudinal)
    : wall_(wall),
      newton_(newton),
      options_(options),
      longitudinal_(std::move(longitudinal)),
      image_(wall.mesh().points),
      time_(-preparation_ms * (options.filling_steps + options.unloading_iterations)),
      now_(wall.zero()),
      before_(now_) {
  // Frames divide the cycle evenly.
  options_.frame_interval = options_.cycle / std::max(1.0, std::round(options_.cycle / options_.frame_interval));
}

void Beat::advance() {
  if (time_ < 0) return fill();
  step();
}

std::string Beat::status() const {
  if (time_ < 0) return fmt::format("filling, {:.2f} kPa, {} Newton", now_.pressure, last_newton_);
  return fmt::format("V {:.1f} ml, P {:.1f} kPa, step {:.2f} ms, {} Newton", blood_.volume / core::mm3_per_ml,
                     now_.pressure, last_step_, last_newton_);
}

/// One step of the preparation: more pressure, or a better reference.
void Beat::fill() {
  wall_.set_time(-1);
  newton_.set_time(-1);
  if (prepared_ < options_.filling_steps) {
    fill_to(options_.end_diastolic_pressure * (prepared_ + 1) / options_.filling_steps);
    // The reference follows the pressure: from far away the iteration does not come back.
    if (options_.unloading_iterations > 0) unload();
  } else {
    unload();
  }
  ++prepared_;
  const int left = options_.filling_steps + options_.unloading_iterations - prepared_;
  time_ = -preparation_ms * left;
  if (left == 0) start_beat();
}

void Beat::fill_to(double pressure) {
  const double start = now_.pressure;
  double reached = start, increment = pressure - start;
  for (int cuts = 0; reached != pressure;) {
    const double target = std::abs(pressure - reached) <= std::abs(increment) * 1.001 ? pressure : reached + increment;
    const NewtonReport report = newton_.solve(now_, now_, 0, prescribed(target));
    newton_iterations_ += last_newton_ = report.iterations;
    if (report.converged) {
      reached = target;
      continue;
    }
    increment *= 0.5;
    if (++cuts > 6)
      core::fail_numerical({.where = fmt::format("mechanics: filling to {:.3f} kPa", target),
                            .expected = "equilibrium of the passive wall",
                            .found = fmt::format("{} (residual {:.1e})", report.reason, report.residual),
                            .remedy = "raise filling_steps, stiffen the material, or look at the mesh quality"});
  }
}

/// One fixed-point iteration for the stress-free reference (Sellier, Eng Mech 18 (2011) 461-475): the reference moves
/// by what the loaded wall misses the image, or by part of it. Where even a small part fails the reference stays as it
/// is.
void Beat::unload() {
  unloading_stopped_ = false;
  for (double share : {1.0, 0.5, 0.25})
    if (unload(share)) return;
  unloading_stopped_ = true;
}

bool Beat::unload(double share) {
  std::vector<double> u = wall_.gather_displacement(now_), p = wall_.gather_pressure(now_);
  wall_.comm().broadcast(u);
  wall_.comm().broadcast(p);
  const std::vector<Vec3> old(wall_.reference().begin(), wall_.reference().end());
  std::vector<Vec3> reference = old, moved(old.size());
  for (std::size_t n = 0; n < old.size(); ++n) {
    const Vec3 loaded = old[n] + Vec3{u[3 * n], u[3 * n + 1], u[3 * n + 2]};
    moved[n] = share * (image_[n] - loaded);
    reference[n] = old[n] + moved[n];
  }
  for (const mesh::Cell& v : wall_.mesh().cells)
    if (fem::affine_cell(reference[v[0]], reference[v[1]], reference[v[2]], reference[v[3]]).volume <=
        0.1 * fem::affine_cell(image_[v[0]], image_[v[1]], image_[v[2]], image_[v[3]]).volume)
      return false;
  // The loaded positions are the first guess: the displacement takes up what the reference moved.
  const mesh::EdgeIndex edges(wall_.mesh());
  for (std::size_t e = 0; e < edges.edges().size(); ++e)
    moved.push_back(0.5 * (moved[edges.edges()[e][0]] + moved[edges.edges()[e][1]]));
  for (std::size_t n = 0; n < moved.size(); ++n)
    for (int i = 0; i < 3; ++i) u[3 * n + i] -= moved[n][i];
  wall_.set_reference(reference);
  newton_.invalidate();
  WallState guess = wall_.scatter(u, p, now_.pressure);
  const NewtonReport report = newton_.solve(guess, guess, 0, prescribed(now_.pressure));
  newton_iterations_ += last_newton_ = report.iterations;
  // Accepted only when it brings the loaded wall nearer to the image: the plain iteration diverges on very soft walls.
  std::vector<double> loaded = wall_.gather_displacement(guess);
  wall_.comm().broadcast(loaded);
  double before = 0, after = 0;
  for (std::size_t n = 0; n < old.size(); ++n) {
    before = std::max(before, core::norm(moved[n]) / share);
    after = std::max(after,
                     core::norm(reference[n] + Vec3{loaded[3 * n], loaded[3 * n + 1], loaded[3 * n + 2]} - image_[n]));
  }
  const bool better = report.converged && after < before;
  if (better) {
    now_ = std::move(guess);
  } else {
    wall_.set_reference(old);
    newton_.invalidate();
  }
  return better;
}

void Beat::start_beat() {
  before_ = now_;
  last_step_ = 0;
  next_step_ = 1;
  const double volume = wall_.cavity_volume(now_);
  heart_.arteries = circulation::calibrate({.systolic_kPa = options_.systolic_pressure,
                                            .diastolic_kPa = options_.diastolic_pressure,
                                            .venous_kPa = options_.venous_pressure,
                                            .stroke_volume_mm3 = options_.expected_ejection_fraction * volume,
                                            .cycle_ms = options_.cycle});
  heart_.mitral.resistance = options_.mitral_resistance;
  heart_.aortic.resistance = options_.aortic_resistance;
  heart_.atrial_pressure = options_.atrial_pressure * options_.end_diastolic_pressure;
  heart_.cycle = options_.cycle;
  heart_.atrial_systole = options_.atrial_systole * options_.cycle;
  heart_.end_diastolic_volume = volume;
  blood_ = {.volume = volume, .compliance_pressure = options_.diastolic_pressure};
  record_trace();
  record_frame();
  if (wall_.comm().is_root())
    for (const Vec3& d : frames_.back().displacement) unloading_error_ = std::max(unloading_error_, core::norm(d));
}

/// The step that is wanted, shortened so that frames and the end are met exactly.
double Beat::wanted_step() const {
  const double left = frames_.size() * options_.frame_interval - time_;
  const double parts = std::max(1.0, std::ceil(left / next_step_ - 1e-6));
  return left / parts;
}

/// Straight continuation of the last step; only where no valve has just moved is that better than the last state.
WallState Beat::extrapolated(double step) const {
  WallState guess = now_;
  if (last_step_ <= 0) return guess;
  const double s = step / last_step_;
  for (std::size_t i = 0; i < guess.u.size(); ++i) guess.u[i] += s * (now_.u[i] - before_.u[i]);
  for (std::size_t i = 0; i < guess.p.size(); ++i) guess.p[i] += s * (now_.p[i] - before_.p[i]);
  guess.pressure += s * (now_.pressure - before_.pressure);
  return guess;
}

/// Solves one step from the extrapolated state, then from the last one; accepts it into now_ and before_.
bool Beat::try_step(double step, double& volume) {
  wall_.set_time(time_ + step);
  newton_.set_time(time_ + step);
  const CavityLaw law = [&](double v, double pressure) {
    const circulation::Flows f = circulation::flows(heart_, blood_, pressure, step);
    return CavityEquation{circulation::balance(blood_, f, v, step), 1, -step * f.derivative};
  };
  for (WallState guess : {extrapolated(step), now_}) {
    const NewtonReport report = newton_.solve(guess, now_, 1 / step, law);
    newton_iterations_ += last_newton_ = report.iterations;
    if (!report.converged) continue;
    // A leap of pressure means that the step has missed the upstroke or the relaxation.
    if (std::abs(guess.pressure - now_.pressure) > 2.5 * options_.pressure_change && step > 2 * options_.smallest_step)
      return false;
    volume = report.volume;
    before_ = std::exchange(now_, std::move(guess));
    return true;
  }
  return false;
}

void Beat::step() {
  double step = wanted_step(), volume = 0;
  for (int cuts = 0; !try_step(step, volume); ++cuts, ++cut_steps_) {
    step *= 0.5;
    if (step < options_.smallest_step / 16)
      core::fail_numerical({.where = fmt::format("mechanics at {:.3f} ms", time_),
                            .expected = "a converged time step",
                            .found = fmt::format("no convergence down to {:.4f} ms", step),
                            .remedy = "lower peak_tension_kPa, raise viscosity_kPa_ms or refine the mesh"});
  }
  const circulation::Flows f = circulation::flows(heart_, blood_, now_.pressure, step);
  const double change_p = std::abs(now_.pressure - before_.pressure), change_v = std::abs(volume - blood_.volume);
  circulation::advance(heart_, blood_, f, volume, step);
  ++steps_;
  last_step_ = step;
  const double growth = std::min({2.0, 0.9 * options_.pressure_change / std::max(change_p, 1e-9),
                                  0.9 * options_.volume_change / std::max(change_v, 1e-9)});
  next_step_ = std::clamp(step * growth, options_.smallest_step, options_.largest_step);
  const double border = frames_.size() * options_.frame_interval;
  const bool at_border = std::abs(time_ + step - border) < 1e-9 * options_.cycle;
  time_ = at_border ? border : time_ + step;
  blood_.time = time_;
  record_trace();
  if (at_border) record_frame();
}

void Beat::record_trace() {
  trace_.time.push_back(time_);
  trace_.volume.push_back(blood_.volume);
  trace_.pressure.push_back(now_.pressure);
  trace_.aortic_pressure.push_back(circulation::aortic_pressure(heart_, blood_));
  trace_.mitral_flow.push_back(blood_.mitral_flow);
  trace_.aortic_flow.push_back(blood_.aortic_flow);
}

void Beat::record_frame() {
  Frame frame;
  frame.time = time_;
  const auto& space = wall_.pressure_space();
  fem::Vector sum = space.make_vector(2);  // strain times volume, volume
  std::vector<double> totals(4, 0.0);      // volume now and in the reference, stretch times volume, volume
  {
    fem::LocalArray local(sum);
    wall_.visit_strains(now_,
                        [&](std::size_t cell, std::size_t q, double volume, const std::array<double, 6>& e, double j) {
                          for (int a = 0; a < 4; ++a) {
                            const std::size_t n = 2 * static_cast<std::size_t>(space.cell_nodes()[4 * cell + a]);
                            local[n] += volume * e[0];
                            local[n + 1] += volume;
                          }
                          totals[0] += volume * j;
                          totals[1] += volume;
                          const Vec3& along = longitudinal_[space.cells()[cell]];
                          if (core::norm(along) == 0) return;
                          Vec3 d;
                          for (int i = 0; i < 3; ++i) d[i] = core::dot(along, wall_.axes_at(cell, q)[i]);
                          const double strain = e[0] * d[0] * d[0] + e[1] * d[1] * d[1] + e[2] * d[2] * d[2] +
                                                e[3] * d[1] * d[2] + e[4] * d[0] * d[2] + e[5] * d[0] * d[1];
                          totals[2] += volume * std::sqrt(std::max(1 + 2 * strain, 0.0));
                          totals[3] += volume;
                        });
  }
  fem::Space::add_ghosts(sum);
  wall_.comm().sum(totals);
  frame.volume_ratio = totals[0] / totals[1];
  if (totals[3] > 0) frame.long_stretch = totals[2] / totals[3];
  const std::vector<double> strain = space.gather(sum, 2), u = wall_.gather_displacement(now_);
  if (wall_.comm().is_root())
    for (std::size_t p = 0; p < image_.size(); ++p) {
      frame.displacement.push_back(wall_.reference()[p] + Vec3{u[3 * p], u[3 * p + 1], u[3 * p + 2]} - image_[p]);
      frame.fibre_strain.push_back(strain[2 * p] / strain[2 * p + 1]);
    }
  frames_.push_back(std::move(frame));
}

}  // namespace cardiotwin::mechanics
