#include "monodomain.hpp"

#include <algorithm>
#include <cmath>

namespace cardiotwin::electrophysiology {

using namespace core;
using fem::LocalArray;

namespace {

/// Steps between looks at the whole heart, which need all ranks: done yet? still sane?
constexpr std::int64_t look_interval = 20;
constexpr double depolarised_mV = -60;  ///< above this a cell may still excite its neighbours
constexpr double absurd_mV = 200;
constexpr double repolarised_share = 0.9;  ///< of the way from the peak to rest

std::vector<std::int32_t> of_local_nodes(const fem::Space& space, std::span<const std::int32_t> values) {
  std::vector<std::int32_t> local;
  for (std::int32_t n : space.node()) local.push_back(values[n]);
  return local;
}

std::vector<Diffusivity> diffusivity(const Tissue& tissue, const Options& options) {
  const double scale = 1 / (options.surface_to_volume * options.capacitance);  // sigma to D [mm^2/ms]
  std::vector<Diffusivity> d;
  for (const Conductivity& sigma : tissue.conductivity) d.push_back({scale * sigma.along, scale * sigma.across});
  return d;
}

}  // namespace

Tissue uniform_tissue(const mesh::TetMesh& mesh, const Vec3& fibre, const Conductivity& conductivity,
                      const IonicModel& model, std::string_view variant) {
  return {.mesh = mesh,
          .fibres = std::vector<Vec3>(mesh.points.size(), fibre),
          .conductivity = std::vector<Conductivity>(mesh.cells.size(), conductivity),
          .model = model,
          .kinds = {cell_kind(model, variant)},
          .kind_of = std::vector<std::int32_t>(mesh.points.size(), 0)};
}

Monodomain::Monodomain(Comm comm, const Tissue& tissue, std::vector<Stimulus> stimuli, const Options& options,
                       Timers* timers)
    : comm_(comm),
      options_(options),
      space_(comm, tissue.mesh, 1),
      diffusion_(space_, tissue.mesh, tissue.fibres, diffusivity(tissue, options), options.lumped_fraction,
                 options.time_step_ms, options.solver_tolerance_mV),
      ionic_(tissue.model, tissue.kinds, of_local_nodes(space_, tissue.kind_of), options.time_step_ms),
      front_(ionic_, space_.cell_nodes(), diffusion_.cell_volumes()),
      stimuli_(std::move(stimuli)),
      current_(space_.locals()),
      correction_(space_.locals()),
      timers_(timers ? *timers : own_timers_) {
  std::vector<std::int32_t> local(tissue.mesh.points.size(), -1);
  for (std::int32_t i = 0; i < space_.locals(); ++i) local[space_.node()[i]] = i;
  for (Stimulus& s : stimuli_) {
    last_stimulus_ms_ = std::max(last_stimulus_ms_, s.last_ms());
    Stimulus here = s;
    here.points.clear(), here.delay_ms.clear();
    for (std::size_t k = 0; k < s.points.size(); ++k)
      if (local[s.points[k]] >= 0) here.points.push_back(local[s.points[k]]), here.delay_ms.push_back(s.delay_ms[k]);
    s = std::move(here);
  }
  for (auto* vector : {&v_, &v_old_, &v_older_, &work_}) *vector = space_.make_vector();
  const auto start = ionic_.start_potential();
  for (Vec vector : {v_.get(), v_old_.get(), v_older_.get()})
    std::copy(start.begin(), start.end(), LocalArray(vector).data());
  activation_.assign(space_.owned(), -1);
  repolarisation_.assign(space_.owned(), -1);
  rest_mV_.assign(start.begin(), start.begin() + space_.owned());
  peak_mV_ = rest_mV_;
  unactivated_ = space_.nodes();
}

bool Monodomain::finished() const {
  return Steppable::finished() ||
         (options_.stop_when_activated &&
          (quiet_ || (unactivated_ == 0 && time_ms() >= last_activation_ms_ + options_.run_on_ms)));
}

double Monodomain::done() const {
  if (!options_.stop_when_activated) return Steppable::done();
  return 1.0 - static_cast<double>(unactivated_) / space_.nodes();
}

void Monodomain::advance() {
  const double start_s = wall_seconds();
  const auto locals = static_cast<std::size_t>(space_.locals());
  {
    LocalArray potential(v_);
    const std::span<const double> v(potential.data(), locals);
    {
      const auto scope = timers_.scope("electrophysiology.ionic");
      react(v, current_);
    }
    const auto scope = timers_.scope("electrophysiology.front");
    if (std::isfinite(options_.interpolation_threshold_mV))
      front_.correct(options_.interpolation_threshold_mV, v, current_, correction_);
    add_stimuli(current_);
  }
  {
    const auto scope = timers_.scope("electrophysiology.diffusion");
    iterations_ += diffusion_.step(v_, v_old_, v_older_, current_, correction_);
    std::swap(v_, v_older_);
    std::swap(v_older_, v_old_);
  }
  record(time_ms());
  ++step_;
  ++steps_here_;
  if (step_ % look_interval == 0) look_around();
  stepping_s_ += wall_seconds() - start_s;
}

void Monodomain::react(std::span<const double> potential, std::span<double> current) {
  ionic_.advance(potential, current);
}

void Monodomain::add_stimuli(std::span<double> current) const {
  const double scale = 1 / (options_.surface_to_volume * options_.capacitance);
  for (const Stimulus& s : stimuli_)
    for (std::size_t k = 0; k < s.points.size(); ++k)
      if (const double part = pulse_fraction(s, s.delay_ms[k], time_ms(), options_.time_step_ms); part > 0)
        current[s.points[k]] -= part * scale * s.strength_uA_per_mm3;
}

void Monodomain::record(double t_ms) {
  LocalArray before(v_old_), now(v_);
  const double up = options_.activation_threshold_mV;
  const double dt = options_.time_step_ms;
  for (std::int32_t i = 0; i < space_.owned(); ++i) {
    if (before[i] < up && now[i] >= up && activation_[i] < 0)
      activation_[i] = t_ms + dt * (up - before[i]) / (now[i] - before[i]);
    if (now[i] >= up) peak_mV_[i] = std::max(peak_mV_[i], now[i]);
    if (now[i] < before[i] && activation_[i] >= 0 && repolarisation_[i] < 0) {
      const double down = peak_mV_[i] + repolarised_share * (rest_mV_[i] - peak_mV_[i]);
      if (before[i] > down && now[i] <= down)
        repolarisation_[i] = t_ms + dt * (before[i] - down) / (before[i] - now[i]);
    }
  }
}

void Monodomain::look_around() {
  LocalArray v(v_);
  double highest = -1e300;
  for (std::int32_t i = 0; i < space_.owned(); ++i) highest = std::max(highest, v[i]);
  highest_mV_ = comm_.max(highest);
  unactivated_ = comm_.sum(static_cast<std::int64_t>(std::count(activation_.begin(), activation_.end(), -1.0)));
  last_activation_ms_ = comm_.max(activation_.empty() ? -1.0 : std::ranges::max(activation_));
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

void Monodomain::with_potential(const std::function<void(std::span<const double>)>& use) const {
  LocalArray v(v_);
  use({v.data(), static_cast<std::size_t>(space_.locals())});
}

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
  const auto& variables = ionic_.model().variables;
  for (std::size_t k = 0; k < variables.size(); ++k)
    put("ionic_" + std::string(variables[k]), gather(ionic_.variable(k)));
  put("activation_time", gather(activation_));
  put("repolarisation_time", gather(repolarisation_));
  put("peak", gather(peak_mV_));
  put("progress", {static_cast<double>(step_), static_cast<double>(unactivated_), quiet_ ? 1.0 : 0.0,
                   static_cast<double>(iterations_), last_activation_ms_});
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
  const auto& variables = ionic_.model().variables;
  for (std::size_t k = 0; k < variables.size(); ++k)
    ionic_.set_variable(k, local("ionic_" + std::string(variables[k]), space_.locals()));
  activation_ = local("activation_time", space_.owned());
  repolarisation_ = local("repolarisation_time", space_.owned());
  peak_mV_ = local("peak", space_.owned());
  const auto& progress = state.get("progress");
  step_ = std::llround(progress.at(0));
  unactivated_ = std::llround(progress.at(1));
  quiet_ = progress.at(2) != 0;
  iterations_ = std::llround(progress.at(3));
  last_activation_ms_ = progress.at(4);
}

}  // namespace cardiotwin::electrophysiology
