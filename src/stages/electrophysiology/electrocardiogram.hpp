#pragma once
/// The 12-lead electrocardiogram of the wall, from the potential of the monodomain equation.
///
///   phi(x_e, t) = 1/(4 pi sigma_b) int div(sigma grad V) / r dx
///               = -1/(4 pi sigma_b) int (sigma grad V) . grad(1/r) dx,     r = |x_e - x|,   over the wall
///
/// phi potential at the electrode x_e [mV], V potential in the wall [mV], sigma conductivity of the monodomain equation
/// [S/m], whose divergence is the current that leaves the cells, sigma_b conductivity of the body around it [S/m]
/// (Gima and Rudy 2002, doi 10.1161/01.RES.0000016960.61087.86; Bishop and Plank, IEEE Trans Biomed Eng 58:2297, 2011).
/// The second form follows because no current crosses the wall's surface. The body is taken for endless and uniform:
/// shapes and times are meaningful, amplitudes only in their order of magnitude.
///
/// phi is linear in V: on P1 tetrahedra, phi = sum over nodes of w V with the weight of node i
///   w_i = -1/(4 pi sigma_b) sum over cells of volume (sigma grad N_i) . (x_e - x_c) / |x_e - x_c|^3,
/// computed once. grad V is constant in a cell, and of grad(1/r) the value at the centre x_c is the mean up to
/// (h / r)^2 of a cell of size h: 1e-3 for 1 mm at 30 mm, where the nearest electrode stands.

#include <array>
#include <span>
#include <vector>

#include "cardiotwin/fem/space.hpp"
#include "cardiotwin/stage/time_loop.hpp"
#include "electrodes.hpp"

namespace cardiotwin::electrophysiology {

struct Conductivity;

/// Conductivity of the body as a whole [S/m]; its tissues have 0.04 (fat) to 0.7 (blood), Gabriel et al. 1996.
inline constexpr double torso_conductivity_S_per_m = 0.2;

class Leads {
 public:
  /// Collective. `fibres` one a mesh point, `conductivity` one a mesh cell. Throws core::Error (configuration) when an
  /// electrode stands less than 5 mm from the wall, on every rank.
  Leads(const fem::Space& space, const mesh::TetMesh& mesh, std::span<const Vec3> fibres,
        std::span<const Conductivity> conductivity, const Electrodes& electrodes,
        double body_S_per_m = torso_conductivity_S_per_m);

  /// Adds the potentials of one moment. Local; V at local nodes, ghosts up to date [mV].
  void sample(double t_ms, std::span<const double> potential);

  const std::vector<double>& times_ms() const { return times_; }
  /// Potentials of the electrodes, sample by sample [mV]. The same on every rank; collective.
  std::vector<double> potentials_mV() const;

  /// All samples so far, as stage::Steppable has it. Collective.
  void save(stage::State& state) const;
  void load(const stage::State& state);

 private:
  core::Comm comm_;
  std::vector<std::array<double, electrode_count>> weights_;  ///< of local nodes
  std::vector<double> times_, samples_;                       ///< this rank's part of the potentials
};

/// Curves of the leads I, II, III, aVR, aVL, aVF, V1 to V6 [mV] from potentials of the electrodes, sample by sample.
/// V1 to V6 are against Wilson's central terminal, the mean of RA, LA and LL.
std::vector<std::vector<double>> twelve_leads(std::span<const double> potentials_mV);

}  // namespace cardiotwin::electrophysiology
