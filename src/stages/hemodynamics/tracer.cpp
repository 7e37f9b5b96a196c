#include "tracer.hpp"

#include <algorithm>

#include "bdf2.hpp"
#include "momentum_cell.hpp"
#include "scheme.hpp"
#include "surface_set.hpp"

namespace cardiotwin::hemodynamics {

namespace {
constexpr double tolerance = 1e-6;
}

Tracer::Tracer(FlowMesh& mesh, std::vector<std::int32_t> passages, double diffusivity)
    : mesh_(mesh),
      passages_(std::move(passages)),
      diffusivity_(diffusivity),
      matrix_(mesh.space(), mesh.space().cell_nodes(), 4),
      solver_(mesh.halo(), tolerance) {
  state.now = mesh.halo().vectors();
  std::ranges::fill(state.now[1], 1.0);
  state.old = state.now;
}

/// Local nodes of passages with more flow in than out around them.
std::vector<std::uint8_t> Tracer::entering(const Vectors& through) const {
  Scalars out = mesh_.halo().scalars();
  for (std::int32_t t : passages_) {
    const std::int32_t* n = mesh_.space().triangle_nodes().data() + 3 * t;
    const Vec3 area = vector_area(mesh_.space(), mesh_.positions(), t);
    for (int a = 0; a < 3; ++a) out[n[a]] += dot(area, at(through, n[0]) + at(through, n[1]) + at(through, n[2]));
  }
  mesh_.halo().add(out);
  mesh_.halo().update(out);
  std::vector<std::uint8_t> fixed(out.size());
  for (std::size_t n = 0; n < out.size(); ++n) fixed[n] = out[n] < 0;
  return fixed;
}

void Tracer::step(double step, double previous, const Vectors& u, const Vectors& mesh_velocity) {
  const Bdf2 w = bdf2(step, previous);
  Halo& halo = mesh_.halo();
  Vectors through = u, history = halo.vectors(), load = halo.vectors();
  for (int d = 0; d < 3; ++d)
    for (std::size_t n = 0; n < through[d].size(); ++n) {
      through[d][n] -= mesh_velocity[d][n];
      history[d][n] = w.a1 * state.now[d][n] + w.a2 * state.old[d][n];
    }
  const std::vector<std::uint8_t> fixed = entering(through);
  matrix_.begin();
  for (std::size_t c = 0; c < mesh_.cells(); ++c) {
    const auto [n, shape] = mesh_.cell(c);
    MomentumInput in;
    for (int a = 0; a < 4; ++a) {
      in.convecting[a] = at(through, n[a]);
      in.history[a] = at(history, n[a]);
    }
    in.pressure_gradient = {-1, 0, 0};  // the source of T
    MomentumCell out = momentum_cell(shape, in, {1, diffusivity_, w.a0, step});
    for (int a = 0; a < 4; ++a) {
      if (fixed[n[a]]) std::fill_n(out.matrix.begin() + 4 * a, 4, 0.0);
      add_to(load, n[a], out.rhs[a]);
    }
    matrix_.add(c, out.matrix.data());
  }
  halo.add(load);
  for (std::int32_t n = 0; n < mesh_.space().owned(); ++n) {
    if (!fixed[n]) continue;
    const double scale = w.a0 * mesh_.lumped_volume()[n];
    matrix_.add_diagonal(n, 0, scale);
    for (Scalars& component : load) component[n] = 0;
  }
  matrix_.finish();
  state.old = state.now;
  solver_.solve(matrix_.get(), load, state.now);
}

void Tracer::save(stage::State& to) {
  put(mesh_.halo(), to, "tracer.now", state.now);
  put(mesh_.halo(), to, "tracer.old", state.old);
}

void Tracer::load(const stage::State& from) {
  state.now = get_vectors(mesh_.halo(), from, "tracer.now");
  state.old = get_vectors(mesh_.halo(), from, "tracer.old");
}

}  // namespace cardiotwin::hemodynamics
