#pragma once
/// The element of the wall: total Lagrangian, displacement quadratic (10 nodes, Taylor-Hood) or linear (4, stabilised),
/// linear pressure multiplier p.
///
///   find u, p:  int S : dE(u; v) dX = loads                                              for all v
///               int q (J - 1 - G'(p)) dX - int tau grad p . grad q dX = 0                for all q
///   S = dW(E_iso)/dE + (p + kappa (J - 1)) J C^-1 + S_a f0 x f0 + eta dE/dt
///
/// F deformation gradient, C = F^T F, J = det F, E = (C - 1)/2, E_iso = (J^-2/3 C - 1)/2; kappa augmentation [kPa],
/// eta viscosity [kPa ms], S_a = T or T/lambda active stress. The isochoric split and its tangent: Holzapfel,
/// "Nonlinear Solid Mechanics" (2000), ch. 6.
///
/// G is the convex conjugate of the volumetric energy U(J) = K/4 (J^2 - 1 - 2 ln J) as a function of J - 1, so that
/// p = U'(J) and the tangent stays symmetric: G'(p) = x + sqrt(1 + x^2) - 1 with x = p/K; zero for the incompressible
/// wall (K = 0 here). tau = alpha h^2/mu for linear displacement (Brezzi, Pitkaranta 1984), mu shear modulus, h^3 =
/// 6 sqrt(2) times the volume.
///
/// Everything is in the axes of the fibre at the quadrature point, so that the material needs no rotation.

#include <array>
#include <vector>

#include "active/active_stress.hpp"
#include "cardiotwin/fem/element.hpp"
#include "material/material.hpp"

namespace cardiotwin::mechanics {

/// What the wall is made of.
struct Tissue {
  Material material = Guccione{};
  ActiveLaw active;
  double augmentation = 5;      ///< kappa [kPa]
  double bulk_modulus = 0;      ///< K [kPa]; 0: incompressible
  double viscosity = 0;         ///< eta [kPa ms]
  double stabilisation = 0.05;  ///< alpha, of linear displacement
};

/// Constants of one quadrature point of the reference element.
struct Point {
  double weight;                 ///< sums to 1 over the points
  std::array<double, 4> lambda;  ///< barycentric coordinates: the P1 functions
};
std::vector<Point> element_points(int degree = 2);

/// Four tetrahedra (lanes); unused lanes repeat the last one.
struct alignas(pack_alignment) ElementGeometry {
  /// Gradients of the barycentric coordinates in fibre axes (of the curved element, at this point) and weight times
  /// volume, per quadrature point.
  struct alignas(pack_alignment) At {
    std::array<std::array<Pack, 3>, 4> gradient;
    Pack volume;
  };
  std::vector<At> at;
  Pack stiffness;  ///< factor of the passive law, e.g. of scar
};

/// Values at the N = 4 or 10 nodes of four tetrahedra.
template <int N>
struct alignas(pack_alignment) ElementState {
  std::array<std::array<Pack, 3>, N> position, previous;  ///< now, and at the last accepted step [mm]
  std::array<Pack, 4> p;                                  ///< [kPa]
};

template <int N>
struct alignas(pack_alignment) ElementResult {
  /// Pairs a <= b of the nodes; K_ba is the transpose of K_ab.
  static constexpr int pairs = N * (N + 1) / 2;
  std::array<std::array<Pack, 3>, N> force;                    ///< [mN]
  std::array<Pack, 4> dilation;                                ///< second equation [mm^3]
  std::array<std::array<Pack, 9>, pairs> stiffness;            ///< row major 3 x 3
  std::array<std::array<std::array<Pack, 3>, 4>, N> coupling;  ///< d force / d p = (d dilation / d position)^T
  std::array<Pack, 16> compliance;                             ///< d dilation / d p, row major
  Pack smallest_j;
};

/// `tension` starts at these elements' first quadrature point; `rate` is 1/step [1/ms], 0 for a static problem. With
/// `tangent` false only force, dilation and smallest_j are set. A non-positive J gives NaN in the force.
void evaluate(const Tissue& tissue, const std::vector<Point>& points, const ElementGeometry& geometry,
              const ElementState<10>& state, const TensionAt& tension, double rate, bool tangent,
              ElementResult<10>& result);
void evaluate(const Tissue& tissue, const std::vector<Point>& points, const ElementGeometry& geometry,
              const ElementState<4>& state, const TensionAt& tension, double rate, bool tangent,
              ElementResult<4>& result);

/// Green-Lagrange strain at the quadrature points, in fibre axes and Voigt order with doubled shear, and J.
struct alignas(pack_alignment) ElementStrain {
  std::array<Pack, 6> strain;
  Pack j;
};
template <int N>
void strains(const std::vector<Point>& points, const ElementGeometry& geometry, const ElementState<N>& state,
             std::vector<ElementStrain>& result);

/// Cauchy stress along the fibre at the quadrature points, of all parts of the law: f . sigma f with f = F f0 / |F f0|,
/// which is (C f0) . S (C f0) / (J C_ff) [kPa].
template <int N>
void fibre_stress(const Tissue& tissue, const std::vector<Point>& points, const ElementGeometry& geometry,
                  const ElementState<N>& state, const TensionAt& tension, double rate, std::vector<Pack>& result);

}  // namespace cardiotwin::mechanics
