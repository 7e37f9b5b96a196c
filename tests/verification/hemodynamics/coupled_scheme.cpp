/// What only the coupled scheme promises: openings with a resistance or a given flux exactly, fixed pressures as
/// tractions, a clear refusal of a closed cavity, Picard iterations; and that neither ranks nor a restart change it.

#include "coupled_scheme.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cardiotwin::hemodynamics {
namespace {

constexpr double edge = 1e-9;

/// A box with inflow through x = 0, slip nowhere, openings at x = 3 and z = 1 (the half of it behind x = 1.5).
class Duct {
 public:
  explicit Duct(core::Comm comm, int picard_iterations = 1)
      : mesh(mesh::box({0, 0, 0}, {3, 1, 1}, {12, 4, 4})),
        space(comm, mesh, 1),
        scheme(space, {.momentum_tolerance = 1e-8}, nullptr, picard_iterations),
        at_rest(scheme.halo().vectors()) {
    boundary.velocity_fixed.assign(space.locals(), 0);
    boundary.pressure_fixed.assign(space.locals(), 0);
    boundary.velocity = scheme.halo().vectors();
    boundary.pressure = scheme.halo().scalars();
    for (std::int32_t n = 0; n < space.locals(); ++n) {
      const auto [x, y, z] = space.coordinates()[n];
      const bool side = y < edge || y > 1 - edge || z < edge || (z > 1 - edge && x < 1.5 + edge);
      boundary.velocity_fixed[n] = side || x < edge;
      if (x < edge && !side) boundary.velocity[0][n] = 0.5;
    }
    boundary.openings.resize(2);
    for (std::size_t t = 0; t < space.triangles().size(); ++t) {
      const std::int32_t tag = mesh.surface[space.triangles()[t]];
      const std::int32_t* n = space.triangle_nodes().data() + 3 * t;
      double x = 0;
      for (int i = 0; i < 3; ++i) x += space.coordinates()[n[i]][0] / 3;
      if (tag == 2) boundary.openings[0].triangles.push_back(static_cast<std::int32_t>(t));
      if (tag == 6 && x > 1.5) boundary.openings[1].triangles.push_back(static_cast<std::int32_t>(t));
      if (tag == 1) inlet.push_back(static_cast<std::int32_t>(t));
    }
  }
  StepReport step(int times = 1) {
    StepReport report;
    for (int i = 0; i < times; ++i) report = scheme.step(0.5, space.coordinates(), at_rest, boundary);
    return report;
  }
  double inflow() const { return -space.comm().sum(flux(space, space.coordinates(), inlet, boundary.velocity)); }
  double mean_pressure(const Opening& opening) const {
    std::vector<double> sums(2, 0.0);
    for (std::int32_t t : opening.triangles)
      for (int i = 0; i < 3; ++i) sums[0] += scheme.state.p[space.triangle_nodes()[3 * t + i]], sums[1] += 1;
    space.comm().sum(sums);
    return sums[0] / sums[1];
  }

  mesh::TetMesh mesh;
  fem::Space space;
  CoupledScheme scheme;
  Vectors at_rest;
  Boundary boundary;
  std::vector<std::int32_t> inlet;
};

/// Resistances far above what inertia and viscosity of the duct amount to, so that flow divides as they say.
TEST(Coupled, OpeningsResist) {
  Duct duct{core::Comm()};
  duct.boundary.openings[0].resistance = 20;
  duct.boundary.openings[1].resistance = 60;
  duct.boundary.openings[1].pressure = 1;
  const auto outflow = duct.step(30).outflow;
  const double inflow = duct.inflow();
  EXPECT_NEAR(outflow[0] + outflow[1], inflow, 1e-6 * inflow);
  EXPECT_NEAR(outflow[0], (1 + 60 * inflow) / 80, 0.02 * inflow);  // 20 Q0 = 1 + 60 Q1
  EXPECT_NEAR(duct.mean_pressure(duct.boundary.openings[0]), 20 * outflow[0], 0.02 * 20 * outflow[0]);
  EXPECT_NEAR(duct.mean_pressure(duct.boundary.openings[1]), 1 + 60 * outflow[1], 0.02 * 20 * outflow[0]);
}

TEST(Coupled, OpeningsLetAGivenFluxThrough) {
  Duct duct{core::Comm()};
  const double inflow = duct.inflow();
  duct.boundary.openings[0].flux = 0.3 * inflow;
  auto outflow = duct.step(4).outflow;
  EXPECT_NEAR(outflow[0], 0.3 * inflow, 1e-6 * inflow);
  EXPECT_NEAR(outflow[1], 0.7 * inflow, 1e-6 * inflow);
  // with all of them given, the last follows and stands at its outside pressure
  duct.boundary.openings[1].flux = 0;
  duct.boundary.openings[1].pressure = 5;
  outflow = duct.step(4).outflow;
  EXPECT_NEAR(outflow[0], 0.3 * inflow, 1e-6 * inflow);
  EXPECT_NEAR(outflow[1], 0.7 * inflow, 1e-6 * inflow);
  EXPECT_NEAR(duct.mean_pressure(duct.boundary.openings[1]), 5, 0.2);
}

/// A pressure that is fixed where the flow is free acts on it: another level changes nothing but the pressure.
TEST(Coupled, AFixedPressureIsATraction) {
  Duct low{core::Comm()}, high{core::Comm()};
  for (Duct* duct : {&low, &high}) {
    const double level = duct == &high ? 5 : 0;
    duct->boundary.openings.erase(duct->boundary.openings.begin());
    duct->boundary.openings[0].pressure = level;
    for (std::int32_t n = 0; n < duct->space.locals(); ++n) {
      duct->boundary.pressure_fixed[n] = duct->space.coordinates()[n][0] > 3 - edge;
      duct->boundary.pressure[n] = level;
    }
    duct->step(4);
  }
  for (std::int32_t n = 0; n < low.space.owned(); ++n) {
    EXPECT_NEAR(low.scheme.state.u[0][n], high.scheme.state.u[0][n], 1e-6);
    EXPECT_NEAR(low.scheme.state.p[n] + 5, high.scheme.state.p[n], 1e-5);
  }
}

TEST(Coupled, AClosedCavityIsRefused) {
  Duct duct{core::Comm()};
  duct.boundary.openings.clear();
  try {
    duct.step();
    ADD_FAILURE() << "went on without a level of the pressure";
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::configuration);
    EXPECT_THAT(error.what(), testing::HasSubstr("closed cavity"));
  }
}

TEST(Coupled, AnyNumberOfRanksGivesTheSame) {
  Duct together{core::Comm()}, alone{core::Comm(MPI_COMM_SELF)};
  for (Duct* duct : {&together, &alone}) {
    duct->boundary.openings[0].resistance = 20;
    duct->step(5);
  }
  const double energy = together.space.comm().sum(together.scheme.kinetic_energy());
  EXPECT_NEAR(energy, alone.scheme.kinetic_energy(), 1e-6 * energy);
  const auto p = together.scheme.halo().gather(together.scheme.state.p),
             q = alone.scheme.halo().gather(alone.scheme.state.p);
  for (std::size_t n = 0; n < p.size(); ++n) EXPECT_NEAR(p[n], q[n], 1e-5);
}

/// One run built its multigrid hierarchy before, on another mesh; nothing of that may be left.
TEST(Coupled, GoesOnFromAStateWithTheSameBits) {
  Duct whole{core::Comm()}, resumed{core::Comm()};
  for (Duct* duct : {&whole, &resumed}) duct->boundary.openings[0].resistance = 20;
  std::vector<Vec3> stretched(whole.space.coordinates().begin(), whole.space.coordinates().end());
  for (Vec3& x : stretched) x[1] *= 20;
  whole.scheme.build_preconditioner(stretched, whole.boundary);
  whole.step(3);
  resumed.scheme.state = whole.scheme.state;
  for (Duct* duct : {&whole, &resumed}) {
    duct->scheme.build_preconditioner(duct->space.coordinates(), duct->boundary);
    duct->step(2);
  }
  EXPECT_TRUE(whole.scheme.state.p == resumed.scheme.state.p);
  EXPECT_TRUE(whole.scheme.state.u == resumed.scheme.state.u);
}

/// A second linear system a step solves the nonlinear equations better; the flow stays what it is.
TEST(Coupled, PicardIterationsAgree) {
  Duct once{core::Comm()}, thrice{core::Comm(), 3};
  once.step(12), thrice.step(12);
  const double a = once.space.comm().sum(once.scheme.kinetic_energy()),
               b = thrice.space.comm().sum(thrice.scheme.kinetic_energy());
  EXPECT_NEAR(a, b, 0.01 * b);
  EXPECT_NE(a, b);
}

/// An impulsive start leaves a potential flow behind: incompressible, and as fast as the boundary asks at once.
TEST(Coupled, StartsByAnImpulse) {
  Duct duct{core::Comm()};
  duct.scheme.start(0.5, duct.space.coordinates(), duct.at_rest, duct.boundary);
  std::vector<double> outflow;
  for (const Opening& opening : duct.boundary.openings)
    outflow.push_back(flux(duct.space, duct.space.coordinates(), opening.triangles, duct.scheme.state.u));
  duct.space.comm().sum(outflow);
  EXPECT_NEAR(outflow[0] + outflow[1], duct.inflow(), 1e-6 * duct.inflow());
  EXPECT_EQ(duct.scheme.state.previous_step, 0);
}

}  // namespace
}  // namespace cardiotwin::hemodynamics
