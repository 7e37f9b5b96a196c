#pragma once
/// BiCGStab with Jacobi for the three components of a vector field that share one scalar matrix: each goes its own way,
/// but the matrix is read once and ranks speak to each other once for all three.
/// Source: van der Vorst, SIAM J. Sci. Stat. Comput. 13 (1992) 631-644.

#include <optional>
#include <vector>

#include "halo.hpp"

namespace cardiotwin::hemodynamics {

class ComponentSolver {
 public:
  explicit ComponentSolver(Halo& halo, double tolerance, int most_iterations = 500);

  /// Collective. Solves matrix x = load to |r| <= tolerance |load|, both scaled by the diagonal and over all
  /// components. `x` holds start values; its ghosts are right on return. Returns the iterations; throws core::Error
  /// (numerical) on every rank where that fails. `matrix` is of PETSc's type AIJ over the space's nodes.
  int solve(Mat matrix, const Vectors& load, Vectors& x);

 private:
  using Interlaced = std::vector<double>;  ///< three values a node
  struct Rows;
  void set_up(const Rows& rows);
  void multiply(const Rows& rows, Interlaced& x, Interlaced& y);
  void exchange(Interlaced& x);
  std::array<double, 3> products(const Interlaced& a, const Interlaced& b) const;

  Halo& halo_;
  double tolerance_;
  int most_iterations_;
  fem::Vector ghosted_;            ///< interlaced, with the columns of other ranks
  Interlaced x_, p_, s_;           ///< with them too
  Interlaced r_, shadow_, v_, t_;  ///< owned nodes
  std::vector<double> inverse_;
};

}  // namespace cardiotwin::hemodynamics
