// Discretisations of the monodomain equation compared on the slab of Niederer et al. 2011 (doi 10.1098/rsta.2011.0139):
// activation times of its points, as a Markdown table. One row a scheme; where a cell of the table has several figures,
// they belong to the edges of the cubes, in the order given.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "cardiotwin/core/timer.hpp"
#include "monodomain_variant.hpp"
#include "slab.hpp"

namespace cardiotwin::electrophysiology {

namespace {

constexpr double end_ms = 200;  // the slowest scheme needs 130
constexpr double infinite = std::numeric_limits<double>::infinity();

struct Scheme {
  std::string name;
  std::function<std::vector<double>(const Slab&)> activation;
  double finest_mm = 0;  ///< shorter edges take too long
};

/// The product's solver with one of its options changed.
Scheme with(std::string name, const std::function<void(Options&)>& change, double finest_mm = 0) {
  Options options;
  options.end_time_ms = end_ms;
  change(options);
  return {std::move(name),
          [options](const Slab& slab) {
            Monodomain solver = slab.solver(core::Comm(), options);
            while (!solver.finished()) solver.advance();
            return solver.activation_times();
          },
          finest_mm};
}

Scheme variant(std::string name, const Variant& what, double finest_mm = 0) {
  return {std::move(name), [what](const Slab& slab) { return activation(slab, what, end_ms); }, finest_mm};
}

std::vector<Scheme> schemes() {
  const auto threshold = [](double mV) { return [mV](Options& o) { o.interpolation_threshold_mV = mV; }; };
  const auto time_step = [](double ms) { return [ms](Options& o) { o.time_step_ms = ms; }; };
  const auto state = [](double a) { return [a](Options& o) { o.lumped_fraction = a; }; };
  const auto current = [](double a) {
    return [a](Options& o) { o.lumped_fraction = a, o.interpolation_threshold_mV = infinite; };
  };
  return {
      with("default: state at the front (threshold 20 mV), a = 1/2, dt 0.05 ms", [](Options&) {}),
      with("threshold 0 mV: state everywhere", threshold(0), 0.2),
      with("threshold 10 mV", threshold(10)),
      with("threshold 40 mV", threshold(40)),
      with("dt 0.5 ms", time_step(0.5)),
      with("dt 0.2 ms", time_step(0.2)),
      with("dt 0.1 ms", time_step(0.1)),
      with("dt 0.02 ms", time_step(0.02)),
      with("dt 0.01 ms", time_step(0.01)),
      with("state, consistent mass (a = 0)", state(0)),
      with("state, lumped mass (a = 1)", state(1)),
      with("current, consistent mass (a = 0)", current(0)),
      with("current, half-lumped mass (a = 1/2)", current(0.5)),
      with("current, lumped mass (a = 1)", current(1)),
      variant("current, half-lumped mass and load", {.lumped_load = 0.5, .threshold_mV = infinite}),
      variant("current, lumped mass and load", {.lumped_mass = 1, .lumped_load = 1, .threshold_mV = infinite}),
      variant("quadrature, 1 point", {.quadrature_degree = 1}),
      variant("quadrature, 4 points: as default, by the other program", {.quadrature_degree = 2}),
      variant("quadrature, 8 points", {.quadrature_degree = 3}),
      variant("quadrature, 14 points", {.quadrature_degree = 5}),
      variant("P2 elements: current, consistent mass", {.order = 2, .lumped_mass = 0, .threshold_mV = infinite}, 0.2),
      variant("P2 elements: state in 14 points, consistent mass",
              {.order = 2, .lumped_mass = 0, .quadrature_degree = 4}, 0.2),
  };
}

/// Time at a position that is a point of the mesh or the middle of a cube's face, which a diagonal along (1, 1, 1)
/// halves.
double at(const Slab& slab, const std::vector<double>& times, const Vec3& position) {
  const Vec3 aside{1e-6, 1e-6, 1e-6};
  return (times[nearest_point(slab.mesh, position - aside)] + times[nearest_point(slab.mesh, position + aside)]) / 2;
}

constexpr std::array<Vec3, 4> positions{Vec3{20, 7, 3}, {0, 7, 0}, {20, 0, 0}, {10, 3.5, 1.5}};  // P8, P2, P3, P9

void print_row(const Scheme& scheme, const std::vector<double>& edges) {
  std::array<std::string, 4> columns;
  for (double edge : edges) {
    const bool first = edge == edges.front();
    if (edge < scheme.finest_mm - 1e-9) {
      for (std::string& column : columns) column += first ? "-" : " / -";
      continue;
    }
    const double start_s = core::wall_seconds();
    const Slab slab(static_cast<int>(std::lround(1 / edge)));
    const auto times = scheme.activation(slab);
    for (std::size_t p = 0; p < positions.size(); ++p)
      columns[p] += fmt::format("{}{:.2f}", first ? "" : " / ", at(slab, times, positions[p]));
    fmt::print(stderr, "{}, {} mm: {:.0f} s\n", scheme.name, edge, core::wall_seconds() - start_s);
  }
  fmt::print("| {} | {} | {} | {} | {} |\n", scheme.name, columns[0], columns[1], columns[2], columns[3]);
  std::fflush(stdout);
}

}  // namespace

}  // namespace cardiotwin::electrophysiology

int main(int argc, char** argv) {
  using namespace cardiotwin;
  CLI::App app{"Activation times [ms] of the slab of Niederer et al. by different schemes"};
  std::vector<double> edges{0.5, 0.2};
  std::vector<std::string> only{""};
  app.add_option("--edge", edges, "edges of the cubes [mm], parts of 1 mm")->capture_default_str();
  app.add_option("--only", only, "rows whose name contains one of these");
  CLI11_PARSE(app, argc, argv);
  MPI_Init(&argc, &argv);
  {
    const fem::PetscGuard petsc;
    std::puts("| scheme | P8 | P2 | P3 | P9 |\n|---|---|---|---|---|");
    for (const auto& scheme : electrophysiology::schemes())
      if (std::ranges::any_of(only, [&](const auto& part) { return scheme.name.find(part) != std::string::npos; }))
        electrophysiology::print_row(scheme, edges);
  }
  MPI_Finalize();
  return 0;
}
