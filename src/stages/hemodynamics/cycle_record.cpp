#include "cycle_record.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace cardiotwin::hemodynamics {

namespace {

/// Every trace with its name; `T` is Traces or const Traces.
template <class T>
auto named(T& traces) {
  return std::array{std::pair{"times", &traces.times_ms},
                    std::pair{"volume", &traces.volume_ml},
                    std::pair{"volume_rate", &traces.volume_rate},
                    std::pair{"imbalance", &traces.imbalance},
                    std::pair{"nodal_imbalance", &traces.nodal_imbalance},
                    std::pair{"kinetic_energy", &traces.kinetic_energy},
                    std::pair{"largest_speed", &traces.largest_speed},
                    std::pair{"smallest_quality", &traces.smallest_quality},
                    std::pair{"substeps", &traces.substeps}};
}

std::string trace_name(const std::string& name) { return "trace." + name; }
std::string frame_name(std::size_t frame, const char* what) { return fmt::format("frame.{:03}.{}", frame, what); }

std::vector<double> flat(const std::vector<Vec3>& values) {
  std::vector<double> all;
  all.reserve(3 * values.size());
  for (const Vec3& v : values) all.insert(all.end(), v.begin(), v.end());
  return all;
}

std::vector<Vec3> vectors(const std::vector<double>& values) {
  std::vector<Vec3> all(values.size() / 3);
  for (std::size_t n = 0; n < all.size(); ++n) all[n] = {values[3 * n], values[3 * n + 1], values[3 * n + 2]};
  return all;
}

}  // namespace

CycleRecord::CycleRecord(const Halo& halo, std::span<const Passage> through)
    : sums{0, halo.vectors(), halo.scalars(), halo.scalars(), halo.scalars()} {
  for (const Passage& passage : through) passages.push_back(passage.name);
  traces.flow.resize(passages.size());
}

std::optional<double> CycleRecord::cycle_change() const {
  double change = 0, size = 0;
  for (std::size_t f = 1; f <= frames.before.size() && f < frames.velocity.size(); ++f)
    for (std::size_t n = 0; n < frames.velocity[f].size(); ++n) {
      const Vec3 difference = frames.velocity[f][n] - frames.before[f - 1][n];
      change += dot(difference, difference);
      size += dot(frames.velocity[f][n], frames.velocity[f][n]);
    }
  if (!(size > 0)) return std::nullopt;
  return std::sqrt(change / size);
}

std::optional<double> CycleRecord::energy_change() const {
  if (cycle_energy.size() < 2 || !(cycle_energy.back() > 0)) return std::nullopt;
  return cycle_energy.back() / cycle_energy[cycle_energy.size() - 2] - 1;
}

void CycleRecord::save(Halo& halo, stage::State& state) const {
  for (const auto& [name, values] : named(traces)) state.put(trace_name(name), *values);
  for (std::size_t i = 0; i < passages.size(); ++i) state.put(trace_name("flow." + passages[i]), traces.flow[i]);
  state.put("frame.times", frames.times_ms);
  state.put("frame.before", static_cast<double>(frames.before.size()));
  for (std::size_t f = 0; f < frames.before.size(); ++f) state.put(frame_name(f, "before"), flat(frames.before[f]));
  for (std::size_t f = 0; f < frames.velocity.size(); ++f) {
    state.put(frame_name(f, "velocity"), flat(frames.velocity[f]));
    state.put(frame_name(f, "pressure"), frames.pressure_kPa[f]);
    state.put(frame_name(f, "shear"), flat(frames.wall_shear_Pa[f]));
  }
  state.put("cycle_energy", cycle_energy);
  state.put("sum.duration", sums.duration);
  put(halo, state, "sum.shear", sums.shear);
  put(halo, state, "sum.shear_magnitude", sums.shear_magnitude);
  put(halo, state, "sum.speed", sums.speed);
  put(halo, state, "sum.volume", sums.volume);
}

void CycleRecord::load(const Halo& halo, const stage::State& state) {
  for (const auto& [name, values] : named(traces)) *values = state.get(trace_name(name));
  for (std::size_t i = 0; i < passages.size(); ++i) traces.flow[i] = state.get(trace_name("flow." + passages[i]));
  frames = {};
  frames.times_ms = state.get("frame.times");
  const auto earlier = static_cast<std::size_t>(state.scalar("frame.before"));
  for (std::size_t f = 0; halo.space().comm().is_root() && f < earlier; ++f)
    frames.before.push_back(vectors(state.get(frame_name(f, "before"))));
  for (std::size_t f = 0; halo.space().comm().is_root() && f < frames.times_ms.size(); ++f) {
    frames.velocity.push_back(vectors(state.get(frame_name(f, "velocity"))));
    frames.pressure_kPa.push_back(state.get(frame_name(f, "pressure")));
    frames.wall_shear_Pa.push_back(vectors(state.get(frame_name(f, "shear"))));
  }
  cycle_energy = state.get("cycle_energy");
  sums.duration = state.scalar("sum.duration");
  sums.shear = get_vectors(halo, state, "sum.shear");
  sums.shear_magnitude = get_scalars(halo, state, "sum.shear_magnitude");
  sums.speed = get_scalars(halo, state, "sum.speed");
  sums.volume = get_scalars(halo, state, "sum.volume");
}

}  // namespace cardiotwin::hemodynamics
