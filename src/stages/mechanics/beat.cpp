#include "beat.hpp"

#include <algorithm>
#include <cmath>

#include "cardiotwin/core/units.hpp"

namespace cardiotwin::mechanics {
namespace {

constexpr double preparation_ms = 10;  ///< what one step of filling counts in the progress line

CavityLaw prescribed(double pressure) {
  return [pressure](double, double p) { return CavityEquation{p - pressure, 0, 1}; };
}

}  // namespace

double BeatFigures::change() const {
  const double stroke = std::max(largest_volume - smallest_volume, 1e-12), peak = std::max(peak_pressure, 1e-12);
  return std::max(std::abs(end_volume - start_volume) / stroke, std::abs(end_pressure - start_pressure) / peak);
}

Beat::Beat(Wall& wall, Newton& newton, TensionModel& tension, CirculationMaker circulation, BeatOptions options)
    : wall_(wall),
      newton_(newton),
      tension_(tension),
      make_circulation_(std::move(circulation)),
      options_(std::move(options)),
      image_(wall.mesh_nodes()),
      time_(-preparation_ms * (options_.filling_steps + options_.unloading_iterations)),
      now_(wall.zero()),
      before_(now_),
      fit_(options_.ejection_fraction) {
  // Frames divide the cycle evenly.
  options_.frame_interval = options_.cycle / std::max(1.0, std::round(options_.cycle / options_.frame_interval));
  if (time_ == 0) start();
}

void Beat::advance() {
  if (time_ < 0) return fill();
  step();
}

bool Beat::finished() const {
  if (beats_.empty()) return false;
  if (static_cast<int>(beats_.size()) >= options_.beats) return true;
  const BeatFigures& last = beats_.back();
  return options_.limit_cycle_tolerance > 0 && last.change() <= options_.limit_cycle_tolerance &&
         fit_.accepts(last.ejection_fraction());
}

/// Nobody knows how many beats and trials it will take: two beats at least where they are to repeat, this one, and
/// half a beat a trial.
double Beat::done() const {
  if (time_ < 0) return 0;
  double beats = options_.beats;
  if (options_.limit_cycle_tolerance > 0) beats = std::min(beats, std::max(2.0, 1.0 + double(beats_.size())));
  const double trials = 0.5 * (trials_ + (trying_ ? 1 : 0));
  return (0.5 * trials_ + time_ / options_.cycle) / (trials + beats);
}

std::string Beat::status() const {
  if (time_ < 0) return fmt::format("filling, {:.2f} kPa, {} Newton", now_.pressure, last_newton_);
  std::string beat;
  if (trying_)
    beat = fmt::format("trial {} of the tension, ", trials_ + 1);
  else if (options_.beats > 1)
    beat = fmt::format("beat {}, ", beats_.size() + 1);
  return fmt::format("{}V {:.1f} ml, P {:.1f} kPa, step {:.2f} ms, {} Newton", beat, volume_ / core::mm3_per_ml,
                     now_.pressure, last_step_, last_newton_);
}

/// One step of the preparation: more pressure, or a better reference.
void Beat::fill() {
  std::ranges::fill(wall_.tension().amplitude, 0.0);
  std::ranges::fill(wall_.tension().slope, 0.0);
  if (prepared_ < options_.filling_steps) {
    fill_to(options_.end_diastolic_pressure * (prepared_ + 1) / options_.filling_steps);
    // The reference follows the pressure: from far away the iteration does not come back.
    if (options_.unloading_iterations > 0) unload();
  } else {
    unload();
  }
  ++prepared_;
  int left = options_.filling_steps + options_.unloading_iterations - prepared_;
  if (prepared_ >= options_.filling_steps && (unloading_stopped_ || unloading_error_ <= options_.unloading_tolerance))
    left = 0;
  time_ = -preparation_ms * left;
  if (left == 0) start();
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
  std::vector<double> u = wall_.gather_displacement(now_.u), p = wall_.gather_pressure(now_);
  wall_.comm().broadcast(u);
  wall_.comm().broadcast(p);
  const std::vector<Vec3> old(wall_.reference().begin(), wall_.reference().end());
  std::vector<Vec3> reference = old;
  for (std::size_t n = 0; n < old.size(); ++n)
    for (int i = 0; i < 3; ++i) {
      const double moved = share * (image_[n][i] - old[n][i] - u[3 * n + i]);
      reference[n][i] += moved;
      u[3 * n + i] -= moved;  // the loaded positions are the first guess
    }
  if (wall_.smallest_jacobian(reference, image_) <= 0.1) return false;
  const double before = distance_to_image(now_);
  wall_.set_reference(reference);
  newton_.invalidate();
  WallState guess = wall_.scatter(u, p, now_.pressure);
  const NewtonReport report = newton_.solve(guess, guess, 0, prescribed(now_.pressure));
  newton_iterations_ += last_newton_ = report.iterations;
  // Accepted only when it brings the loaded wall nearer to the image: the plain iteration diverges on very soft walls.
  const double after = distance_to_image(guess);
  if (report.converged && after < before) {
    now_ = std::move(guess);
    unloading_error_ = after;
    return true;
  }
  wall_.set_reference(old);
  newton_.invalidate();
  return false;
}

/// Largest distance of a node from its place in the image.
double Beat::distance_to_image(const WallState& state) const {
  const auto& space = wall_.displacement_space();
  double largest = 0;
  for (std::int32_t i = 0; i < space.owned(); ++i) {
    const std::int32_t n = space.node()[i];
    const double* u = &state.u[3 * static_cast<std::size_t>(i)];
    largest = std::max(largest, core::norm(wall_.reference()[n] + Vec3{u[0], u[1], u[2]} - image_[n]));
  }
  return wall_.comm().max(largest);
}

void Beat::start() {
  if (options_.filling_steps > 0) unloading_error_ = distance_to_image(now_);
  start_ = now_;
  trying_ = options_.ejection_fraction > 0;
  begin();
}

/// The first beat, or one more trial of it.
void Beat::begin() {
  now_ = before_ = start_;
  std::ranges::fill(wall_.tension().amplitude, 0.0);
  std::ranges::fill(wall_.tension().slope, 0.0);
  time_ = 0;
  last_step_ = 0;
  next_step_ = std::min(1.0, options_.largest_step);
  start_volume_ = volume_ = wall_.cavity_volume(now_);
  circulation_ = make_circulation_(start_volume_);
  if (tension_.has_states()) {
    wall_.tension().from = wall_.stretches(now_);
    tension_.start(wall_.tension().from);
  }
  start_beat();
}

void Beat::start_beat() {
  trace_ = {};
  frames_.clear();
  record_trace();
  record_frame();
}

/// Relaxation has begun: the pressure in the aorta never falls to half of the peak within a beat.
bool Beat::ejection_is_over() const {
  const double peak = *std::ranges::max_element(trace_.pressure);
  return peak > 3 * options_.end_diastolic_pressure && trace_.pressure.back() < 0.5 * peak;
}

/// Judges a trial; true when it has gone back to end diastole with another tension.
bool Beat::try_again() {
  constexpr int most_trials = 8;
  const double ejection_fraction = figures().ejection_fraction();
  ++trials_;
  trying_ = !fit_.accepts(ejection_fraction) && trials_ < most_trials;
  if (!trying_) return false;
  fit_.learn(ejection_fraction);
  begin();
  return true;
}

/// What the beat has come to so far.
BeatFigures Beat::figures() const {
  const auto& v = trace_.volume;
  const auto& p = trace_.pressure;
  return {v.front(), v.back(), *std::ranges::min_element(v), *std::ranges::max_element(v),
          p.front(), p.back(), *std::ranges::max_element(p)};
}

void Beat::finish_beat() {
  beats_.push_back(figures());
  if (finished()) return;
  if (!fit_.accepts(beats_.back().ejection_fraction())) fit_.follow(beats_.back().ejection_fraction());
  start_beat();
}

/// The step that is wanted, shortened so that frames and the end are met exactly.
double Beat::wanted_step() const {
  const double left = static_cast<double>(frames_.size()) * options_.frame_interval - time_of_beat();
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
  tension_.propose(time_of_beat() + step, step, wall_.tension());
  for (double& value : wall_.tension().amplitude) value *= fit_.factor();
  for (double& value : wall_.tension().slope) value *= fit_.factor();
  const CavityLaw law = [&](double v, double pressure) { return circulation_->balance(v, pressure, step); };
  const bool pressure_is_given = law(volume_, now_.pressure).by_volume == 0;
  for (WallState guess : {extrapolated(step), now_}) {
    const NewtonReport report = newton_.solve(guess, now_, 1 / step, law);
    newton_iterations_ += last_newton_ = report.iterations;
    if (!report.converged) continue;
    // A leap of pressure means that the step has missed the upstroke or the relaxation.
    if (!pressure_is_given && std::abs(guess.pressure - now_.pressure) > 2.5 * options_.pressure_change &&
        step > 2 * options_.smallest_step)
      return false;
    volume = report.volume;
    wall_.finish_step(guess, now_, step);
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
      core::fail_numerical({.where = fmt::format("mechanics at {:.3f} ms, P {:.2f} kPa", time_, now_.pressure),
                            .expected = "a converged time step",
                            .found = fmt::format("no convergence down to {:.4f} ms: {}", step, newton_.reason()),
                            .remedy = "lower the tension or the load, raise viscosity_kPa_ms or refine the mesh"});
  }
  next_step_ = grown_step(step, volume - volume_);
  circulation_->accept(volume, now_.pressure, step);
  if (tension_.has_states()) {
    wall_.tension().from = wall_.stretches(now_);
    tension_.accept(wall_.tension().from);
  }
  ++steps_;
  last_step_ = step;
  volume_ = volume;
  const double border = start_of_beat() + static_cast<double>(frames_.size()) * options_.frame_interval;
  const bool at_border = std::abs(time_ + step - border) < 1e-9 * options_.cycle;
  time_ = at_border ? border : time_ + step;
  record_trace();
  const bool at_end = at_border && time_of_beat() >= options_.cycle * (1 - 1e-9);
  if (trying_ && (at_end || ejection_is_over()) && try_again()) return;
  if (at_border) record_frame();
  if (at_end) finish_beat();
}

/// The next step aims at the wanted changes of what the circulation does not give.
double Beat::grown_step(double step, double change_of_volume) const {
  const CavityEquation equation = circulation_->balance(volume_, now_.pressure, step);
  double growth = 2;
  if (equation.by_volume != 0) {  // else the pressure is given
    const double change = std::abs(now_.pressure - before_.pressure);
    growth = std::min({growth, 0.9 * options_.pressure_change / std::max(change, 1e-9),
                       0.9 * options_.volume_change / std::max(std::abs(change_of_volume), 1e-9)});
  }
  return std::clamp(step * growth, options_.smallest_step, options_.largest_step);
}

void Beat::record_trace() {
  const circulation::Signals s = circulation_->signals();
  trace_.time.push_back(time_of_beat());
  trace_.volume.push_back(volume_);
  trace_.pressure.push_back(now_.pressure);
  trace_.aortic_pressure.push_back(s.aortic_pressure);
  trace_.mitral_flow.push_back(s.mitral_flow);
  trace_.aortic_flow.push_back(s.aortic_flow);
  const std::vector<double> probes = wall_.positions(now_, options_.probes);
  trace_.probes.insert(trace_.probes.end(), probes.begin(), probes.end());
}

void Beat::record_frame() {
  Frame frame;
  frame.time = time_of_beat();
  const auto& space = wall_.pressure_space();
  const std::vector<double> stress = wall_.fibre_stress(now_, before_, last_step_ > 0 ? 1 / last_step_ : 0);
  fem::Vector sum = space.make_vector(3);     // volume, strain times volume, stress times volume
  std::vector<double> totals{0.0, 0.0, 0.0};  // volume in the reference, volume now, stress times volume now
  {
    fem::LocalArray local(sum);
    wall_.visit_strains(now_,
                        [&](std::size_t cell, std::size_t q, double volume, const std::array<double, 6>& e, double j) {
                          const double s = stress[wall_.slot(cell, q)];
                          for (int a = 0; a < 4; ++a) {
                            const std::size_t n = 3 * static_cast<std::size_t>(space.cell_nodes()[4 * cell + a]);
                            local[n] += volume;
                            local[n + 1] += volume * e[0];
                            local[n + 2] += volume * s;
                          }
                          totals[0] += volume;
                          totals[1] += volume * j;
                          totals[2] += volume * j * s;
                        });
  }
  fem::Space::add_ghosts(sum);
  wall_.comm().sum(totals);
  frame.volume_ratio = totals[1] / totals[0];
  frame.mean_fibre_stress = totals[2] / totals[1];
  const std::vector<double> sums = space.gather(sum, 3), u = wall_.gather_displacement(now_.u);
  if (wall_.comm().is_root()) {
    for (std::size_t n = 0; n < image_.size(); ++n)
      frame.displacement.push_back(wall_.reference()[n] + Vec3{u[3 * n], u[3 * n + 1], u[3 * n + 2]} - image_[n]);
    for (std::size_t n = 0; n < sums.size(); n += 3) {
      frame.fibre_strain.push_back(sums[n + 1] / sums[n]);
      frame.fibre_stress.push_back(sums[n + 2] / sums[n]);
    }
  }
  frames_.push_back(std::move(frame));
}

}  // namespace cardiotwin::mechanics
