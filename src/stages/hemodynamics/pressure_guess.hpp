#pragma once
/// A start value for a linear system that is solved again and again: of all combinations of the latest solutions, the
/// one nearest to the new solution in the matrix's norm. Source: Fischer, CMAME 163 (1998) 193-204.

#include <vector>

#include "halo.hpp"
#include "state_fields.hpp"

namespace cardiotwin::hemodynamics {

class PressureGuess {
 public:
  /// Remembers up to `depth` solutions.
  PressureGuess(Halo& halo, std::size_t depth);

  /// Collective. Sets the free entries of `x` (those not `fixed`; owned nodes) for the symmetric positive definite
  /// `matrix`, whose fixed rows and columns are empty but for the diagonal. `revision` tells matrices apart.
  void set(Mat matrix, std::int64_t revision, const Scalars& load, std::span<const std::uint8_t> fixed, Scalars& x);
  /// Local. Takes a solution; its fixed entries do not count.
  void remember(const Scalars& x, std::span<const std::uint8_t> fixed);
  void forget() { solutions_.clear(), images_.clear(); }

  /// Collective.
  void save(stage::State& state);
  void load(const stage::State& state);

 private:
  Scalars image_of(Mat matrix, const Scalars& solution);
  Halo& halo_;
  std::size_t depth_;
  std::vector<Scalars> solutions_, images_;  ///< oldest first; images_ are the matrix's, as far as they are known
  std::int64_t revision_ = -1;
  fem::Vector in_, out_;
};

}  // namespace cardiotwin::hemodynamics
