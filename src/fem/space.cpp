#include "cardiotwin/fem/space.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "cardiotwin/mesh/edge_index.hpp"

namespace cardiotwin::fem {

namespace {

using namespace core;

/// Position along a space-filling (Morton) curve, 21 bits a direction: neighbours in space become neighbours in memory.
std::uint64_t morton(const Vec3& unit) {
  std::uint64_t key = 0;
  for (int d = 0; d < 3; ++d) {
    auto x = static_cast<std::uint64_t>(std::clamp(unit[d], 0.0, 1.0) * 2097151.0);
    x = (x | x << 32) & 0x1f00000000ffffull;
    x = (x | x << 16) & 0x1f0000ff0000ffull;
    x = (x | x << 8) & 0x100f00f00f00f00full;
    x = (x | x << 4) & 0x10c30c30c30c30c3ull;
    x = (x | x << 2) & 0x1249249249249249ull;
    key |= x << d;
  }
  return key;
}

/// All cells, by owner, then along the space-filling curve. The same on every rank, and for every order.
std::vector<std::int32_t> ordered_cells(const mesh::TetMesh& mesh, const std::vector<std::int32_t>& owner) {
  Vec3 low{1e300, 1e300, 1e300}, high{-1e300, -1e300, -1e300};
  for (const Vec3& p : mesh.points)
    for (int d = 0; d < 3; ++d) low[d] = std::min(low[d], p[d]), high[d] = std::max(high[d], p[d]);
  const double scale = 1 / std::max({high[0] - low[0], high[1] - low[1], high[2] - low[2], 1e-300});
  std::vector<std::uint64_t> key(mesh.cells.size());
  for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
    const mesh::Cell& v = mesh.cells[c];
    key[c] =
        morton(scale * (0.25 * (mesh.points[v[0]] + mesh.points[v[1]] + mesh.points[v[2]] + mesh.points[v[3]]) - low));
  }
  std::vector<std::int32_t> order(mesh.cells.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    if (owner[a] != owner[b]) return owner[a] < owner[b];
    return key[a] != key[b] ? key[a] < key[b] : a < b;
  });
  return order;
}

/// Nodes of every cell or triangle, in the mesh's own numbers.
template <class Simplex, std::size_t Edges>
std::vector<std::int32_t> simplex_nodes(const std::vector<Simplex>& simplices, int order, std::int32_t points,
                                        const mesh::EdgeIndex* index,
                                        const std::array<std::array<int, 2>, Edges>& local_edges) {
  std::vector<std::int32_t> nodes;
  nodes.reserve(simplices.size() * (order == 1 ? Simplex{}.size() : Simplex{}.size() + Edges));
  for (const Simplex& s : simplices) {
    nodes.insert(nodes.end(), s.begin(), s.end());
    if (order == 2)
      for (auto [i, j] : local_edges) nodes.push_back(points + index->find(s[i], s[j]));
  }
  return nodes;
}

/// The cells of each node as one list with offsets.
struct NodeCells {
  std::vector<std::int64_t> start;
  std::vector<std::int32_t> cell;
};
NodeCells cells_of_nodes(const std::vector<std::int32_t>& cell_nodes, int per_cell, std::int32_t nodes) {
  NodeCells of{std::vector<std::int64_t>(nodes + 1, 0), std::vector<std::int32_t>(cell_nodes.size())};
  for (std::int32_t n : cell_nodes) ++of.start[n + 1];
  std::partial_sum(of.start.begin(), of.start.end(), of.start.begin());
  std::vector<std::int64_t> fill(of.start.begin(), of.start.end() - 1);
  for (std::size_t i = 0; i < cell_nodes.size(); ++i)
    of.cell[fill[cell_nodes[i]]++] = static_cast<std::int32_t>(i / per_cell);
  return of;
}

}  // namespace

Space::Space(core::Comm comm, const mesh::TetMesh& mesh, int order) : comm_(comm), order_(order) {
  const auto points = static_cast<std::int32_t>(mesh.points.size());
  std::optional<mesh::EdgeIndex> index;
  if (order == 2) index.emplace(mesh);
  nodes_ = points + (index ? static_cast<std::int32_t>(index->edges().size()) : 0);
  const int per_cell = nodes_per_cell();
  const auto all_cell_nodes = simplex_nodes(mesh.cells, order, points, index ? &*index : nullptr, mesh::cell_edges);

  // Every rank numbers the whole mesh, so nothing has to be asked of the others. A node belongs to the lowest rank that
  // touches it; cells come rank by rank, so the first cell to touch a node decides.
  const auto owner = mesh::partition(mesh, comm.size());
  const auto cell_order = ordered_cells(mesh, owner);
  std::vector<PetscInt> number(nodes_, -1);
  std::vector<PetscInt> first_of_rank(comm.size() + 1, 0);
  PetscInt next = 0;
  for (std::int32_t c : cell_order) {
    for (int i = 0; i < per_cell; ++i) {
      const std::int32_t n = all_cell_nodes[static_cast<std::size_t>(c) * per_cell + i];
      if (number[n] < 0) number[n] = next++, ++first_of_rank[owner[c] + 1];
    }
  }
  if (next != nodes_)
    core::fail_input({.where = "mesh",
                      .expected = "every point to belong to a cell",
                      .found = std::to_string(nodes_ - next) + " points without one",
                      .remedy = "remove unused points from the mesh"});
  std::partial_sum(first_of_rank.begin(), first_of_rank.end(), first_of_rank.begin());
  const PetscInt begin = first_of_rank[comm.rank()], end = first_of_rank[comm.rank() + 1];
  owned_ = static_cast<std::int32_t>(end - begin);

  // Local nodes: owned ones in global order, then ghosts in global order.
  std::vector<std::int32_t> local(nodes_, -1);
  local_node_.resize(owned_);
  for (std::int32_t n = 0; n < nodes_; ++n)
    if (number[n] >= begin && number[n] < end) local_node_[number[n] - begin] = n;
  for (std::int32_t c : cell_order) {
    if (owner[c] != comm.rank()) continue;
    cells_.push_back(c);
    for (int i = 0; i < per_cell; ++i) {
      const std::int32_t n = all_cell_nodes[static_cast<std::size_t>(c) * per_cell + i];
      const bool ghost = number[n] < begin || number[n] >= end;
      if (ghost && local[n] < 0) local[n] = 0, local_node_.push_back(n);
    }
  }
  std::sort(local_node_.begin() + owned_, local_node_.end(),
            [&](std::int32_t a, std::int32_t b) { return number[a] < number[b]; });
  for (std::int32_t i = 0; i < locals(); ++i) {
    const std::int32_t n = local_node_[i];
    local[n] = i;
    global_.push_back(number[n]);
    if (n < points) {
      coordinates_.push_back(mesh.points[n]);
    } else {
      const auto [a, b] = index->edges()[n - points];
      coordinates_.push_back(0.5 * (mesh.points[a] + mesh.points[b]));
    }
  }
  for (std::int32_t c : cells_)
    for (int i = 0; i < per_cell; ++i)
      cell_nodes_.push_back(local[all_cell_nodes[static_cast<std::size_t>(c) * per_cell + i]]);

  // A triangle lives with its cell; between two cells, with the lower rank.
  const auto sides = mesh::triangle_cells(mesh);
  const auto all_triangle_nodes =
      simplex_nodes(mesh.triangles, order, points, index ? &*index : nullptr, mesh::triangle_edges);
  for (std::size_t t = 0; t < sides.size(); ++t) {
    if (sides[t][0] < 0)
      core::fail_input({.where = "mesh",
                        .expected = "every tagged triangle to be a face of a cell",
                        .found = "triangle " + std::to_string(t) + " is not",
                        .remedy = "remove stray triangles from the mesh"});
    int rank = owner[sides[t][0]];
    if (sides[t][1] >= 0) rank = std::min(rank, static_cast<int>(owner[sides[t][1]]));
    if (rank != comm.rank()) continue;
    triangles_.push_back(static_cast<std::int32_t>(t));
    for (int i = 0; i < nodes_per_triangle(); ++i)
      triangle_nodes_.push_back(local[all_triangle_nodes[t * nodes_per_triangle() + i]]);
  }

  // Row lengths of matrices: the nodes that share a cell with each owned node, on whatever rank the cell is.
  const NodeCells touching = cells_of_nodes(all_cell_nodes, per_cell, nodes_);
  row_own_.assign(owned_, 0);
  row_other_.assign(owned_, 0);
  std::vector<std::int32_t> seen(nodes_, -1);
  for (std::int32_t i = 0; i < owned_; ++i) {
    const std::int32_t node = local_node_[i];
    for (std::int64_t k = touching.start[node]; k < touching.start[node + 1]; ++k) {
      const std::int32_t* cell = &all_cell_nodes[static_cast<std::size_t>(touching.cell[k]) * per_cell];
      for (int j = 0; j < per_cell; ++j) {
        if (seen[cell[j]] == i) continue;
        seen[cell[j]] = i;
        ++(number[cell[j]] >= begin && number[cell[j]] < end ? row_own_ : row_other_)[i];
      }
    }
  }
}

Vector Space::make_vector(int components) const {
  Vector vector;
  check(VecCreateGhostBlock(comm_.get(), components, owned_ * components, PETSC_DECIDE,
                            static_cast<PetscInt>(locals() - owned_), global_.data() + owned_, vector.out()),
        "VecCreateGhostBlock");
  Vec local = nullptr;
  check(VecGhostGetLocalForm(vector, &local), "VecGhostGetLocalForm");
  check(VecSet(local, 0), "VecSet");
  check(VecGhostRestoreLocalForm(vector, &local), "VecGhostRestoreLocalForm");
  return vector;
}

Matrix Space::make_matrix(int components, MatType type) const {
  Matrix matrix;
  check(MatCreate(comm_.get(), matrix.out()), "MatCreate");
  const PetscInt rows = owned_ * components;
  check(MatSetSizes(matrix, rows, rows, PETSC_DETERMINE, PETSC_DETERMINE), "MatSetSizes");
  check(MatSetType(matrix, type), "MatSetType");
  check(MatXAIJSetPreallocation(matrix, components, row_own_.data(), row_other_.data(), nullptr, nullptr),
        "MatXAIJSetPreallocation");
  ISLocalToGlobalMapping mapping = nullptr;
  check(ISLocalToGlobalMappingCreate(comm_.get(), components, locals(), global_.data(), PETSC_COPY_VALUES, &mapping),
        "ISLocalToGlobalMappingCreate");
  check(MatSetLocalToGlobalMapping(matrix, mapping, mapping), "MatSetLocalToGlobalMapping");
  check(ISLocalToGlobalMappingDestroy(&mapping), "ISLocalToGlobalMappingDestroy");
  // Rows of fixed values keep their pattern, so that a matrix can be assembled again and again.
  check(MatSetOption(matrix, MAT_KEEP_NONZERO_PATTERN, PETSC_TRUE), "MatSetOption");
  return matrix;
}

void Space::update_ghosts(Vec vector) {
  check(VecGhostUpdateBegin(vector, INSERT_VALUES, SCATTER_FORWARD), "VecGhostUpdateBegin");
  check(VecGhostUpdateEnd(vector, INSERT_VALUES, SCATTER_FORWARD), "VecGhostUpdateEnd");
}

void Space::add_ghosts(Vec vector) {
  check(VecGhostUpdateBegin(vector, ADD_VALUES, SCATTER_REVERSE), "VecGhostUpdateBegin");
  check(VecGhostUpdateEnd(vector, ADD_VALUES, SCATTER_REVERSE), "VecGhostUpdateEnd");
  PetscInt owned = 0, all = 0;
  check(VecGetLocalSize(vector, &owned), "VecGetLocalSize");
  Vec local = nullptr;
  check(VecGhostGetLocalForm(vector, &local), "VecGhostGetLocalForm");
  check(VecGetLocalSize(local, &all), "VecGetLocalSize");
  check(VecGhostRestoreLocalForm(vector, &local), "VecGhostRestoreLocalForm");
  LocalArray values(vector);
  std::fill(values.data() + owned, values.data() + all, 0.0);
}

std::vector<double> Space::gather(Vec vector, int components) const {
  std::vector<int> count(comm_.size()), start(comm_.size());
  const int mine = owned_;
  MPI_Gather(&mine, 1, MPI_INT, count.data(), 1, MPI_INT, 0, comm_.get());
  std::exclusive_scan(count.begin(), count.end(), start.begin(), 0);
  const bool root = comm_.is_root();
  std::vector<std::int32_t> node(root ? nodes_ : 0);
  std::vector<double> collected(root ? static_cast<std::size_t>(nodes_) * components : 0);
  MPI_Gatherv(local_node_.data(), mine, MPI_INT32_T, node.data(), count.data(), start.data(), MPI_INT32_T, 0,
              comm_.get());
  MPI_Datatype block = MPI_DATATYPE_NULL;
  MPI_Type_contiguous(components, MPI_DOUBLE, &block);
  MPI_Type_commit(&block);
  {
    LocalArray values(vector);
    MPI_Gatherv(values.data(), mine, block, collected.data(), count.data(), start.data(), block, 0, comm_.get());
  }
  MPI_Type_free(&block);
  std::vector<double> ordered(collected.size());
  for (std::size_t i = 0; i < node.size(); ++i)
    std::copy_n(&collected[i * components], components, &ordered[static_cast<std::size_t>(node[i]) * components]);
  return ordered;
}

void Space::scatter(std::span<const double> values, Vec vector, int components) const {
  LocalArray local(vector);
  for (std::int32_t i = 0; i < locals(); ++i)
    std::copy_n(&values[static_cast<std::size_t>(local_node_[i]) * components], components,
                local.data() + static_cast<std::size_t>(i) * components);
}

}  // namespace cardiotwin::fem
