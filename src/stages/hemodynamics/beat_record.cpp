#include "beat_record.hpp"

#include <spdlog/fmt/fmt.h>

#include <utility>

namespace cardiotwin::hemodynamics {

namespace {

/// Every trace with its name; `T` is Traces or const Traces.
template <class T>
auto named(T& traces) {
  return std::array{std::pair{"times", &traces.times_ms},
                    std::pair{"mitral_flow", &traces.mitral_flow},
                    std::pair{"aortic_flow", &traces.aortic_flow},
                    std::pair{"volume", &traces.volume_ml},
                    std::pair{"mass_error", &traces.mass_error},
                    std::pair{"kinetic_energy", &traces.kinetic_energy},
                    std::pair{"largest_speed", &traces.largest_speed},
                    std::pair{"smallest_quality", &traces.smallest_quality},
                    std::pair{"substeps", &traces.substeps}};
}

std::string trace_name(const char* name) { return std::string("trace.") + name; }
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

void put(Halo& halo, stage::State& state, const std::string& name, const Scalars& field) {
  state.put(name, halo.gather(field));
}

void put(Halo& halo, stage::State& state, const std::string& name, const Vectors& field) {
  for (int d = 0; d < 3; ++d) put(halo, state, fmt::format("{}.{}", name, d), field[d]);
}

Scalars get_scalars(const Halo& halo, const stage::State& state, const std::string& name) {
  return halo.scatter(state.get(name));
}

Vectors get_vectors(const Halo& halo, const stage::State& state, const std::string& name) {
  Vectors field;
  for (int d = 0; d < 3; ++d) field[d] = get_scalars(halo, state, fmt::format("{}.{}", name, d));
  return field;
}

BeatRecord::BeatRecord(const Halo& halo) : sums{0, halo.vectors(), halo.scalars(), halo.scalars(), halo.scalars()} {}

void BeatRecord::save(Halo& halo, stage::State& state) const {
  for (const auto& [name, values] : named(traces)) state.put(trace_name(name), *values);
  state.put("frame.times", frames.times_ms);
  for (std::size_t f = 0; f < frames.velocity.size(); ++f) {
    state.put(frame_name(f, "velocity"), flat(frames.velocity[f]));
    state.put(frame_name(f, "pressure"), frames.pressure_kPa[f]);
  }
  state.put("sum.duration", sums.duration);
  put(halo, state, "sum.shear", sums.shear);
  put(halo, state, "sum.shear_magnitude", sums.shear_magnitude);
  put(halo, state, "sum.speed", sums.speed);
  put(halo, state, "sum.volume", sums.volume);
}

void BeatRecord::load(const Halo& halo, const stage::State& state) {
  for (const auto& [name, values] : named(traces)) *values = state.get(trace_name(name));
  frames = {};
  frames.times_ms = state.get("frame.times");
  for (std::size_t f = 0; halo.space().comm().is_root() && f < frames.times_ms.size(); ++f) {
    frames.velocity.push_back(vectors(state.get(frame_name(f, "velocity"))));
    frames.pressure_kPa.push_back(state.get(frame_name(f, "pressure")));
  }
  sums.duration = state.scalar("sum.duration");
  sums.shear = get_vectors(halo, state, "sum.shear");
  sums.shear_magnitude = get_scalars(halo, state, "sum.shear_magnitude");
  sums.speed = get_scalars(halo, state, "sum.speed");
  sums.volume = get_scalars(halo, state, "sum.volume");
}

}  // namespace cardiotwin::hemodynamics
