#pragma once
/// What a model of the cell membrane is to the tissue: names, variants, and a kernel over blocks of cells.
///
///   dV/dt = -I_ion(V, s) + I_stim,   ds/dt = F(V, s)
///
/// V potential [mV], t [ms], I_ion ionic current per capacitance [pA/pF = mV/ms], s the state beside V in the units of
/// the model. Every model is one header (equations, units, source) and one entry of ionic_models().

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cardiotwin::electrophysiology {

/// Cells are kept in blocks: variable k of cell i of a block is state[k * block + i]. Kernels work on full vectors of
/// `padding` cells; every cell's result is the same wherever it stands.
inline constexpr std::size_t block = 64, padding = 8;

/// A published kind of cell and where it starts.
struct CellVariant {
  std::string_view name;  ///< "endocardial"
  double potential;       ///< [mV]
  std::vector<double> state;
};

/// Cells of one variant, with its currents scaled, at one time step.
class Membrane {
 public:
  virtual ~Membrane() = default;
  /// One time step of the first `cells` (a multiple of `padding`) of a block at fixed V: gates first, then the current
  /// of the new gates and the old concentrations [mV/ms], then the concentrations.
  virtual void advance(std::size_t cells, const double* potential, double* state, double* current) const = 0;
  /// The current alone [mV/ms].
  virtual void current(std::size_t cells, const double* potential, const double* state, double* current) const = 0;
};

struct IonicModel {
  std::string_view name;                      ///< in case files
  std::string_view title, source;             ///< authors and year; doi
  std::vector<std::string_view> variables;    ///< beside V, in the order of memory
  std::vector<std::string_view> currents;     ///< whose conductances can be scaled, "I_Kr"
  std::vector<CellVariant> variants;          ///< at least one
  double pulse_mV_per_ms = 52, pulse_ms = 1;  ///< that excites a single cell
  /// `scaling` has one factor for each of `currents`.
  std::unique_ptr<Membrane> (*membrane)(std::size_t variant, std::span<const double> scaling, double time_step_ms);
};

/// All models that a case file can name.
std::span<const IonicModel* const> ionic_models();
/// Throws core::Error (configuration) that lists the known ones.
const IonicModel& ionic_model(std::string_view name);

/// Cells that behave alike: a variant of the model, its currents scaled, and where they start.
struct CellKind {
  std::size_t variant = 0;
  std::vector<double> scaling;
  double potential = 0;
  std::vector<double> state;
};
/// The published variant, unscaled, from its published state. Throws core::Error (configuration) for an unknown name.
CellKind cell_kind(const IonicModel& model, std::string_view variant);
/// All that tells cells of this kind from others, as text, exact to the last bit.
std::string description(const IonicModel& model, const CellKind& kind);

}  // namespace cardiotwin::electrophysiology
