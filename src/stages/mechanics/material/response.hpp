#pragma once
/// What every passive law gives, and how its parameters are declared.
///
/// A law states the strain energy W(E) [kPa] of the ISOCHORIC Green-Lagrange strain in the axes of the fibre (1 fibre,
/// 2 sheet, 3 normal) through its first and second derivative; the split into isochoric and volumetric part is the
/// kernel's. Voigt order 11 22 33 23 13 12, shear strains doubled. T is double or a pack of doubles.

#include <array>

#include "../pack.hpp"

namespace cardiotwin::mechanics {

/// First derivative (stress) and second derivative (stiffness, 6 x 6 symmetric) of W by the strain [kPa].
template <class T>
struct Response {
  std::array<T, 6> stress;
  std::array<std::array<T, 6>, 6> stiffness;
};

/// One parameter of a law: case-file key, default, and everything else, follow from it.
template <class Law>
struct MaterialParameter {
  double Law::*value;
  const char* key;   ///< without the law's name
  const char* unit;  ///< "kPa" or ""
  bool may_be_zero;
  const char* meaning;
};

}  // namespace cardiotwin::mechanics
