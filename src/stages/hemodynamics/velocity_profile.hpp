#pragma once
/// Velocity over a plane surface through which a given flow passes, along its normal. With s from 0 in the middle to 1
/// at the rim:
///   flat        1 off the rim
///   parabolic   1 - s^2
///   rectangular 16 a (1 - a) b (1 - b), a and b the relative coordinates in an axis-aligned rectangle
///   womersley   Re sum_k c_k W_k(s) exp(i k omega t),  W_0 = 1 - s^2,  W_k = 1 - J0(i^(3/2) alpha_k s) /
///               J0(i^(3/2) alpha_k),  alpha_k = R sqrt(k omega rho / mu),  pi R^2 the surface's area
/// each scaled so that the nodal velocity carries the flow exactly, or (not Womersley's) so that it is the given speed
/// where the shape is 1. s = r / (r + d), r the distance from the middle, d
/// that to the rim. Source of the last: Womersley, J. Physiol. 127 (1955) 553-563.

#include <complex>
#include <span>

#include "cardiotwin/mesh/tet_mesh.hpp"
#include "halo.hpp"
#include "waveform.hpp"

namespace cardiotwin::hemodynamics {

enum class Profile { flat, parabolic, rectangular, womersley };

/// J0 of a complex number by its power series; |z| below 30.
std::complex<double> bessel_j0(std::complex<double> z);

class VelocityProfile {
 public:
  /// Local; the mesh is the same on every rank. Throws core::Error (input) where the surface with this tag has no point
  /// off its rim. `kinematic_viscosity` [mm^2/ms] matters to Womersley's profile.
  /// `flow` is into the domain [mm^3/ms], or the speed [m/s] where `is_speed`.
  VelocityProfile(const fem::Space& space, const mesh::TetMesh& mesh, std::int32_t tag, const std::string& name,
                  Profile profile, const Waveform& flow, bool is_speed, double kinematic_viscosity);

  /// Adds the velocity at `time` to local nodes of the surface: `share` of the waveform's flow into the domain.
  void add_to(double time, double share, Vectors& velocity) const;
  /// Into the domain [mm^3/ms].
  double flow(double time) const { return carried_ * flow_.at(time); }

 private:
  struct Node {
    std::int32_t local;
    std::vector<std::complex<double>> weight;  ///< a harmonic [1/mm^2]: velocity over flow
  };
  std::vector<Node> nodes_;
  Vec3 inward_{};
  Waveform flow_;
  std::vector<std::complex<double>> harmonics_;  ///< of the flow; one where the profile does not change
  bool steady_ = true;
  double carried_ = 1;  ///< flow over the waveform's value
};

}  // namespace cardiotwin::hemodynamics
