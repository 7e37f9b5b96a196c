// Multigrid and the direct solver compared on the inflated ellipsoid of Land et al. 2015 (doi 10.1098/rspa.2015.0641),
// problem 2: the whole path to 10 kPa, as a Markdown table.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <string>
#include <vector>

#include "cardiotwin/core/log.hpp"
#include "mechanics/newton.hpp"
#include "meshing/ellipsoid.hpp"

namespace cardiotwin::mechanics {
namespace {

struct Figures {
  bool converged = true;
  int newton = 0;
  double cpu_s = 0, volume = 0;
};

Figures inflate(Wall& wall, Newton& newton, int steps) {
  Figures figures;
  const auto start = std::clock();
  WallState state = wall.zero();
  for (int k = 1; k <= steps; ++k) {
    const double target = 10.0 * k / steps;
    const WallState previous = state;
    const NewtonReport report = newton.solve(state, previous, 0, [target](double, double p) {
      return CavityEquation{p - target, 0, 1};
    });
    figures.converged &= report.converged;
    figures.newton += report.iterations;
    figures.volume = report.volume;
  }
  figures.cpu_s = wall.comm().sum(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  return figures;
}

void run(const std::vector<int>& sizes, const std::vector<std::string>& methods, int steps) {
  const core::Comm comm;
  if (comm.is_root())
    fmt::print(
        "| unknowns | solver | ranks | Newton | factorisations | Krylov | direct solves | volume [mm^3] | CPU [s] |\n"
        "|---|---|---|---|---|---|---|---|---|\n");
  for (const int n : sizes) {
    meshing::Ellipsoid shape{7, 17, 5, 10, 20, 5};
    shape.around = shape.along = n, shape.across = n * 2 / 3, shape.core_layers = 1, shape.with_blood = false;
    const artifacts::HeartMesh heart = meshing::make_ellipsoid(shape);
    const mesh::TetMesh mesh{heart.points, heart.cells, heart.region, heart.triangles, heart.surface};
    WallSetup setup;
    setup.tissue.material = Guccione{10, 1, 1, 1};
    setup.tissue.augmentation = 10;
    setup.cavity_surface = artifacts::surface_endocardium;
    setup.clamped = {artifacts::surface_base};
    for (const std::string& method : methods) {
      Wall wall(comm, mesh, setup);
      NewtonOptions options;
      options.largest_rise = {5, 2};
      options.max_iterations = 25;
      options.linear_method = method == "direct" ? LinearMethod::direct : LinearMethod::multigrid;
      Newton newton(wall, options);
      const Figures f = inflate(wall, newton, steps);
      if (comm.is_root())
        fmt::print("| {} | {}{} | {} | {} | {} | {} | {} | {:.2f} | {:.1f} |\n", wall.unknowns(), method,
                   f.converged ? "" : " (failed)", comm.size(), f.newton, newton.factorisations(),
                   newton.linear_iterations(), newton.direct_solves(), f.volume, f.cpu_s);
      std::fflush(stdout);
    }
  }
}

}  // namespace
}  // namespace cardiotwin::mechanics

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  {
    CLI::App app("linear solvers of the wall");
    std::vector<int> sizes{3, 6, 10};
    std::vector<std::string> methods{"direct", "multigrid"};
    int steps = 4;
    app.add_option("--elements", sizes, "around a quarter and along the wall, two thirds of it across");
    app.add_option("--solvers", methods, "direct, multigrid");
    app.add_option("--steps", steps, "to 10 kPa");
    CLI11_PARSE(app, argc, argv);
    const cardiotwin::fem::PetscGuard petsc;
    cardiotwin::mechanics::run(sizes, methods, steps);
  }
  MPI_Finalize();
}
