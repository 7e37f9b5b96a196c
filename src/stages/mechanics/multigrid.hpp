#pragma once
/// Multigrid for the wall's linear systems, where a direct factorisation takes too much time and memory.
///
///   | A  B  l | |u|   |r_u|    A, B, l: derivatives of the force by displacement, pressure and P
///   | B' 0  0 | |p| = |r_p|
///   | g' 0  c | |P|   |r_P|    g, c: of the cavity's equation by displacement and P
///
/// FGMRES with the preconditioner M of the upper triangle of the block factorisation; the cavity is eliminated:
///
///   p = -S^-1 r_p,   u = A~^-1 (r_u - B p),   S = diag(sum_e c_e V_e / 4)      c_e V_e: compliance.hpp
///   z = M^-1 (l, 0),   P = (r_P - g'u) / (c - g'z_u),   (u, p) -= P z
///
/// A~^-1 is one V-cycle on two levels, the quadratic displacement and the linear one of the same mesh: four Chebyshev
/// iterations with the diagonal 3 x 3 blocks before and after, and a factorisation of the coarse matrix (an eighth of
/// the unknowns). The geometric stiffness of p and P stays in A: without it A has tens of negative
/// eigenvalues in a loaded wall.
///
/// Sources: Silvester, Wathen, SIAM J Numer Anal 31 (1994) 1352-1367, doi 10.1137/0731070 (mass of the pressure for S);
/// Ronquist, Patera, J Sci Comput 2 (1987) 389-406, doi 10.1007/BF01061297 (levels of the polynomial degree); Adams et
/// al., J Comput Phys 188 (2003) 593-610, doi 10.1016/S0021-9991(03)00194-3 (Chebyshev smoothing).

#include <array>
#include <vector>

#include "cardiotwin/fem/solver.hpp"
#include "wall.hpp"

namespace cardiotwin::mechanics {

/// How a linear solve ended; the same on every rank.
struct LinearReport {
  bool converged = false;
  int iterations = 0;
};

class Multigrid {
 public:
  /// Collective. `repeatable`: every rank factorises the coarse matrix, which repeats bit for bit. Throws core::Error
  /// (configuration) where it does not apply.
  Multigrid(const Wall& wall, bool repeatable);
  Multigrid(const Multigrid&) = delete;  // PETSc knows its address
  Multigrid& operator=(const Multigrid&) = delete;
  /// Quadratic displacement and an incompressible wall.
  static bool applies_to(const Wall& wall);

  /// Collective. Takes the wall's tangent; the coarse factorisation may stay that of an earlier one.
  void set_up(bool keep_coarse);
  /// Collective. Solves the system of the last set_up() for `x`. Residuals are relative to `scale`, as Newton's are.
  LinearReport solve(Vec b, Vec x, const Wall::Scale& scale);

 private:
  static PetscErrorCode multiply(Mat matrix, Vec x, Vec y);
  static PetscErrorCode precondition(PC pc, Vec x, Vec y);
  void apply(Vec x, Vec y);
  void apply_inverse(Vec r, Vec y);
  void solve_inner(Vec r_u, Vec r_p, Vec u, Vec p);
  void find_parents();
  void make_interpolation();
  void make_coupling();
  void make_solvers();
  void set_coarse(const TangentShare& share);
  void set_border(const TangentShare& share);
  void set_schur(const TangentShare& share);
  double split(Vec whole, Vec u, Vec p) const;
  void join(Vec u, Vec p, double cavity, Vec whole) const;

  const Wall& wall_;
  const fem::Space &fine_, &coarse_;
  std::vector<std::array<std::int32_t, 2>> parents_;  ///< of each displacement node: its edge's ends, or itself twice
  std::vector<char> held_, coarse_held_;              ///< per local node and component
  BlockPattern coarse_pattern_;
  fem::Matrix a_, a_coarse_, b_, interpolation_, system_;
  fem::Vector l_, g_, z_u_, z_p_, inverse_schur_;
  double corner_ = 0, bordered_ = 0;   ///< c, c - g'z_u
  double row_p_ = 1, row_cavity_ = 1;  ///< factors that bring the rows to one scale
  fem::Vector u_in_, u_out_, u_work_, p_in_, p_out_, rhs_;
  fem::LinearSolver cycle_, outer_;
};

}  // namespace cardiotwin::mechanics
