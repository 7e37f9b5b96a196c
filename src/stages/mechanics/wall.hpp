#pragma once
/// The discrete wall: its unknowns, residual and tangent on distributed P2-P1 or P1-P1 spaces, with supports and
/// cavity.
///
///   r_u = int S : dE(u; .) + rho M a + supports - P L(u) - external = 0   displacement [mN]
///   r_p = int q (J - 1 - G'(p)) - ... = 0                                 pressure multiplier [mm^3] (kernel.hpp)
///   r_P = g(V(u), P) = 0                                                  cavity: pressure or balance of volume
///
/// The cavity pressure P is an unknown like the others, so that valves and incompressibility hold at the same time.

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "active/tension_model.hpp"
#include "cardiotwin/circulation/circulation.hpp"
#include "cardiotwin/fem/space.hpp"
#include "cavity.hpp"
#include "inertia.hpp"
#include "kernel.hpp"
#include "support.hpp"

namespace cardiotwin::mechanics {

/// What the wall is, apart from its mesh. Fields are per mesh point, or per edge (mesh::edges()) of the mesh.
struct WallSetup {
  Tissue tissue;
  int order = 2;                             ///< of the displacement: 2 Taylor-Hood, 1 stabilised
  std::vector<Vec3> fibre, sheet;            ///< empty: the coordinate axes
  std::vector<Vec3> cell_fibre, cell_sheet;  ///< HeartMesh::cell_fibre of these cells; empty: between the points
  std::vector<Vec3> edge_points;             ///< middles of curved edges; empty: straight
  /// Per mesh cell: fibres are turned to point along it before they are averaged; empty or zero: along the first one.
  std::vector<Vec3> circumferential;
  std::vector<double> activation;      ///< [ms], negative: never; empty: never
  std::vector<double> cell_stiffness;  ///< factor of the passive law, per cell; empty: 1
  std::vector<double> cell_tension;    ///< factor of the active tension, per cell; empty: 1
  double density = 0;                  ///< [kPa ms^2/mm^2]; 0: quasi-static
  AlphaScheme alpha;                   ///< how inertia is stepped
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
  WallRates rates;      ///< empty without inertia
};

/// The equation of the cavity, linearised: value, and derivatives by volume and by pressure.
using CavityEquation = circulation::Balance;
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

/// What this rank's cells contribute to a tangent, before the sum over ranks; rows and columns are local nodes.
/// Components that are held are still in it.
struct TangentShare {
  const BlockPattern &uu, &up;
  std::span<const double> uu_blocks;  ///< d force / d u: 3 x 3, row major, per block of uu
  std::span<const double> up_blocks;  ///< d force / d p = (d dilation / d u)^T: 3 per block of up
  /// d force / d P and d g / d u at 3 components of each node of the cavity.
  std::span<const std::int32_t> cavity_nodes;
  std::span<const double> column, row;
  double corner;  ///< d g / d P, the same on every rank
  /// Per local cell: compliance(), see compliance.hpp [mm^3/kPa]; empty where the wall is compressible or
  /// its displacement linear.
  std::span<const double> compliance;
};

/// A point of the wall: a mean of nodes of the displacement.
struct MaterialPoint {
  std::vector<std::int32_t> node;
  std::vector<double> weight;
};

/// Local cell, quadrature point, its reference volume, Green-Lagrange strain in fibre axes (shear doubled), J.
using StrainVisitor = std::function<void(std::size_t cell, std::size_t point, double volume,
                                         const std::array<double, 6>& strain, double j)>;

class Wall {
 public:
  /// Collective.
  Wall(core::Comm comm, const mesh::TetMesh& mesh, const WallSetup& setup);

  const core::Comm& comm() const { return space_u_.comm(); }
  const mesh::TetMesh& mesh() const { return mesh_; }
  const fem::Space& displacement_space() const { return space_u_; }
  const fem::Space& pressure_space() const { return space_p_; }
  WallState zero() const;
  /// Moves the stress-free reference: new positions of all nodes of the displacement (the same on every rank), the mesh
  /// points first, then the middles of edges. Local.
  void set_reference(std::vector<Vec3> nodes);
  std::span<const Vec3> reference() const { return reference_; }
  /// Positions of the nodes as the mesh gives them.
  std::vector<Vec3> mesh_nodes() const;
  /// Collective. Smallest ratio of the elements' Jacobians at `nodes` to those at `other`, over all quadrature points.
  double smallest_jacobian(std::span<const Vec3> nodes, std::span<const Vec3> other) const;

  /// Quadrature points of this rank, those of unused lanes included; a slot is (batch, point, lane).
  std::size_t slots() const { return geometry_.size() * points_.size() * lanes; }
  /// The active tension, set by a TensionModel. Local.
  TensionField& tension() { return tension_; }
  const TensionSites& sites() const { return sites_; }
  /// Stretch of the fibre at the slots. Local.
  std::vector<double> stretches(const WallState& state) const;
  std::size_t slot(std::size_t local_cell, std::size_t point) const {
    return (local_cell / lanes * points_.size() + point) * lanes + local_cell % lanes;
  }
  /// Collective. Values of slots (several fields one after the other) in the order of mesh cells and points; and back.
  std::vector<double> gather_slots(std::span<const double> values) const;
  std::vector<double> scatter_slots(std::span<const double> values) const;

  /// External nodal forces at local displacement nodes [mN], summed over ranks. Local.
  void set_external(std::vector<double> force) { external_ = std::move(force); }

  /// Collective. `rate` is 1 / step [1/ms], 0 for a static problem; `previous` is the last accepted state.
  Residual residual(const WallState& state, const WallState& previous, double rate, const CavityLaw& law);
  /// Collective. Computes the tangent of the same residual, for matrix() and share().
  void tangent(const WallState& state, const WallState& previous, double rate, const CavityLaw& law);
  /// Collective. The tangent as one sparse matrix, which is made by the first call.
  Mat matrix();
  /// Local. Valid until the next tangent().
  TangentShare share() const;
  /// Displacements and pressures of every rank, and P.
  PetscInt unknowns() const { return 3 * space_u_.nodes() + space_p_.nodes() + 1; }
  /// Collective. Zero vector of the unknowns: this rank's displacements, its pressures, and on the last rank P.
  fem::Vector make_vector() const;
  /// The second equation has no pressure: incompressible, and no stabilisation.
  bool is_saddle_point() const { return pp_.blocks() == 0; }
  /// Minus the residual as a vector of unknowns; held components are zero.
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
  std::vector<double> gather_displacement(std::span<const double> u) const;
  std::vector<double> gather_pressure(const WallState& state) const;
  WallState scatter(std::span<const double> u, std::span<const double> p, double pressure) const;
  /// Local: strain in fibre axes at every quadrature point of local cells.
  void visit_strains(const WallState& state, const StrainVisitor& visit) const;
  /// Local: Cauchy stress along the fibre at the slots, `rate` and `previous` as in residual() [kPa].
  std::vector<double> fibre_stress(const WallState& state, const WallState& previous, double rate) const;
  /// The point of the wall that is at `x` in the mesh, or where none is the nearest node, and how far that is [mm].
  /// Local, the same on every rank.
  std::pair<MaterialPoint, double> find(const Vec3& x) const;
  /// Collective: x y z of points in a state, the same on every rank [mm].
  std::vector<double> positions(const WallState& state, std::span<const MaterialPoint> points) const;
  double cavity_volume(const WallState& state) const;  ///< [mm^3]; collective
  /// Sets the velocity and acceleration of an accepted state; nothing without inertia. Local.
  void finish_step(WallState& state, const WallState& previous, double step) const;

 private:
  void number_dofs();
  void build_pattern();
  void place_values();
  void make_matrix();
  void mark_held(const WallSetup& setup);
  void set_frames(const WallSetup& setup);
  template <int N>
  void gather_element(std::size_t batch, const WallState& state, const WallState* previous,
                      ElementState<N>& element) const;
  template <int N>
  void add_forces(const WallState& state, const WallState& previous, double rate, Residual& residual) const;
  template <int N>
  void add_blocks(const WallState& state, const WallState& previous, double rate);
  template <int N>
  std::vector<double> fibre_stress_of(const WallState& state, const WallState& previous, double rate) const;
  template <int N>
  void visit_strains_of(const WallState& state, const StrainVisitor& visit) const;
  void add_inertia(const WallState& state, const WallState& previous, double rate, std::span<double> force) const;
  std::vector<double> current_positions(const WallState& state) const;
  int nodes_per_cell() const { return space_u_.nodes_per_cell(); }
  PetscInt dof_u(std::int32_t node, int component) const { return dof_u_[node] + component; }

  mesh::TetMesh mesh_;
  fem::Space space_u_, space_p_;
  Tissue tissue_;
  AlphaScheme alpha_;
  double density_ = 0;
  std::vector<Point> points_;

  std::vector<Vec3> edge_points_;                               // middles of curved edges in the mesh
  std::vector<Vec3> reference_;                                 // nodes
  std::vector<double> position_;                                // reference positions of local displacement nodes
  std::vector<ElementGeometry> geometry_;                       // per batch of `lanes` cells
  std::vector<std::array<std::array<Vec3, 3>, lanes>> frames_;  // per batch and quadrature point: f, s, n per lane
  TensionSites sites_;
  TensionField tension_;
  std::vector<SupportSurface> supports_;
  CavitySurface cavity_;
  std::unique_ptr<Inertia> inertia_;
  std::vector<double> external_;
  std::vector<char> held_;

  // Dofs: every rank has 3 x owned displacements, then its pressures; the last rank ends with P.
  std::vector<PetscInt> dof_u_, dof_p_;
  PetscInt dof_cavity_ = 0, local_rows_ = 0;
  // Patterns: neighbours of each local displacement node among displacement and pressure nodes, of pressure nodes among
  // themselves (only where the second equation has a pressure).
  BlockPattern uu_, up_, pp_;
  std::vector<std::int32_t> cell_uu_, cell_up_, cell_pp_;  // position of each cell's blocks
  // Values as matrix() takes them: uu blocks, up blocks, their transposes, pp, column of P, row of P, (P,P), held
  // diagonal.
  std::vector<double> values_;
  std::size_t at_up_ = 0, at_pu_ = 0, at_pp_ = 0, at_column_ = 0, at_row_ = 0, at_corner_ = 0, at_held_ = 0;
  std::vector<double> compliance_;
  fem::Matrix matrix_;
  bool matrix_is_current_ = false;
  fem::Vector ghost_u_, ghost_p_;
};

}  // namespace cardiotwin::mechanics
