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

/// (c.n)_- over the passages, lumped at their nodes; owned nodes [mm^3/ms].
Scalars Tracer::inflow(const Vectors& through) const {
  Scalars entering = mesh_.halo().scalars();
  for (std::int32_t t : passages_) {
    const std::int32_t* n = mesh_.space().triangle_nodes().data() + 3 * t;
    const Vec3 area = vector_area(mesh_.space(), mesh_.positions(), t);
    for (int a = 0; a < 3; ++a) entering[n[a]] += std::max(0.0, -dot(area, at(through, n[a]))) / 3;
  }
  mesh_.halo().add(entering);
  return entering;
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
  matrix_.begin();
  for (std::size_t c = 0; c < mesh_.cells(); ++c) {
    const auto [n, shape] = mesh_.cell(c);
    MomentumInput in;
    for (int a = 0; a < 4; ++a) {
      in.convecting[a] = at(through, n[a]);
      in.history[a] = at(history, n[a]);
    }
    in.pressure_gradient = {-1, 0, 0};  // the source of T
    const MomentumCell out = momentum_cell(shape, in, {1, diffusivity_, w.a0, step});
    for (int a = 0; a < 4; ++a) add_to(load, n[a], out.rhs[a]);
    matrix_.add(c, out.matrix.data());
  }
  halo.add(load);
  const Scalars entering = inflow(through);
  for (std::int32_t n = 0; n < mesh_.space().owned(); ++n) matrix_.add_diagonal(n, 0, entering[n]);
  matrix_.finish();
  state.old = state.now;
  solver_.solve(matrix_.get(), load, state.now);
  state.elapsed += step;
  for (double& time : state.now[0]) time = std::clamp(time, 0.0, state.elapsed);
  for (double& share : state.now[1]) share = std::clamp(share, 0.0, 1.0);
}

void Tracer::save(stage::State& to) {
  to.put("tracer.elapsed", state.elapsed);
  put(mesh_.halo(), to, "tracer.now", state.now);
  put(mesh_.halo(), to, "tracer.old", state.old);
}

void Tracer::load(const stage::State& from) {
  state.elapsed = from.scalar("tracer.elapsed");
  state.now = get_vectors(mesh_.halo(), from, "tracer.now");
  state.old = get_vectors(mesh_.halo(), from, "tracer.old");
}

}  // namespace cardiotwin::hemodynamics
