#include "instruments.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/core/units.hpp"
#include "wall_shear.hpp"

namespace cardiotwin::hemodynamics {

namespace {

/// Points on the circles of a cut, radius by radius.
std::vector<Vec3> points_of(const Cut& cut) {
  const Vec3 axis = normalised(cut.axis);
  const Vec3 aside = normalised(cross(axis, std::abs(axis[0]) < 0.9 ? Vec3{1, 0, 0} : Vec3{0, 1, 0}));
  const Vec3 across = cross(axis, aside);
  std::vector<Vec3> points;
  for (int i = 0; i < Instruments::radii; ++i) {
    const double r = cut.radius * i / (Instruments::radii - 1);
    for (int k = 0; k < Instruments::angles; ++k) {
      const double angle = 2 * std::numbers::pi * (k + 0.5) / Instruments::angles;
      points.push_back(cut.centre + (r * std::cos(angle)) * aside + (r * std::sin(angle)) * across);
    }
  }
  return points;
}

/// Collective. The cell that holds each point in the reference position; where several do, the one of the lowest rank.
std::vector<Site> locate(const FlowMesh& mesh, const std::vector<Vec3>& points) {
  constexpr double tolerance = 1e-9;
  std::vector<Site> sites(points.size());
  const auto x = mesh.space().coordinates();
  for (std::size_t c = 0; c < mesh.cells(); ++c) {
    const auto n = mesh.cell(c).nodes;
    Vec3 low = x[n[0]], high = low;
    for (std::int32_t node : n)
      for (int d = 0; d < 3; ++d) {
        low[d] = std::min(low[d], x[node][d]);
        high[d] = std::max(high[d], x[node][d]);
      }
    const double slack = tolerance * norm(high - low);
    for (std::size_t p = 0; p < points.size(); ++p) {
      const Vec3& q = points[p];
      if (sites[p].here || q[0] < low[0] - slack || q[0] > high[0] + slack || q[1] < low[1] - slack ||
          q[1] > high[1] + slack || q[2] < low[2] - slack || q[2] > high[2] + slack)
        continue;
      const fem::AffineCell shape = fem::affine_cell(x[n[0]], x[n[1]], x[n[2]], x[n[3]]);
      Site site{true, n, {}};
      for (int a = 0; a < 4; ++a) {
        site.weights[a] = (a == 0 ? 1.0 : 0.0) + dot(shape.gradients[a], q - x[n[0]]);
        site.here = site.here && site.weights[a] > -tolerance;
      }
      if (site.here) sites[p] = site;
    }
  }
  const core::Comm& comm = mesh.space().comm();
  std::vector<double> claims(points.size() * static_cast<std::size_t>(comm.size()), 0.0);
  for (std::size_t p = 0; p < points.size(); ++p)
    claims[p * static_cast<std::size_t>(comm.size()) + static_cast<std::size_t>(comm.rank())] = sites[p].here;
  comm.sum(claims);
  for (std::size_t p = 0; p < points.size(); ++p)
    for (int rank = 0; rank < comm.rank(); ++rank)
      if (claims[p * static_cast<std::size_t>(comm.size()) + static_cast<std::size_t>(rank)] > 0) sites[p].here = false;
  return sites;
}

Vec3 value(const Site& site, const Vectors& field) {
  Vec3 sum{};
  for (int a = 0; a < 4 && site.here; ++a) sum = sum + site.weights[a] * at(field, site.nodes[a]);
  return sum;
}

double value(const Site& site, const Scalars& field) {
  double sum = 0;
  for (int a = 0; a < 4 && site.here; ++a) sum += site.weights[a] * field[site.nodes[a]];
  return sum;
}

[[noreturn]] void fail_outside(const std::string& key, const std::string& name) {
  core::fail_configuration({.where = key + ": " + name,
                            .expected = "points inside the domain of the flow",
                            .found = "one outside",
                            .remedy = "correct its position"});
}

}  // namespace

Instruments::Instruments(FlowMesh& mesh, const SurfaceSet& wall, InstrumentPlan plan) : plan_(std::move(plan)) {
  std::vector<Vec3> points;
  for (const Cut& cut : plan_.cuts)
    for (const Vec3& p : points_of(cut)) points.push_back(p);
  for (const auto& difference : plan_.differences) points.insert(points.end(), {difference.from, difference.to});
  sites_ = locate(mesh, points);
  std::vector<double> found;
  for (const Site& site : sites_) found.push_back(site.here);
  mesh.space().comm().sum(found);
  const std::size_t per_cut = static_cast<std::size_t>(radii) * angles;
  for (std::size_t c = 0; c < plan_.cuts.size(); ++c) {
    if (found[c * per_cut] < 0.5) fail_outside("hemodynamics.cuts", plan_.cuts[c].name);
    for (std::size_t r = 0; r < radii; ++r) {
      int count = 0;
      for (std::size_t k = 0; k < angles; ++k) count += found[c * per_cut + r * angles + k] > 0.5;
      inside_.push_back(count);
    }
  }
  for (std::size_t i = 0; i < plan_.differences.size(); ++i)
    for (int end = 0; end < 2; ++end)
      if (found[plan_.cuts.size() * per_cut + 2 * i + end] < 0.5)
        fail_outside("hemodynamics.pressure_differences", plan_.differences[i].name);
  const Scalars area = nodal_area(mesh.halo(), mesh.positions(), wall.triangles);
  for (const WallBand& band : plan_.bands) {
    auto& nodes = band_nodes_.emplace_back();
    for (std::int32_t n = 0; n < mesh.space().owned(); ++n)
      if (area[n] > 0 && std::abs(dot(mesh.positions()[n] - band.centre, normalised(band.axis))) <= 0.5 * band.width)
        nodes.emplace_back(n, area[n]);
    if (!mesh.space().comm().any(!nodes.empty())) fail_outside("hemodynamics.wall_bands", band.name);
  }
  forget();
}

double Instruments::band_mean(std::size_t band, const core::Comm& comm, const Scalars& field) const {
  std::vector<double> sums(2, 0.0);
  for (const auto& [n, area] : band_nodes_[band]) {
    sums[0] += area * field[n];
    sums[1] += area;
  }
  comm.sum(sums);
  return sums[0] / sums[1];
}

void Instruments::forget() {
  duration_ = 0;
  sums_.assign(plan_.cuts.size() * radii + plan_.differences.size(), 0.0);
  drag_.assign(plan_.forces.size(), {});
  lift_.assign(plan_.forces.size(), {});
  difference_.assign(plan_.differences.size(), {});
  shear_.assign(plan_.bands.size(), {});
}

void Instruments::read(Scheme& scheme, const Vectors& wall_shear, double step) {
  const FluidState& now = scheme.state;
  std::vector<double> values(sums_.size(), 0.0);
  std::size_t s = 0;
  for (std::size_t c = 0; c < plan_.cuts.size(); ++c)
    for (std::size_t r = 0; r < radii; ++r)
      for (int k = 0; k < angles; ++k, ++s)
        values[c * radii + r] +=
            dot(value(sites_[s], now.u), normalised(plan_.cuts[c].axis)) / std::max(1, inside_[c * radii + r]);
  for (std::size_t i = 0; i < plan_.differences.size(); ++i, s += 2)
    values[difference_at(i)] = value(sites_[s], now.p) - value(sites_[s + 1], now.p);
  for (const ForceMeasure& measure : plan_.forces) {
    const Vec3 force = force_on(scheme, measure.surface);
    values.push_back(dot(force, measure.drag) / measure.reference);
    values.push_back(dot(force, measure.lift) / measure.reference);
  }
  scheme.mesh().space().comm().sum(values);
  duration_ += step;
  for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += step * values[i];
  for (std::size_t i = 0; i < plan_.differences.size(); ++i) difference_[i].push_back(values[difference_at(i)]);
  for (std::size_t i = 0; i < plan_.forces.size(); ++i) {
    drag_[i].push_back(values[sums_.size() + 2 * i]);
    lift_[i].push_back(values[sums_.size() + 2 * i + 1]);
  }
  Scalars along = scheme.halo().scalars();
  for (std::size_t i = 0; i < plan_.bands.size(); ++i) {
    for (const auto& [n, area] : band_nodes_[i])
      along[n] = core::Pa_per_kPa * dot(at(wall_shear, n), normalised(plan_.bands[i].axis));
    shear_[i].push_back(band_mean(i, scheme.mesh().space().comm(), along));
  }
}

std::vector<double> Instruments::cut_profile(std::size_t cut) const {
  std::vector<double> profile(sums_.begin() + static_cast<std::ptrdiff_t>(cut * radii),
                              sums_.begin() + static_cast<std::ptrdiff_t>((cut + 1) * radii));
  for (double& v : profile) v /= duration_;
  return profile;
}

void Instruments::save(stage::State& state) const {
  state.put("instruments.sums", sums_);
  state.put("instruments.duration", duration_);
  for (std::size_t i = 0; i < difference_.size(); ++i)
    state.put(fmt::format("instruments.difference.{}", i), difference_[i]);
  for (std::size_t i = 0; i < shear_.size(); ++i) state.put(fmt::format("instruments.shear.{}", i), shear_[i]);
  for (std::size_t i = 0; i < drag_.size(); ++i) {
    state.put(fmt::format("instruments.drag.{}", i), drag_[i]);
    state.put(fmt::format("instruments.lift.{}", i), lift_[i]);
  }
}

void Instruments::load(const stage::State& state) {
  sums_ = state.get("instruments.sums");
  duration_ = state.scalar("instruments.duration");
  for (std::size_t i = 0; i < difference_.size(); ++i)
    difference_[i] = state.get(fmt::format("instruments.difference.{}", i));
  for (std::size_t i = 0; i < shear_.size(); ++i) shear_[i] = state.get(fmt::format("instruments.shear.{}", i));
  for (std::size_t i = 0; i < drag_.size(); ++i) {
    drag_[i] = state.get(fmt::format("instruments.drag.{}", i));
    lift_[i] = state.get(fmt::format("instruments.lift.{}", i));
  }
}

}  // namespace cardiotwin::hemodynamics
