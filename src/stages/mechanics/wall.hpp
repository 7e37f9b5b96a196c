#pragma once
/// The discrete wall: its unknowns, residual and tangent on a distributed Taylor-Hood space, with supports and cavity.
///
///   r_u = int S : dE(u; .) + supports - P L(u) - external = 0     displacement [mN]
///   r_p = int q (J - 1) = 0                                        pressure multiplier [mm^3]
///   r_P = g(V(u), P) = 0                                           cavity: prescribed pressure or volume balance
///
/// The cavity pressure P is an unknown like the others, so that valves and incompressibility hold at the same time.

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "cardiotwin/fem/space.hpp"
#include "cavity.hpp"
#include "kernel.hpp"
#include "support.hpp"

namespace cardiotwin::mechanics {

/// What the wall is, apart from its mesh. Fields are per mesh point.
struct WallSetup {
  Tissue tissue;
  std::vector<Vec3> fibre, sheet;  ///< empty: the coordinate axes
  /// Per mesh cell: fibres are turned to point along it before they are averaged; empty or zero: along the first one.
  std::vector<Vec3> circumferential;
  std::vector<double> activation;  ///< [ms], negative: never; empty: never
  std::vector<Support> supports;
  std::int32_t cavity_surface = 0;  ///< tag of the surface that the pressure loads; 0: none
  /// Components of the displacement that are held at their start value, at a reference position; may be empty.
  std::function<std::array<bool, 3>(const Vec3&)> fixed;
  std::vector<std::int32_t> clamped;  ///< tags of surfaces that are held
  int quadrature_degree = 2;
};

/// A state of the wall: values at local nodes, ghosts included (displacement interlaced).
struct WallState {
  std::vector<double> u, p;
  double pressure = 0;  ///< P [kPa]
};

/// The equation of the cavity, linearised: value, and derivatives by volume and by pressure.
struct CavityEquation {
  double value = 0, by_volume = 0, by_pressure = 1;
};
using CavityLaw = std::function<CavityEquation(double volume, double pressure)>;

/// One evaluation of the residual.
struct Residual {
  std::vector<double> force, dilation;  ///< at local nodes; complete at owned ones
  double cavity = 0;
  double volume = 0;      ///< V [mm^3]
  double smallest_j = 0;  ///< over all quadrature points and ranks
  bool finite = false;    ///< everywhere
  double force_norm = 0, dilation_norm = 0;
};

class Wall {
 public:
  /// Collective.
  Wall(core::Comm comm, const mesh::TetMesh& mesh, const WallSetup& setup);

  const core::Comm& comm() const { return space_u_.comm(); }
  const mesh::TetMesh& mesh() const { return mesh_; }
  const fem::Space& displacement_space() const { return space_u_; }
  const fem::Space& pressure_space() const { return space_p_; }
  WallState zero() const;
  /// Moves the stress-free reference: new positions of the mesh points (the same on every rank). Local.
  void set_reference(std::span<const Vec3> points);
  std::span<const Vec3> reference() const { return reference_; }  ///< of the mesh points
  /// Sets the active tension to that of a time of the beat [ms]; negative: none. Local.
  void set_time(double time);
  /// External nodal forces at local displacement nodes [mN], summed over ranks. Local.
  void set_external(std::vector<double> force) { external_ = std::move(force); }

  /// Collective. `rate` is 1 / step [1/ms], 0 for a static problem; `previous` is the last accepted state.
  Residual residual(const WallState& state, const WallState& previous, double rate, const CavityLaw& law);
  /// Collective. Fills matrix() with the tangent of the same residual.
  void tangent(const WallState& state, const WallState& previous, double rate, const CavityLaw& law);
  Mat matrix() const { return matrix_; }
  /// Minus the residual as a vector of matrix(); held components are zero.
  void right_hand_side(const Residual& residual, Vec b) const;
  /// state += alpha x, ghosts included. Collective.
  void add(WallState& state, double alpha, Vec x) const;
  /// Ghosts take their owners' values. Collective.
  void update_ghosts(WallState& state) const;
  bool is_held(std::int32_t local_node, int component) const { return held_[3 * local_node + component]; }

  /// Reference values for tolerances: norm of the load of 1 kPa on the cavity (or, without a cavity, of the boundary),
  /// norm of the nodal volumes, volume of the cavity. Collective.
  struct Scale {
    double force = 1, dilation = 1, cavity = 1;
  };
  Scale scale(const WallState& state);

  /// Collective: gathers and scatters in node order, for checkpoints.
  std::vector<double> gather_displacement(const WallState& state) const;
  std::vector<double> gather_pressure(const WallState& state) const;
  WallState scatter(std::span<const double> u, std::span<const double> p, double pressure) const;
  /// Collective: strain in fibre axes at every quadrature point of local cells; calls `visit(cell, point, volume,
  /// strain, J)`.
  void visit_strains(const WallState& state,
                     const std::function<void(std::size_t local_cell, std::size_t point, double volume,
                                              const std::array<double, 6>& strain, double j)>& visit) const;
  /// Fibre, sheet and normal at a quadrature point of a local cell.
  const std::array<Vec3, 3>& axes_at(std::size_t local_cell, std::size_t point) const {
    return frames_[local_cell / lanes * points_.size() + point][local_cell % lanes];
  }
  double cavity_volume(const WallState& state);  ///< [mm^3]; collective

 private:
  void number_dofs();
  void build_pattern();
  void preallocate();
  void mark_held(const WallSetup& setup);
  void set_frames(const WallSetup& setup);
  void gather_element(std::size_t batch, const WallState& state, const WallState* previous,
                      ElementState& element) const;
  void add_cells(const WallState& state, const WallState& previous, double rate, bool tangent, Residual* residual);
  PetscInt dof_u(std::int32_t node, int component) const { return dof_u_[node] + component; }

  mesh::TetMesh mesh_;
  fem::Space space_u_, space_p_;
  Tissue tissue_;
  std::vector<Point> points_;
  double twitch_scale_ = 1;

  std::vector<Vec3> reference_;                                 // mesh points
  std::vector<double> position_;                                // reference positions of local displacement nodes
  std::vector<ElementGeometry> geometry_;                       // per batch of `lanes` cells
  std::vector<std::array<std::array<Vec3, 3>, lanes>> frames_;  // per batch and quadrature point: f, s, n per lane
  std::vector<std::array<double, lanes>> activation_;           // per batch and quadrature point
  std::vector<Tension> tension_;                                // per batch and quadrature point
  std::vector<SupportSurface> supports_;
  CavitySurface cavity_;
  std::vector<double> external_;
  std::vector<char> held_;

  // Dofs: every rank has 3 x owned displacements, then its pressures; the last rank ends with P.
  std::vector<PetscInt> dof_u_, dof_p_;
  PetscInt dof_cavity_ = 0, local_rows_ = 0;
  // Pattern: neighbours of each local displacement node among displacement and pressure nodes.
  BlockPattern uu_, up_;
  std::vector<std::int32_t> cell_uu_, cell_up_;  // position of each cell's blocks (100 and 40 a cell)
  // Values for MatSetValuesCOO: uu blocks, up blocks, their transposes, column of P, row of P, (P,P), held diagonal.
  std::vector<double> values_;
  std::size_t at_up_ = 0, at_pu_ = 0, at_column_ = 0, at_row_ = 0, at_corner_ = 0, at_held_ = 0;
  fem::Matrix matrix_;
  fem::Vector ghost_u_, ghost_p_;
};

}  // namespace cardiotwin::mechanics
