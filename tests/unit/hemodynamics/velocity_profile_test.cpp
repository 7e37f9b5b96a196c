/// Velocity profiles over an inlet, and the Bessel function that one of them is made of.

#include "velocity_profile.hpp"

#include <gtest/gtest.h>

#include "stages/meshing/lumen.hpp"
#include "surface_set.hpp"

namespace cardiotwin::hemodynamics {
namespace {

constexpr double radius = 5, edge = 0.5;

/// A disc of this radius at z = 0, where blood enters along +z; or a rectangle of 3 x 2 mm at x = 0.
struct Inlet {
  static Inlet disc() {
    const auto pipe = meshing::make_pipe({.radius = radius, .length = 2, .edge = edge, .wall_edge = 0.25, .layers = 2});
    return {{pipe.points, pipe.cells, std::vector<std::int32_t>(pipe.cells.size(), 1), pipe.triangles, pipe.surface},
            0};
  }
  static Inlet rectangle() { return {mesh::box({0, 0, 0}, {1, 3, 2}, {2, 9, 6}), 1}; }
  Inlet(mesh::TetMesh domain, std::int32_t surface)
      : mesh(std::move(domain)), tag(surface), space(core::Comm(), mesh, 1) {}

  VelocityProfile profile(Profile shape, const Waveform& waveform, bool is_speed = false,
                          double viscosity = 3.3e-3) const {
    return {space, mesh, tag, "inlet", shape, waveform, is_speed, viscosity};
  }
  Vectors at(const VelocityProfile& profile, double time, double share = 1) const {
    Vectors velocity;
    velocity.fill(Scalars(space.locals(), 0.0));
    profile.add_to(time, share, velocity);
    return velocity;
  }
  /// Into the domain. Collective.
  double flow(const Vectors& velocity) const {
    const SurfaceSet surface = surface_set(space, mesh, {tag});
    return -space.comm().sum(flux(space, space.coordinates(), surface.triangles, velocity));
  }

  mesh::TetMesh mesh;
  std::int32_t tag;
  fem::Space space;
};

/// Largest component along z of nodes closer to the middle than `within`. Collective.
double largest_along_z(const Inlet& disc, const Vectors& velocity, double within) {
  double most = 0;
  for (std::int32_t n = 0; n < disc.space.owned(); ++n) {
    const auto [x, y, z] = disc.space.coordinates()[n];
    if (std::hypot(x, y) < within) most = std::max(most, velocity[2][n]);
  }
  return disc.space.comm().max(most);
}

const Waveform pulse({2.0, {4.0, 1.0}, {0.0, -1.5}}, 800);

TEST(VelocityProfile, CarriesItsFlowExactly) {
  const Inlet disc = Inlet::disc(), rectangle = Inlet::rectangle();
  const auto check = [](const Inlet& inlet, Profile shape) {
    const VelocityProfile profile = inlet.profile(shape, pulse);
    for (double t : {0.0, 130.0, 555.0}) {
      EXPECT_NEAR(profile.flow(t), pulse.at(t), 1e-12);
      EXPECT_NEAR(inlet.flow(inlet.at(profile, t)), pulse.at(t), 1e-12);
      EXPECT_NEAR(inlet.flow(inlet.at(profile, t, 0.25)), 0.25 * pulse.at(t), 1e-12);
    }
  };
  for (Profile shape : {Profile::flat, Profile::parabolic, Profile::womersley}) check(disc, shape);
  check(rectangle, Profile::rectangular);
}

TEST(VelocityProfile, IsAlongTheNormalAndZeroAtTheRim) {
  const Inlet disc = Inlet::disc();
  for (Profile shape : {Profile::flat, Profile::parabolic, Profile::womersley}) {
    const Vectors velocity = disc.at(disc.profile(shape, pulse), 100);
    for (std::int32_t n = 0; n < disc.space.locals(); ++n) {
      const auto [x, y, z] = disc.space.coordinates()[n];
      EXPECT_NEAR(std::hypot(velocity[0][n], velocity[1][n]), 0, 1e-12);
      const bool inside = z < 1e-9 && std::hypot(x, y) < radius - 1e-9;
      EXPECT_EQ(velocity[2][n] > 0, inside);
    }
  }
}

TEST(VelocityProfile, PeakOfAParabolaIsTwiceItsMean) {
  const Inlet disc = Inlet::disc();
  const double flow = 3, mean = flow / (std::numbers::pi * radius * radius);
  const Vectors velocity = disc.at(disc.profile(Profile::parabolic, Waveform({flow}, 0)), 0);
  // Linear between nodes, a parabola loses up to (edge / radius)^2 of its flow, and a polygon of the disc's area too.
  EXPECT_NEAR(largest_along_z(disc, velocity, radius), 2 * mean, 2 * mean * std::pow(edge / radius, 2));
}

TEST(VelocityProfile, IsScaledToASpeedWhereAsked) {
  const Inlet rectangle = Inlet::rectangle();
  const VelocityProfile profile = rectangle.profile(Profile::rectangular, Waveform({0.3}, 0), true);
  const Vectors velocity = rectangle.at(profile, 0);
  for (std::int32_t n = 0; n < rectangle.space.locals(); ++n) {
    const auto [x, y, z] = rectangle.space.coordinates()[n];
    const double exact = x < 1e-9 ? 0.3 * 16 * y / 3 * (1 - y / 3) * z / 2 * (1 - z / 2) : 0;
    EXPECT_NEAR(velocity[0][n], exact, 1e-12);
  }
  EXPECT_NEAR(rectangle.flow(velocity), profile.flow(0), 1e-12);
}

/// A flow of one harmonic with the Womersley number alpha.
Waveform harmonic() { return Waveform({0.0, 1.0}, 800); }
double viscosity_for(double alpha) { return 2 * std::numbers::pi / 800 * std::pow(radius / alpha, 2); }

/// Velocity over that in the middle is 1 - exp(-(1 + i) y / delta) / sqrt s, y the distance from the wall, delta =
/// sqrt(2 nu / omega) = R sqrt 2 / alpha: Stokes' layer, which leads, about a flat core.
TEST(VelocityProfile, OfAHighWomersleyNumberIsAStokesLayerAboutAFlatCore) {
  const Inlet disc = Inlet::disc();
  constexpr double alpha = 20;
  const VelocityProfile profile = disc.profile(Profile::womersley, harmonic(), false, viscosity_for(alpha));
  const Vectors now = disc.at(profile, 0), quarter = disc.at(profile, 200);
  std::vector<double> middle(2, 0.0);
  for (std::int32_t n = 0; n < disc.space.owned(); ++n)
    if (norm(disc.space.coordinates()[n]) < 1e-9) middle = {now[2][n], -quarter[2][n]};
  disc.space.comm().sum(middle);
  for (std::int32_t n = 0; n < disc.space.owned(); ++n) {
    const auto [x, y, z] = disc.space.coordinates()[n];
    const double s = std::hypot(x, y) / radius;
    if (z > 1e-9 || s < 1e-9 || s > 1 - 1e-9) continue;
    const std::complex<double> ratio = std::complex(now[2][n], -quarter[2][n]) / std::complex(middle[0], middle[1]);
    const std::complex<double> layer =
        std::exp(-std::complex(1.0, 1.0) * (1 - s) * alpha / std::numbers::sqrt2) / std::sqrt(s);
    // The next term of the asymptotic series is 1 / (8 alpha s) of the layer; and the rim is a polygon.
    EXPECT_LT(std::abs(ratio - (1.0 - layer)), s < 0.5 ? 2e-3 : 0.05) << s;
  }
}

TEST(VelocityProfile, OfALowWomersleyNumberIsParabolic) {
  const Inlet disc = Inlet::disc();
  const VelocityProfile profile = disc.profile(Profile::womersley, harmonic(), false, viscosity_for(0.1)),
                        parabola = disc.profile(Profile::parabolic, harmonic());
  const double peak = 2 / (std::numbers::pi * radius * radius);
  for (double t : {0.0, 50.0, 300.0}) {
    const Vectors a = disc.at(profile, t), b = disc.at(parabola, t);
    // Inertia is alpha^2 of friction; the shapes differ by less than a tenth of that.
    for (std::size_t n = 0; n < a[2].size(); ++n) EXPECT_NEAR(a[2][n], b[2][n], 0.1 * 0.1 * 0.1 * peak);
  }
}

TEST(VelocityProfile, RefusesASurfaceWithoutInnerPoints) {
  const Inlet coarse{mesh::box({0, 0, 0}, {1, 1, 1}, {1, 1, 1}), 1};
  EXPECT_THROW(coarse.profile(Profile::flat, pulse), core::Error);
}

/// Abramowitz, Stegun, Handbook of Mathematical Functions (1964): tables 9.1 (J0), 9.8 (I0 = J0 of i x), 9.12 (Kelvin
/// functions: ber x + i bei x = J0 of i^(3/2) x).
TEST(BesselJ0, AgreesWithPublishedTables) {
  const auto expect = [](std::complex<double> z, std::complex<double> published, double digits) {
    EXPECT_LT(std::abs(bessel_j0(z) - published), digits) << z;
  };
  const std::complex<double> i(0, 1), root = std::polar(1.0, 0.75 * std::numbers::pi);
  expect(0, 1, 1e-16);
  expect(1, 0.7651976866, 1e-10);
  expect(2, 0.2238907791, 1e-10);
  expect(5, -0.1775967713, 1e-10);
  expect(10, -0.2459357645, 1e-10);
  expect(i, 0.4657596077 * std::exp(1), 1e-9);
  expect(5.0 * i, 0.1835408126 * std::exp(5), 1e-8);
  expect(10.0 * i, 0.1278333372 * std::exp(10), 1e-5);
  expect(root, {0.984381781, 0.249566040}, 1e-9);
  expect(5.0 * root, {-6.230082479, 0.116034382}, 1e-9);
  expect(10.0 * root, {138.840466, 56.370459}, 1e-6);
}

}  // namespace
}  // namespace cardiotwin::hemodynamics
