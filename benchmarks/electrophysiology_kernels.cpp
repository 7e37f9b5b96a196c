// How fast the parts of electrophysiology are on one core. Items are node-steps: cells of the membrane advanced by a
// step, nodes of a tissue advanced by a step; for the eikonal equation nodes. 64 cells fit in any cache, 409,600 in
// none when the model is large. The slab of Niederer et al. 2011 with cubes of 0.2 and 0.1 mm has 58,176 and 442,401
// nodes.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "electrophysiology/eikonal.hpp"
#include "slab.hpp"

namespace cardiotwin::electrophysiology {

namespace {

constexpr double dt = 0.05;                              // [ms]
constexpr int settling_steps = 60, steps_through = 500;  // of a wave; at 0.6 mm/ms it is then 15 mm on

/// From rest to the peak of the upstroke, as neighbours have it: smoothly.
std::vector<double> potentials(std::size_t count) {
  std::vector<double> v(count);
  for (std::size_t n = 0; n < count; ++n) v[n] = -85 + 115.0 * static_cast<double>(n) / static_cast<double>(count);
  return v;
}

/// Cells at fixed potentials. Their step is so short that the state stays as it is however often it is measured.
struct Cells {
  Cells(const IonicModel& model, std::size_t number)
      : count(number),
        kind(cell_kind(model, model.variants.front().name)),
        nodes(model, std::span(&kind, 1), std::vector<std::int32_t>(count, 0), 1e-6),
        v(potentials(count)),
        current(count) {}
  std::size_t count;
  CellKind kind;
  IonicNodes nodes;
  std::vector<double> v, current;
};

void count_node_steps(benchmark::State& state, std::size_t nodes) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(nodes));
}

void advance_cells(benchmark::State& state, const IonicModel& model, std::size_t count) {
  Cells cells(model, count);
  for (auto _ : state) {
    cells.nodes.advance(cells.v, cells.current);
    benchmark::DoNotOptimize(cells.current.data());
  }
  count_node_steps(state, count);
}

void current_of_cells(benchmark::State& state, const IonicModel& model, std::size_t count) {
  Cells cells(model, count);
  for (auto _ : state) {
    for (std::size_t n = 0; n < count; n += block)
      cells.nodes.membrane(0).current(block, &cells.v[n], cells.nodes.state_of(static_cast<std::int32_t>(n)),
                                      &cells.current[n]);
    benchmark::DoNotOptimize(cells.current.data());
  }
  count_node_steps(state, count);
}

/// A wave that runs through the slab along the fibre, with the steps of Monodomain::advance() one by one. It starts
/// anew before it is through.
class TravellingWave {
 public:
  explicit TravellingWave(int cubes_per_mm)
      : slab_(cubes_per_mm),
        space_(core::Comm(), slab_.mesh, 1),
        diffusion_(space_, slab_.mesh, std::vector<Vec3>(slab_.mesh.points.size(), {1, 0, 0}),
                   std::vector<Diffusivity>(slab_.mesh.cells.size(), diffusivity()), options_.lumped_fraction, dt,
                   options_.solver_tolerance_mV),
        kind_(cell_kind(ten_tusscher_2006(), "epicardial")),
        ionic_(ten_tusscher_2006(), std::span(&kind_, 1), std::vector<std::int32_t>(space_.locals(), 0), dt),
        front_(ionic_, space_.cell_nodes(), diffusion_.cell_volumes()),
        current_(space_.locals()),
        correction_(space_.locals()) {
    for (auto* vector : {&now_, &old_, &older_}) *vector = space_.make_vector();
    restart();
  }

  void react() {
    fem::LocalArray v(now_);
    ionic_.advance(all(v), current_);
  }
  void correct() {
    fem::LocalArray v(now_);
    std::ranges::fill(correction_, 0.0);
    front_.correct(options_.interpolation_threshold_mV, all(v), current_, correction_);
  }
  int diffuse() { return diffusion_.step(now_, old_, older_, current_, correction_); }
  void end_step() {
    std::swap(now_, older_);
    std::swap(older_, old_);
    if (++step_ == steps_through) restart();
  }
  std::size_t nodes() const { return current_.size(); }

 private:
  Diffusivity diffusivity() const {
    const Conductivity sigma;
    const double scale = 1 / (options_.surface_to_volume * options_.capacitance);
    return {scale * sigma.along, scale * sigma.across};
  }
  std::span<const double> all(fem::LocalArray& v) const { return {v.data(), current_.size()}; }

  /// The first 2 mm are depolarised; then the front takes its shape.
  void restart() {
    for (std::size_t k = 0; k < kind_.state.size(); ++k)
      ionic_.set_variable(k, std::vector<double>(nodes(), kind_.state[k]));
    for (Vec vector : {now_.get(), old_.get(), older_.get()}) {
      fem::LocalArray v(vector);
      for (std::size_t n = 0; n < nodes(); ++n) v[n] = space_.coordinates()[n][0] < 2 ? 20 : kind_.potential;
    }
    for (step_ = 0; step_ < settling_steps; end_step()) react(), correct(), diffuse();
  }

  const Options options_;
  Slab slab_;
  fem::Space space_;
  Diffusion diffusion_;
  CellKind kind_;
  IonicNodes ionic_;
  Front front_;
  std::vector<double> current_, correction_;
  fem::Vector now_, old_, older_;
  int step_ = 0;
};

void correct_front(benchmark::State& state, TravellingWave& wave) {
  for (auto _ : state) {
    state.PauseTiming();
    wave.react();
    state.ResumeTiming();
    wave.correct();
    state.PauseTiming();
    wave.diffuse();
    wave.end_step();
    state.ResumeTiming();
  }
  count_node_steps(state, wave.nodes());
}

void diffuse(benchmark::State& state, TravellingWave& wave) {
  std::int64_t iterations = 0;
  for (auto _ : state) {
    state.PauseTiming();
    wave.react();
    wave.correct();
    state.ResumeTiming();
    iterations += wave.diffuse();
    state.PauseTiming();
    wave.end_step();
    state.ResumeTiming();
  }
  count_node_steps(state, wave.nodes());
  state.counters["solver_iterations"] = static_cast<double>(iterations) / static_cast<double>(state.iterations());
}

void arrive(benchmark::State& state, const Slab& slab) {
  const auto sources = sources_of(std::span(&slab.corner, 1));
  const std::vector<Vec3> fibres(slab.mesh.points.size(), {1, 0, 0});
  const std::vector<Speed> speed(slab.mesh.cells.size());
  for (auto _ : state) benchmark::DoNotOptimize(first_arrival(slab.mesh, fibres, speed, sources));
  count_node_steps(state, slab.mesh.points.size());
}

void register_all() {
  for (const IonicModel* model : ionic_models())
    for (const std::size_t count : {block, 6400 * block}) {
      const std::string suffix = fmt::format("/{}/{}_cells", model->name, count);
      benchmark::RegisterBenchmark(("advance" + suffix).c_str(), advance_cells, std::cref(*model), count);
      benchmark::RegisterBenchmark(("current" + suffix).c_str(), current_of_cells, std::cref(*model), count);
    }
  for (const int cubes_per_mm : {5, 10}) {
    const std::string suffix = fmt::format("/{}_per_mm", cubes_per_mm);
    // The tissue is made when its first benchmark runs, for all of them.
    const auto wave = std::make_shared<std::unique_ptr<TravellingWave>>();
    const auto tissue = [=]() -> TravellingWave& {
      if (!*wave) *wave = std::make_unique<TravellingWave>(cubes_per_mm);
      return **wave;
    };
    const auto in_milliseconds = [&](const std::string& name, auto run) {
      benchmark::RegisterBenchmark((name + suffix).c_str(), run)->Unit(benchmark::kMillisecond);
    };
    in_milliseconds("front", [=](benchmark::State& state) { correct_front(state, tissue()); });
    in_milliseconds("diffusion", [=](benchmark::State& state) { diffuse(state, tissue()); });
    in_milliseconds("eikonal", [=](benchmark::State& state) { arrive(state, Slab(cubes_per_mm)); });
  }
}

}  // namespace

}  // namespace cardiotwin::electrophysiology

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  MPI_Init(&argc, &argv);
  {
    const cardiotwin::fem::PetscGuard petsc;
    cardiotwin::electrophysiology::register_all();
    benchmark::RunSpecifiedBenchmarks();
    benchmark::ClearRegisteredBenchmarks();  // they hold what PETSc made
  }
  MPI_Finalize();
  return 0;
}
