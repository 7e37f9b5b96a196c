#pragma once
/// The element of the wall: total Lagrangian, quadratic displacement, linear pressure multiplier p.
///
///   find u, p:  int S : dE(u; v) dX + int q (J - 1) dX = loads        for all v, q
///   S = dW(E_iso)/dE + (p + kappa (J - 1)) J C^-1 + T f0 x f0 + eta dE/dt
///
/// F deformation gradient, C = F^T F, J = det F, E = (C - 1)/2, E_iso = (J^-2/3 C - 1)/2; kappa augmentation [kPa],
/// eta viscosity [kPa ms]. The isochoric split and its tangent: Holzapfel, "Nonlinear Solid Mechanics" (2000), ch. 6.
/// Everything is in the axes of the fibre at the quadrature point, so that the material needs no rotation.

#include <array>
#include <variant>
#include <vector>

#include "cardiotwin/fem/element.hpp"
#include "material.hpp"
#include "twitch.hpp"

namespace cardiotwin::mechanics {

using Material = std::variant<NeoHooke, Guccione, HolzapfelOgden>;

/// What the wall is made of.
struct Tissue {
  Material material = Guccione{};
  Twitch twitch;
  double augmentation = 5;  ///< kappa [kPa]
  double viscosity = 0;     ///< eta [kPa ms]
};

/// Constants of one quadrature point of the reference element.
struct Point {
  double weight;                 ///< sums to 1 over the points
  std::array<double, 4> lambda;  ///< barycentric coordinates: the P1 functions
};
std::vector<Point> element_points(int degree = 2);

/// Four tetrahedra (lanes); unused lanes repeat the last one.
struct ElementGeometry {
  /// Gradients of the barycentric coordinates in fibre axes, and weight times volume, per quadrature point.
  struct alignas(pack_alignment) At {
    std::array<std::array<Pack, 3>, 4> gradient;
    Pack volume;
  };
  std::vector<At> at;
};

/// Active tension without its dependence on length at one quadrature point [kPa].
struct alignas(pack_alignment) Tension {
  Pack value;
};

/// Values at the nodes of four tetrahedra.
struct alignas(pack_alignment) ElementState {
  std::array<std::array<Pack, 3>, 10> position, previous;  ///< now, and at the last accepted step [mm]
  std::array<Pack, 4> p;                                   ///< [kPa]
};

/// Pairs a <= b of the ten nodes; K_ba is the transpose of K_ab.
inline constexpr int node_pairs = 55;

struct alignas(pack_alignment) ElementResult {
  std::array<std::array<Pack, 3>, 10> force;                    ///< [mN]
  std::array<Pack, 4> dilation;                                 ///< int q (J - 1) [mm^3]
  std::array<std::array<Pack, 9>, node_pairs> stiffness;        ///< row major 3 x 3
  std::array<std::array<std::array<Pack, 3>, 4>, 10> coupling;  ///< d force / d p = (d dilation / d position)^T
  Pack smallest_j;
};

/// `tension` per quadrature point; `rate` is 1/step [1/ms], 0 for a static problem. With `tangent` false only
/// force, dilation and smallest_j are set. A non-positive J gives NaN in the force.
void evaluate(const Tissue& tissue, const std::vector<Point>& points, const ElementGeometry& geometry,
              const ElementState& state, const Tension* tension, double rate, bool tangent, ElementResult& result);

/// Green-Lagrange strain at the quadrature points, in fibre axes and Voigt order with doubled shear, and J.
struct alignas(pack_alignment) ElementStrain {
  std::array<Pack, 6> strain;
  Pack j;
};
void strains(const std::vector<Point>& points, const ElementGeometry& geometry, const ElementState& state,
             std::vector<ElementStrain>& result);

}  // namespace cardiotwin::mechanics
