#include "monodomain.hpp"

#include <algorithm>
#include <cmath>

#include "cardiotwin/fem/assembly.hpp"
#include "cardiotwin/fem/element.hpp"

namespace cardiotwin::electrophysiology {

using namespace core;
using fem::check;
using fem::LocalArray;

namespace {

/// Steps between looks at the whole heart, which need all ranks: done yet? still sane?
constexpr std::int64_t look_interval = 20;
constexpr double depolarised_mV = -60;  ///< above this a cell may still excite its neighbours
constexpr double absurd_mV = 200;

std::string solver_options(const Options& options, std::int32_t nodes) {
  // Jacobi divides the residual by the diagonal of M_a + dt K, so its norm is that of an error in mV.
  return fmt::format(
      "-ksp_type cg -pc_type jacobi -ksp_norm_type preconditioned -ksp_rtol 1e-50 -ksp_atol {} -ksp_max_it 500",
      options.solver_tolerance_mV * std::sqrt(static_cast<double>(nodes)));
}

/// Fibre of a cell: the mean of its nodes', whose sign means nothing.
Vec3 cell_fibre(std::span<const Vec3> fibres, const mesh::Cell& cell) {
  Vec3 sum = fibres[cell[0]];
  for (int i = 1; i < 4; ++i) sum = sum + (dot(fibres[cell[i]], sum) < 0 ? -1.0 : 1.0) * fibres[cell[i]];
  return normalised(sum);
}

std::vector<tt2006::CellType> local_types(const fem::Space& space, std::span<const tt2006::CellType> types) {
  std::vector<tt2006::CellType> local;
  for (std::int32_t n : space.node()) local.push_back(types[n]);
  return local;
}

}  // namespace

Monodomain::Monodomain(Comm comm, const mesh::TetMesh& mesh, std::span<const Vec3> fibres,
                       std::span<const tt2006::CellType> types, std::vector<Stimulus> stimuli, const Options& options,
                       Timers* timers)
    : comm_(comm),
      options_(options),
      space_(comm, mesh, 1),
      ionic_(local_types(space_, types)),
      stimuli_(std::move(stimuli)),
      solver_(comm, "electrophysiology_", solver_options(options, space_.nodes())),
      timers_(timers ? *timers : own_timers_) {
  std::vector<std::int32_t> local(mesh.points.size(), -1);
  for (std::int32_t i = 0; i < space_.locals(); ++i) local[space_.node()[i]] = i;
  for (Stimulus& s : stimuli_) {
    last_stimulus_ms_ = std::max(last_stimulus_ms_, s.last_ms());
    Stimulus here = s;
    here.points.clear(), here.delay_ms.clear();
    for (std::size_t k = 0; k < s.points.size(); ++k)
      if (local[s.points[k]] >= 0) here.points.push_back(local[s.points[k]]), here.delay_ms.push_back(s.delay_ms[k]);
    s = std::move(here);
  }
  for (auto* vector : {&v_, &v_old_, &v_older_, &work_, &correction_, &right_}) *vector = space_.make_vector();
  assemble(mesh, fibres);
  const auto rest = ionic_.rest_potential();
  for (Vec vector : {v_.get(), v_old_.get(), v_older_.get()}) {
    LocalArray v(vector);
    std::copy(rest.begin(), rest.end(), v.data());
  }
  activation_.assign(space_.owned(), -1);
  repolarisation_.assign(space_.owned(), -1);
  unactivated_ = space_.nodes();
}

void Monodomain::assemble(const mesh::TetMesh& mesh, std::span<const Vec3> fibres) {
  mass_ = space_.make_matrix();
  system_ = space_.make_matrix();
  fem::MatrixAssembly add_mass(space_, mass_), add_system(space_, system_);
  lumped_.assign(space_.locals(), 0);
  const double scale = 1 / (options_.surface_to_volume * options_.capacitance);  // sigma to D [mm^2/ms]
  const double across = scale * options_.conductivity_across;
  const double extra = scale * (options_.conductivity_along - options_.conductivity_across);
  const double a = options_.lumped_fraction, dt = options_.time_step_ms;
  for (std::size_t c = 0; c < space_.cells().size(); ++c) {
    const mesh::Cell& cell = mesh.cells[space_.cells()[c]];
    const fem::AffineCell affine =
        fem::affine_cell(mesh.points[cell[0]], mesh.points[cell[1]], mesh.points[cell[2]], mesh.points[cell[3]]);
    const Vec3 fibre = cell_fibre(fibres, cell);
    std::array<double, 16> mass, system;
    for (int i = 0; i < 4; ++i)
      for (int j = 0; j < 4; ++j) {
        const Vec3 &gi = affine.gradients[i], &gj = affine.gradients[j];
        const double consistent = affine.volume * (i == j ? 0.1 : 0.05), lumped = i == j ? affine.volume / 4 : 0;
        const double stiffness = affine.volume * (across * dot(gi, gj) + extra * dot(gi, fibre) * dot(gj, fibre));
        mass[4 * i + j] = consistent;
        system[4 * i + j] = (1 - a) * consistent + a * lumped + dt * stiffness;
      }
    const auto nodes = space_.cell_nodes().subspan(4 * c, 4);
    add_mass.add(nodes, mass);
    add_system.add(nodes, system);
    cell_volume_.push_back(affine.volume);
  }
  add_mass.finish();
  add_system.finish();
  // Row sums of the mass are the lumped mass.
  check(VecSet(right_, 1));
  check(MatMult(mass_, right_, work_));
  LocalArray sums(work_);
  std::copy(sums.data(), sums.data() + space_.owned(), lumped_.begin());
  solver_.set_matrix(system_);
}

bool Monodomain::finished() const {
  return Steppable::finished() || (options_.stop_when_activated && (unactivated_ == 0 || quiet_));
}

double Monodomain::done() const {
  if (!options_.stop_when_activated) return Steppable::done();
  return 1.0 - static_cast<double>(unactivated_) / space_.nodes();
}

void Monodomain::advance() {
  const double start_s = wall_seconds();
  load_right_side();
  diffuse();
  record(time_ms());
  ++step_;
  ++steps_here_;
  if (step_ % look_interval == 0) look_around();
  stepping_s_ += wall_seconds() - start_s;
}

void Monodomain::react(std::span<const double> potential, std::span<double> current) {
  ionic_.advance(options_.time_step_ms, potential, current);
}

void Monodomain::add_stimuli(std::span<double> current) const {
  const double scale = 1 / (options_.surface_to_volume * options_.capacitance);
  for (const Stimulus& s : stimuli_)
    for (std::size_t k = 0; k < s.points.size(); ++k)
      if (const double part = pulse_fraction(s, s.delay_ms[k], time_ms(), options_.time_step_ms); part > 0)
        current[s.points[k]] -= part * scale * s.strength_uA_per_mm3;
}

/// right = M ((1 - a) V - dt (I_ion - I_stim)) + a L V - dt (front correction)
void Monodomain::load_right_side() {
  const auto locals = static_cast<std::size_t>(space_.locals());
  const double a = options_.lumped_fraction, dt = options_.time_step_ms;
  {
    LocalArray potential(v_);
    const std::span<const double> v(potential.data(), locals);
    LocalArray values(work_);
    const std::span<double> current(values.data(), locals);
    {
      const auto scope = timers_.scope("electrophysiology.ionic");
      react(v, current);
    }
    if (std::isfinite(options_.interpolation_threshold_mV)) {
      const auto scope = timers_.scope("electrophysiology.front");
      LocalArray load(correction_);
      std::fill_n(load.data(), locals, 0.0);
      ionic_.correct_front(options_.interpolation_threshold_mV, space_.cell_nodes(), cell_volume_, v, current,
                           std::span(load.data(), locals));
    }
    add_stimuli(current);
    for (std::size_t i = 0; i < locals; ++i) current[i] = (1 - a) * v[i] - dt * current[i];
  }
  const auto scope = timers_.scope("electrophysiology.diffusion");
  fem::Space::add_ghosts(correction_);
  check(MatMult(mass_, work_, right_));
  LocalArray right(right_), potential(v_), load(correction_);
  for (std::int32_t i = 0; i < space_.owned(); ++i) right[i] += a * lumped_[i] * potential[i] - dt * load[i];
}

/// The new potential takes the place of the oldest one.
void Monodomain::diffuse() {
  const auto scope = timers_.scope("electrophysiology.diffusion");
  {
    LocalArray now(v_), old(v_old_), older(v_older_);
    for (std::int32_t i = 0; i < space_.owned(); ++i) older[i] += 3 * (now[i] - old[i]);
  }
  iterations_ += solver_.solve(right_, v_older_);
  fem::Space::update_ghosts(v_older_);
  std::swap(v_, v_older_);
  std::swap(v_older_, v_old_);
}

void Monodomain::record(double t_ms) {
  LocalArray before(v_old_), now(v_);
  const double up = options_.activation_threshold_mV, down = options_.repolarisation_threshold_mV;
  const double dt = options_.time_step_ms;
  for (std::int32_t i = 0; i < space_.owned(); ++i) {
    if (activation_[i] < 0 && before[i] < up && now[i] >= up)
      activation_[i] = t_ms + dt * (up - before[i]) / (now[i] - before[i]);
    if (activation_[i] >= 0 && repolarisation_[i] < 0 && before[i] > down && now[i] <= down)
      repolarisation_[i] = t_ms + dt * (before[i] - down) / (before[i] - now[i]);
  }
}

void Monodomain::look_around() {
  LocalArray v(v_);
  double highest = -1e300;
  for (std::int32_t i = 0; i < space_.owned(); ++i) highest = std::max(highest, v[i]);
  highest_mV_ = comm_.max(highest);
  unactivated_ = comm_.sum(static_cast<std::int64_t>(std::count(activation_.begin(), activation_.end(), -1.0)));
  quiet_ = time_ms() > last_stimulus_ms_ && highest_mV_ < depolarised_mV;
  if (!(highest_mV_ < absurd_mV))
    fail_numerical({.where = fmt::format("electrophysiology, t = {:.2f} ms", time_ms()),
                    .expected = fmt::format("a potential below {} mV", absurd_mV),
                    .found = fmt::format("{:.4g} mV", highest_mV_),
                    .remedy = "reduce electrophysiology.time_step_ms or the strength of the stimuli"});
}

std::string Monodomain::status() const {
  return fmt::format("{} of {} nodes activated", space_.nodes() - unactivated_, space_.nodes());
}

double Monodomain::node_steps_per_second() const {
  return stepping_s_ > 0 ? static_cast<double>(space_.owned()) * static_cast<double>(steps_here_) / stepping_s_ : 0;
}

std::vector<double> Monodomain::gather(const std::vector<double>& local) const {
  {
    LocalArray values(work_);
    std::copy_n(local.begin(), space_.owned(), values.data());
  }
  return space_.gather(work_);
}

std::vector<double> Monodomain::activation_times() const { return gather(activation_); }
std::vector<double> Monodomain::repolarisation_times() const { return gather(repolarisation_); }
std::vector<double> Monodomain::potential() const { return space_.gather(v_); }

void Monodomain::set_potential(std::span<const double> values) {
  for (Vec vector : {v_.get(), v_old_.get(), v_older_.get()}) space_.scatter(values, vector);
}

void Monodomain::save(stage::State& state) {
  const auto put = [&](const std::string& name, std::vector<double> values) {
    if (comm_.is_root()) state.put(name, std::move(values));
  };
  put("potential", space_.gather(v_));
  put("potential_old", space_.gather(v_old_));  // the extrapolated guess depends on the two before
  put("potential_older", space_.gather(v_older_));
  for (int k = 0; k < tt2006::variables; ++k)
    put("ionic_" + std::string(tt2006::variable_names[k]), gather(ionic_.variable(k)));
  put("activation_time", gather(activation_));
  put("repolarisation_time", gather(repolarisation_));
  put("progress", {static_cast<double>(step_), static_cast<double>(unactivated_), quiet_ ? 1.0 : 0.0,
                   static_cast<double>(iterations_)});
}

void Monodomain::load(const stage::State& state) {
  const auto local = [&](const std::string& name, std::int32_t count) {
    const auto& values = state.get(name);
    std::vector<double> here(count);
    for (std::int32_t i = 0; i < count; ++i) here[i] = values.at(space_.node()[i]);
    return here;
  };
  space_.scatter(state.get("potential"), v_);
  space_.scatter(state.get("potential_old"), v_old_);
  space_.scatter(state.get("potential_older"), v_older_);
  for (int k = 0; k < tt2006::variables; ++k)
    ionic_.set_variable(k, local("ionic_" + std::string(tt2006::variable_names[k]), space_.locals()));
  activation_ = local("activation_time", space_.owned());
  repolarisation_ = local("repolarisation_time", space_.owned());
  const auto& progress = state.get("progress");
  step_ = std::llround(progress.at(0));
  unactivated_ = std::llround(progress.at(1));
  quiet_ = progress.at(2) != 0;
  iterations_ = std::llround(progress.at(3));
}

}  // namespace cardiotwin::electrophysiology
