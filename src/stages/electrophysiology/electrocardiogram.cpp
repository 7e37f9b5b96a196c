#include "electrocardiogram.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <limits>
#include <numbers>

#include "cardiotwin/fem/element.hpp"
#include "fibre.hpp"
#include "monodomain.hpp"

namespace cardiotwin::electrophysiology {

using namespace core;

namespace {

constexpr double nearest_mm = 5;  ///< an electrode nearer to the wall is a mistake, and cells are no points to it

void check_distance(const Comm& comm, double nearest) {
  nearest = comm.min(nearest);
  if (nearest < nearest_mm)
    throw Error(ExitCode::configuration,
                {.where = "electrodes of the electrocardiogram",
                 .expected = fmt::format("at least {} mm between each and the wall", nearest_mm),
                 .found = fmt::format("{:.1f} mm", nearest),
                 .remedy = "give their positions in patient coordinates [mm]"})
        .as_collective();
}

}  // namespace

Leads::Leads(const fem::Space& space, const mesh::TetMesh& mesh, std::span<const Vec3> fibres,
             std::span<const Conductivity> conductivity, const Electrodes& electrodes, double body_S_per_m)
    : comm_(space.comm()), weights_(space.locals()) {
  double nearest = std::numeric_limits<double>::max();
  for (std::size_t c = 0; c < space.cells().size(); ++c) {
    const std::int32_t number = space.cells()[c];
    const mesh::Cell& cell = mesh.cells[number];
    const Vec3 &p = mesh.points[cell[0]], &q = mesh.points[cell[1]], &r = mesh.points[cell[2]],
               &s = mesh.points[cell[3]];
    const fem::AffineCell affine = fem::affine_cell(p, q, r, s);
    const Vec3 fibre = cell_fibre(fibres, cell), centre = 0.25 * (p + q + r + s);
    const double scale = -affine.volume / (4 * std::numbers::pi * body_S_per_m);
    const double across = conductivity[number].across, extra = conductivity[number].along - across;
    for (int e = 0; e < electrode_count; ++e) {
      const Vec3 away = electrodes[e] - centre;
      const double distance = norm(away);
      nearest = std::min(nearest, distance);
      const Vec3 field = (scale / (distance * distance * distance)) * away;
      const Vec3 current = across * field + extra * dot(field, fibre) * fibre;  // sigma is symmetric
      for (int i = 0; i < 4; ++i) weights_[space.cell_nodes()[4 * c + i]][e] += dot(affine.gradients[i], current);
    }
  }
  check_distance(comm_, nearest);
}

void Leads::sample(double t_ms, std::span<const double> potential) {
  std::array<double, electrode_count> sum{};
  for (std::size_t n = 0; n < weights_.size(); ++n)
    for (int e = 0; e < electrode_count; ++e) sum[e] += weights_[n][e] * potential[n];
  times_.push_back(t_ms);
  samples_.insert(samples_.end(), sum.begin(), sum.end());
}

std::vector<double> Leads::potentials_mV() const {
  auto all = samples_;
  comm_.sum(all);
  return all;
}

void Leads::save(stage::State& state) const {
  auto all = potentials_mV();
  if (!comm_.is_root()) return;
  state.put("ecg_times", times_);
  state.put("ecg_potentials", std::move(all));
}

void Leads::load(const stage::State& state) {
  times_ = state.get("ecg_times");
  samples_ = state.get("ecg_potentials");
  if (!comm_.is_root()) std::fill(samples_.begin(), samples_.end(), 0.0);
}

std::vector<std::vector<double>> twelve_leads(std::span<const double> potentials) {
  std::vector<std::vector<double>> leads(12);
  for (std::size_t k = 0; k + electrode_count <= potentials.size(); k += electrode_count) {
    const auto phi = potentials.subspan(k, electrode_count);
    const double right = phi[electrode_RA], left = phi[electrode_LA], leg = phi[electrode_LL];
    const double wilson = (right + left + leg) / 3;
    // Goldberger's augmented leads are against the mean of the two others: 3/2 of the potential against Wilson's.
    const double limbs[] = {left - right,           leg - right,           leg - left,
                            1.5 * (right - wilson), 1.5 * (left - wilson), 1.5 * (leg - wilson)};
    for (int l = 0; l < 6; ++l) {
      leads[l].push_back(limbs[l]);
      leads[6 + l].push_back(phi[electrode_V1 + l] - wilson);
    }
  }
  return leads;
}

}  // namespace cardiotwin::electrophysiology
