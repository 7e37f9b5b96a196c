#pragma once
/// The kernels of a model as the Membrane that tissue knows.

#include <memory>
#include <span>
#include <utility>

#include "ionic_model.hpp"

namespace cardiotwin::electrophysiology {

/// An IonicModel::membrane from three functions of the model: `cells_of(variant, scaling, time_step_ms)` gives what the
/// kernels need to know of cells of one kind; `advance_block` and `current_of_block` take it before the arguments of
/// Membrane::advance and current. Kernels are named, not inlined, so that each keeps its vector clones
/// (vector_math.hpp).
template <auto cells_of, auto advance_block, auto current_of_block>
std::unique_ptr<Membrane> membrane(std::size_t variant, std::span<const double> scaling, double time_step_ms) {
  using Cells = decltype(cells_of(variant, scaling, time_step_ms));
  class Kernels final : public Membrane {
   public:
    explicit Kernels(Cells cells) : cells_(std::move(cells)) {}
    void advance(std::size_t cells, const double* potential, double* state, double* current) const override {
      advance_block(cells_, cells, potential, state, current);
    }
    void current(std::size_t cells, const double* potential, const double* state, double* current) const override {
      current_of_block(cells_, cells, potential, state, current);
    }

   private:
    Cells cells_;
  };
  return std::make_unique<Kernels>(cells_of(variant, scaling, time_step_ms));
}

}  // namespace cardiotwin::electrophysiology
