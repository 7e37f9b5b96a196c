/// What a resumed beat needs to go on with the same arithmetic.

#include "beat.hpp"

namespace cardiotwin::mechanics {
namespace {

std::vector<double> flat(std::span<const Vec3> values) {
  std::vector<double> result;
  for (const Vec3& v : values) result.insert(result.end(), v.begin(), v.end());
  return result;
}

std::vector<Vec3> vectors(const std::vector<double>& values) {
  std::vector<Vec3> result(values.size() / 3);
  for (std::size_t i = 0; i < values.size(); ++i) result[i / 3][i % 3] = values[i];
  return result;
}

/// Collective gather, put on rank 0.
void put(stage::State& file, const Wall& wall, const std::string& name, const WallState& state) {
  auto u = wall.gather_displacement(state.u), p = wall.gather_pressure(state);
  const bool rates = !state.rates.velocity.empty();
  std::vector<double> v, a;
  if (rates) v = wall.gather_displacement(state.rates.velocity), a = wall.gather_displacement(state.rates.acceleration);
  if (!wall.comm().is_root()) return;
  file.put(name + "/u", std::move(u));
  file.put(name + "/p", std::move(p));
  file.put(name + "/pressure", state.pressure);
  if (rates) file.put(name + "/velocity", std::move(v)), file.put(name + "/acceleration", std::move(a));
}

WallState get(const stage::State& file, const Wall& wall, const std::string& name) {
  WallState state = wall.scatter(file.get(name + "/u"), file.get(name + "/p"), file.scalar(name + "/pressure"));
  if (file.has(name + "/velocity"))
    state.rates = {wall.scatter(file.get(name + "/velocity"), file.get(name + "/p"), 0).u,
                   wall.scatter(file.get(name + "/acceleration"), file.get(name + "/p"), 0).u};
  return state;
}

/// Collective. A tension field as three values a slot.
void put(stage::State& file, const Wall& wall, const std::string& name, const TensionField& field) {
  std::vector<double> all(field.amplitude);
  all.insert(all.end(), field.slope.begin(), field.slope.end());
  all.insert(all.end(), field.from.begin(), field.from.end());
  all = wall.gather_slots(all);
  if (wall.comm().is_root()) file.put(name, std::move(all));
}

TensionField get_tension(const stage::State& file, const Wall& wall, const std::string& name) {
  const std::vector<double> all = wall.scatter_slots(file.get(name));
  const auto n = static_cast<std::ptrdiff_t>(wall.slots());
  TensionField field;
  field.amplitude.assign(all.begin(), all.begin() + n);
  field.slope.assign(all.begin() + n, all.begin() + 2 * n);
  field.from.assign(all.begin() + 2 * n, all.end());
  return field;
}

const char* const trace_names[] = {"time",        "volume",      "pressure", "aortic_pressure",
                                   "mitral_flow", "aortic_flow", "probes"};
std::vector<double>* columns(Trace& t, int i) {
  std::vector<double>* all[] = {&t.time,        &t.volume,      &t.pressure, &t.aortic_pressure,
                                &t.mitral_flow, &t.aortic_flow, &t.probes};
  return all[i];
}

}  // namespace

void Beat::save(stage::State& file) {
  put(file, wall_, "now", now_);
  put(file, wall_, "before", before_);
  if (trying_) put(file, wall_, "start", start_);
  put(file, wall_, "tension", wall_.tension());
  const auto& f = newton_.factored();
  const bool keeps = f.exists && !f.stale;
  if (keeps) {
    put(file, wall_, "factored/state", f.state);
    put(file, wall_, "factored/previous", f.previous);
    put(file, wall_, "factored/tension", f.tension);
  }
  if (tension_.has_states()) {
    auto states = wall_.gather_slots(tension_.save());
    if (wall_.comm().is_root()) file.put("tension_states", std::move(states));
  }
  if (!wall_.comm().is_root()) return;
  file.put("factored/scalars", std::vector<double>{f.rate, f.equation.value, f.equation.by_volume,
                                                   f.equation.by_pressure, double(f.fresh_iterations), double(keeps)});
  file.put("reference", flat(wall_.reference()));
  file.put("scalars", std::vector<double>{time_, double(prepared_), last_step_, next_step_, double(steps_),
                                          double(newton_iterations_), double(cut_steps_), unloading_error_,
                                          double(unloading_stopped_), double(newton_.factorisations()),
                                          double(newton_.linear_iterations()), volume_, start_volume_,
                                          double(circulation_ != nullptr), double(newton_.direct_solves()),
                                          double(trying_), double(trials_)});
  if (circulation_) file.put("circulation", circulation_->state());
  for (int i = 0; i < 7; ++i) file.put(std::string("trace/") + trace_names[i], *columns(trace_, i));
  std::vector<double> beats;
  for (const BeatFigures& b : beats_)
    beats.insert(beats.end(), {b.start_volume, b.end_volume, b.smallest_volume, b.largest_volume, b.start_pressure,
                               b.end_pressure, b.peak_pressure});
  file.put("beats", std::move(beats));
  file.put("tension_fit", fit_.state());
  std::vector<double> scalars, displacement, strain, stress;
  for (const Frame& frame : frames_) {
    scalars.insert(scalars.end(), {frame.time, frame.volume_ratio, frame.mean_fibre_stress});
    const auto u = flat(frame.displacement);
    displacement.insert(displacement.end(), u.begin(), u.end());
    strain.insert(strain.end(), frame.fibre_strain.begin(), frame.fibre_strain.end());
    stress.insert(stress.end(), frame.fibre_stress.begin(), frame.fibre_stress.end());
  }
  file.put("frames/scalars", std::move(scalars));
  file.put("frames/displacement", std::move(displacement));
  file.put("frames/fibre_strain", std::move(strain));
  file.put("frames/fibre_stress", std::move(stress));
}

void Beat::load(const stage::State& file) {
  wall_.set_reference(vectors(file.get("reference")));
  now_ = get(file, wall_, "now");
  before_ = get(file, wall_, "before");
  if (file.has("start/u")) start_ = get(file, wall_, "start");
  wall_.tension() = get_tension(file, wall_, "tension");
  if (tension_.has_states()) tension_.load(wall_.scatter_slots(file.get("tension_states")));
  const auto& s = file.get("scalars");
  time_ = s.at(0), prepared_ = static_cast<int>(s.at(1)), last_step_ = s.at(2), next_step_ = s.at(3);
  steps_ = static_cast<int>(s.at(4)), newton_iterations_ = static_cast<int>(s.at(5));
  cut_steps_ = static_cast<int>(s.at(6)), unloading_error_ = s.at(7), unloading_stopped_ = s.at(8) != 0;
  newton_.set_counters(static_cast<int>(s.at(9)), static_cast<int>(s.at(10)), static_cast<int>(s.at(14)));
  volume_ = s.at(11), start_volume_ = s.at(12);
  trying_ = s.at(15) != 0, trials_ = static_cast<int>(s.at(16));
  if (s.at(13) != 0) {
    circulation_ = make_circulation_(start_volume_);
    circulation_->set_state(file.get("circulation"));
  }
  for (int i = 0; i < 7; ++i) *columns(trace_, i) = file.get(std::string("trace/") + trace_names[i]);
  const auto& beats = file.get("beats");
  beats_.clear();
  for (std::size_t k = 0; k + 7 <= beats.size(); k += 7)
    beats_.push_back({beats[k], beats[k + 1], beats[k + 2], beats[k + 3], beats[k + 4], beats[k + 5], beats[k + 6]});
  fit_.set_state(file.get("tension_fit"));
  load_frames(file);
  const auto& f = file.get("factored/scalars");
  if (f.at(5) == 0) return newton_.invalidate();
  newton_.restore({get(file, wall_, "factored/state"),
                   get(file, wall_, "factored/previous"),
                   get_tension(file, wall_, "factored/tension"),
                   f.at(0),
                   {f.at(1), f.at(2), f.at(3)},
                   static_cast<int>(f.at(4)),
                   true,
                   false});
}

void Beat::load_frames(const stage::State& file) {
  const auto &scalars = file.get("frames/scalars"), &strain = file.get("frames/fibre_strain"),
             &stress = file.get("frames/fibre_stress");
  const auto displacement = vectors(file.get("frames/displacement"));
  frames_.clear();
  const auto points = std::ssize(wall_.mesh().points), nodes = std::ssize(image_);
  for (std::ptrdiff_t k = 0; 3 * k < std::ssize(scalars); ++k) {
    Frame frame{scalars[3 * k], {}, {}, {}, scalars[3 * k + 1], scalars[3 * k + 2]};
    if (wall_.comm().is_root()) {
      frame.displacement.assign(displacement.begin() + k * nodes, displacement.begin() + (k + 1) * nodes);
      frame.fibre_strain.assign(strain.begin() + k * points, strain.begin() + (k + 1) * points);
      frame.fibre_stress.assign(stress.begin() + k * points, stress.begin() + (k + 1) * points);
    }
    frames_.push_back(std::move(frame));
  }
}

}  // namespace cardiotwin::mechanics
