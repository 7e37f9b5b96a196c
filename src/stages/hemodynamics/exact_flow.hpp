#pragma once
/// Flows known in closed form, to measure a scheme against: all boundary values are theirs, and errors are reported.
///   ethier_steinman: Ethier, Steinman, Int. J. Numer. Meth. Fluids 19 (1994) 369-375, a = pi/4, d = pi/2, in [-1,
///   1]^3, u_x = -a (e^(ax) sin(ay + dz) + e^(az) cos(ax + dy)) e^(-d^2 nu t) and cyclic, with its pressure uniform: u
///   = (0.7, -0.2, 0.3) m/s, p = 0
/// and a mesh that wobbles, boundary and all, as far as a box of five cubes a side bears.

#include <memory>
#include <string>

#include "conditions.hpp"
#include "flow_mesh.hpp"

namespace cardiotwin::hemodynamics {

class ExactFlow {
 public:
  virtual ~ExactFlow() = default;
  virtual Vec3 velocity(const Vec3& x, double time) const = 0;    ///< [m/s]
  virtual double pressure(const Vec3& x, double time) const = 0;  ///< [kPa]
};
/// "ethier_steinman" or "uniform".
std::unique_ptr<ExactFlow> exact_flow(const std::string& name, const FluidOptions& fluid);

/// x + 0.1 sin(5 t) (sin 2y, cos 2z, sin(2x + 1)).
class Wobble final : public Motion {
 public:
  explicit Wobble(const fem::Space& space) : space_(space) {}
  void positions(double time, std::span<Vec3> x) const override;

 private:
  const fem::Space& space_;
};

/// Exact velocity on the whole boundary, and exact pressure where x is largest, so that its level is known.
class ExactConditions final : public Conditions {
 public:
  /// Collective. `flow` must outlive it.
  ExactConditions(Halo& halo, const mesh::TetMesh& mesh, const ExactFlow& flow);
  const std::vector<Passage>& passages() const override { return passages_; }
  std::vector<std::int32_t> no_slip() const override { return {}; }
  const Boundary& layout() const override { return layout_; }
  Boundary at(double time, double step, std::span<const Vec3> x, const Vectors& mesh_velocity) override;

 private:
  const ExactFlow& flow_;
  std::vector<Passage> passages_;
  Boundary layout_;
};

/// The exact history at time 0, for steps of `step` ms.
FluidState exact_state(const ExactFlow& flow, const Motion& motion, const FluidState& like, double step);

/// Relative errors in L2 (lumped), of the pressure without its mean; and the largest at a node [m/s, kPa]. Collective.
struct FlowErrors {
  double velocity = 0, pressure = 0, largest_velocity = 0, largest_pressure = 0;
};
FlowErrors errors_of(const ExactFlow& flow, const FlowMesh& mesh, const FluidState& state, double time);

}  // namespace cardiotwin::hemodynamics
