#pragma once
/// Lagrange nodes of order 1 or 2 on a replicated mesh, distributed over the ranks of a communicator.

#include <cstdint>
#include <span>
#include <vector>

#include "cardiotwin/core/mpi.hpp"
#include "cardiotwin/fem/petsc.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::fem {

/// Every cell and every tagged triangle is on exactly one rank. A rank's local nodes are its owned ones, then ghosts.
/// "Node" numbers (no adjective) are the mesh's own: its points first, then for order 2 its edges as mesh::edges()
/// gives them; they do not depend on the number of ranks. Spaces on the same mesh and communicator share cells and
/// their order. Cell node order: four vertices, then for order 2 the middles of (0,1) (1,2) (2,0) (0,3) (1,3) (2,3), as
/// VTK has it; triangles: three vertices, then (0,1) (1,2) (2,0).
class Space {
 public:
  /// Collective; the mesh must be the same on every rank.
  Space(core::Comm comm, const mesh::TetMesh& mesh, int order);

  const core::Comm& comm() const { return comm_; }
  int order() const { return order_; }
  int nodes_per_cell() const { return order_ == 1 ? 4 : 10; }
  int nodes_per_triangle() const { return order_ == 1 ? 3 : 6; }
  std::int32_t owned() const { return owned_; }                                          ///< owned nodes of this rank
  std::int32_t locals() const { return static_cast<std::int32_t>(local_node_.size()); }  ///< owned and ghosts
  std::int32_t nodes() const { return nodes_; }                                          ///< of the whole space

  std::span<const std::int32_t> cell_nodes() const { return cell_nodes_; }  ///< local nodes (cells x nodes_per_cell)
  std::span<const std::int32_t> cells() const { return cells_; }            ///< mesh cell of each local cell
  std::span<const std::int32_t> triangle_nodes() const { return triangle_nodes_; }
  std::span<const std::int32_t> triangles() const { return triangles_; }  ///< mesh triangle of each local triangle
  std::span<const std::int32_t> node() const { return local_node_; }      ///< node of each local node
  std::span<const Vec3> coordinates() const { return coordinates_; }      ///< of local nodes [mm]
  /// PETSc's global (block) index of each local node.
  std::span<const PetscInt> global() const { return global_; }

  /// Ghosted vector with `components` values a node, interlaced; zero.
  Vector make_vector(int components = 1) const;
  /// Preallocated matrix over nodes that share a cell, of PETSc's type AIJ or BAIJ (dense blocks); in both
  /// MatSetValuesBlockedLocal works on it with local nodes.
  Matrix make_matrix(int components = 1, MatType type = MATAIJ) const;

  /// Ghosts take their owners' values. Collective.
  static void update_ghosts(Vec vector);
  /// Ghosts' contributions are added to their owners, and ghosts are zeroed. Collective.
  static void add_ghosts(Vec vector);

  /// Values in node order (nodes x components) on rank 0, empty elsewhere. Collective.
  std::vector<double> gather(Vec vector, int components = 1) const;
  /// Sets owned values and ghosts from values in node order, which every rank must have. Local.
  void scatter(std::span<const double> values, Vec vector, int components = 1) const;

 private:
  core::Comm comm_;
  int order_ = 1;
  std::int32_t owned_ = 0, nodes_ = 0;
  std::vector<std::int32_t> cell_nodes_, cells_, triangle_nodes_, triangles_, local_node_;
  std::vector<Vec3> coordinates_;
  std::vector<PetscInt> global_;
  std::vector<PetscInt> row_own_, row_other_;  ///< nodes coupled to each owned node: of this rank, of others
};

}  // namespace cardiotwin::fem
