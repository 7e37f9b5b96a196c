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
  auto u = wall.gather_displacement(state), p = wall.gather_pressure(state);
  if (!wall.comm().is_root()) return;
  file.put(name + "/u", std::move(u));
  file.put(name + "/p", std::move(p));
  file.put(name + "/pressure", state.pressure);
}

WallState get(const stage::State& file, const Wall& wall, const std::string& name) {
  return wall.scatter(file.get(name + "/u"), file.get(name + "/p"), file.scalar(name + "/pressure"));
}

const char* const trace_names[] = {"time", "volume", "pressure", "aortic_pressure", "mitral_flow", "aortic_flow"};
std::vector<double>* columns(Trace& t, int i) {
  std::vector<double>* all[] = {&t.time, &t.volume, &t.pressure, &t.aortic_pressure, &t.mitral_flow, &t.aortic_flow};
  return all[i];
}

}  // namespace

void Beat::save(stage::State& file) {
  put(file, wall_, "now", now_);
  put(file, wall_, "before", before_);
  const auto& f = newton_.factored();
  if (f.exists && !f.stale) {
    put(file, wall_, "factored/state", f.state);
    put(file, wall_, "factored/previous", f.previous);
  }
  if (!wall_.comm().is_root()) return;
  file.put("factored/scalars",
           std::vector<double>{f.rate, f.time, f.equation.value, f.equation.by_volume, f.equation.by_pressure,
                               double(f.fresh_iterations), double(f.exists && !f.stale)});
  file.put("reference", flat(wall_.reference()));
  file.put("scalars", std::vector<double>{time_, double(prepared_), last_step_, next_step_, double(steps_),
                                          double(newton_iterations_), double(cut_steps_), unloading_error_,
                                          double(unloading_stopped_), double(newton_.factorisations()),
                                          double(newton_.linear_iterations())});
  file.put("blood", std::vector<double>{blood_.time, blood_.volume, blood_.compliance_pressure, blood_.mitral_flow,
                                        blood_.aortic_flow, blood_.kick_time, blood_.kick_volume, blood_.kick_flow});
  const auto& h = heart_;
  file.put("heart", std::vector<double>{h.arteries.characteristic, h.arteries.peripheral, h.arteries.compliance,
                                        h.arteries.venous_pressure, h.mitral.resistance, h.aortic.resistance,
                                        h.atrial_pressure, h.cycle, h.atrial_systole, h.end_diastolic_volume});
  for (int i = 0; i < 6; ++i) file.put(std::string("trace/") + trace_names[i], *columns(trace_, i));
  std::vector<double> scalars, displacement, strain;
  for (const Frame& frame : frames_) {
    scalars.insert(scalars.end(), {frame.time, frame.volume_ratio, frame.long_stretch});
    const auto u = flat(frame.displacement);
    displacement.insert(displacement.end(), u.begin(), u.end());
    strain.insert(strain.end(), frame.fibre_strain.begin(), frame.fibre_strain.end());
  }
  file.put("frames/scalars", std::move(scalars));
  file.put("frames/displacement", std::move(displacement));
  file.put("frames/fibre_strain", std::move(strain));
}

void Beat::load(const stage::State& file) {
  wall_.set_reference(vectors(file.get("reference")));
  now_ = get(file, wall_, "now");
  before_ = get(file, wall_, "before");
  const auto& s = file.get("scalars");
  time_ = s.at(0), prepared_ = static_cast<int>(s.at(1)), last_step_ = s.at(2), next_step_ = s.at(3);
  steps_ = static_cast<int>(s.at(4)), newton_iterations_ = static_cast<int>(s.at(5));
  cut_steps_ = static_cast<int>(s.at(6)), unloading_error_ = s.at(7), unloading_stopped_ = s.at(8) != 0;
  newton_.set_counters(static_cast<int>(s.at(9)), static_cast<int>(s.at(10)));
  const auto& b = file.get("blood");
  blood_ = {b.at(0), b.at(1), b.at(2), b.at(3), b.at(4), b.at(5), b.at(6), b.at(7)};
  const auto& h = file.get("heart");
  heart_ = {{h.at(0), h.at(1), h.at(2), h.at(3)}, {h.at(4)}, {h.at(5)}, h.at(6), h.at(7), h.at(8), h.at(9)};
  for (int i = 0; i < 6; ++i) *columns(trace_, i) = file.get(std::string("trace/") + trace_names[i]);
  const auto &scalars = file.get("frames/scalars"), &strain = file.get("frames/fibre_strain");
  const auto displacement = vectors(file.get("frames/displacement"));
  frames_.clear();
  const std::size_t points = image_.size();
  for (std::size_t k = 0; 3 * k < scalars.size(); ++k) {
    Frame frame{scalars[3 * k], {}, {}, scalars[3 * k + 1], scalars[3 * k + 2]};
    if (wall_.comm().is_root()) {
      frame.displacement.assign(&displacement[k * points], &displacement[k * points] + points);
      frame.fibre_strain.assign(&strain[k * points], &strain[k * points] + points);
    }
    frames_.push_back(std::move(frame));
  }

  const auto& f = file.get("factored/scalars");
  if (f.at(6) == 0) return newton_.invalidate();
  Newton::Factored factored{get(file, wall_, "factored/state"),
                            get(file, wall_, "factored/previous"),
                            f.at(0),
                            f.at(1),
                            {f.at(2), f.at(3), f.at(4)},
                            static_cast<int>(f.at(5)),
                            true,
                            false};
  wall_.set_time(factored.time);
  newton_.restore(factored);
}

}  // namespace cardiotwin::mechanics
