/// The coupled scheme against known solutions: Ethier and Steinman's, uniform flow on a moving mesh, flow between
/// plates of a Newtonian and of a Carreau-Yasuda fluid; and the conditions at openings.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "box_flow.hpp"
#include "coupled_scheme.hpp"
#include "exact_flow.hpp"

namespace cardiotwin::hemodynamics {
namespace {

constexpr double edge = 1e-9;

FluidOptions exact_options(double density, Rheology rheology) {
  return {.density = density, .rheology = rheology, .momentum_tolerance = 1e-9};
}
Rheology newtonian(double viscosity) { return {.infinite = viscosity, .zero = viscosity}; }

// ---- Ethier-Steinman ----

/// As large as the box allows the coarsest mesh to bear.
Vec3 wobble(const Vec3& x, double t) {
  const double s = 0.1 * std::sin(5 * t);
  return {x[0] + s * std::sin(2 * x[1]), x[1] + s * std::cos(2 * x[2]), x[2] + s * std::sin(2 * x[0] + 1)};
}

/// The flow at `end`, handed to `look`.
template <class Look>
auto ethier_steinman(int cubes, double end, int steps, double viscosity, const Displaced& motion, Look look) {
  const FluidOptions options = exact_options(1, newtonian(viscosity));
  const auto exact = exact_flow("ethier_steinman", options);
  const auto mesh = mesh::box({-1, -1, -1}, {1, 1, 1}, {cubes, cubes, cubes});
  BoxFlow flow(
      mesh, options, [&](const Vec3& x, double t) { return exact->velocity(x, t); },
      [&](const Vec3& x, double t) { return exact->pressure(x, t); }, motion, SchemeKind::coupled);
  flow.fix_velocity(
      [](const Vec3& x) { return std::abs(x[0]) > 0.999 || std::abs(x[1]) > 0.999 || std::abs(x[2]) > 0.999; });
  flow.fix_pressure([](const Vec3& x) { return x[0] > 0.999; });
  flow.run(end, steps);
  return look(flow);
}

void expect_second_order_in_space(const Displaced& motion) {
  const auto errors = [](const BoxFlow& flow) { return flow.errors(); };
  const auto coarse = ethier_steinman(10, 0.5, 20, 0.1, motion, errors),
             fine = ethier_steinman(20, 0.5, 20, 0.1, motion, errors);
  EXPECT_NEAR(std::log2(coarse.velocity / fine.velocity), 2, 0.2);
  EXPECT_GT(std::log2(coarse.pressure / fine.pressure), 1.8);
  EXPECT_LT(fine.velocity, 1.5e-3);
}

TEST(Coupled, SecondOrderInSpace) { expect_second_order_in_space(at_rest); }
TEST(Coupled, SecondOrderInSpaceOnAMovingMesh) { expect_second_order_in_space(wobble); }

/// The error in space is larger than the one in time, so solutions on one mesh are compared with each other. So viscous
/// that the stabilisation hardly depends on the step.
TEST(Coupled, SecondOrderInTime) {
  const auto fields = [](BoxFlow& flow) {
    std::vector<double> u, p;
    for (std::int32_t n = 0; n < flow.space.owned(); ++n) {
      for (const Scalars& component : flow.solver.state.u) u.push_back(component[n]);
      p.push_back(flow.solver.state.p[n]);
    }
    return std::pair{u, p};
  };
  const auto solve = [&](int steps) { return ethier_steinman(12, 0.8, steps, 1, at_rest, fields); };
  const auto distance = [](const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return std::sqrt(core::Comm().sum(sum));
  };
  const auto [u, p] = solve(6);
  const auto [u_half, p_half] = solve(12);
  const auto [u_quarter, p_quarter] = solve(24);
  EXPECT_NEAR(std::log2(distance(u, u_half) / distance(u_half, u_quarter)), 2, 0.3);
  EXPECT_NEAR(std::log2(distance(p, p_half) / distance(p_half, p_quarter)), 2, 0.4);
}

// ---- moving mesh ----

TEST(Coupled, UniformFlowStaysUniformOnAMovingMesh) {
  const auto mesh = mesh::box({0, 0, 0}, {4, 2, 2}, {8, 4, 4});
  const Vec3 stream{0.7, -0.2, 0.3};
  const Displaced motion = [](const Vec3& x, double t) -> Vec3 {
    const double s = 0.15 * std::sin(0.4 * t);
    return {x[0] + s * std::sin(2 * x[1] + x[2]), x[1] + s * std::cos(1.5 * x[2] + x[0]),
            x[2] + s * std::sin(2 * x[0])};
  };
  BoxFlow flow(
      mesh, {.momentum_tolerance = 1e-12}, [&](const Vec3&, double) { return stream; },
      [](const Vec3&, double) { return 0.0; }, motion, SchemeKind::coupled);
  flow.fix_velocity(
      [](const Vec3& x) { return x[0] < edge || x[1] < edge || x[1] > 2 - edge || x[2] < edge || x[2] > 2 - edge; });
  flow.boundary.openings = {{.triangles = flow.triangles(mesh, 2)}};
  flow.start(0.5);
  for (int i = 0; i < 20; ++i) flow.step(i % 3 ? 0.5 : 0.3);
  double largest_pressure = 0;
  for (double p : flow.solver.state.p) largest_pressure = std::max(largest_pressure, std::abs(p));
  EXPECT_LT(flow.errors().largest_velocity, 1e-10);
  EXPECT_LT(flow.space.comm().max(largest_pressure), 1e-10);
}

// ---- between plates ----

/// Steady flow along x between plates at y = -half and y = half, driven by `slope` = -dp/dx:
/// mu(g) g = slope |y|, g = |du/dy|.
struct Plates {
  double half, length, slope;
  Rheology rheology;

  double shear(double y) const {
    double low = 0, high = slope * std::abs(y) / rheology.infinite;  // mu(g) g rises with g
    for (int i = 0; i < 200; ++i) {
      const double g = 0.5 * (low + high);
      (rheology.viscosity(g) * g < slope * std::abs(y) ? low : high) = g;
    }
    return low;
  }
  /// The integral of the shear rate to the wall, by the midpoint rule.
  double speed(double y) const {
    constexpr int parts = 400;
    const double width = (half - std::abs(y)) / parts;
    double sum = 0;
    for (int i = 0; i < parts; ++i) sum += width * shear(std::abs(y) + (i + 0.5) * width);
    return sum;
  }
};

struct PlateErrors {
  double velocity, pressure_drop, wall_shear;  ///< relative
};

/// Starts from rest in so long steps that inertia dies out; the outlet open where `open`, else with its exact velocity.
PlateErrors plates(const Plates& exact, bool open) {
  constexpr int across = 16;
  std::vector<double> speeds;
  for (int j = 0; j <= across; ++j) speeds.push_back(exact.speed(exact.half * (2.0 * j / across - 1)));
  const auto u = [&](const Vec3& x, double) -> Vec3 {
    return {speeds[std::lround((x[1] / exact.half + 1) * across / 2)], 0, 0};
  };
  const auto p = [&](const Vec3& x, double) { return exact.slope * (exact.length - x[0]); };
  const auto mesh = mesh::box({0, -exact.half, 0}, {exact.length, exact.half, exact.half}, {8, across, 4});
  BoxFlow flow(mesh, exact_options(1.06, exact.rheology), u, p, at_rest, SchemeKind::coupled);
  const auto is_wall = [&](const Vec3& x) { return std::abs(x[1]) > exact.half - edge; };
  const auto is_outlet = [&](const Vec3& x) { return x[0] > exact.length - edge; };
  flow.fix_velocity([&](const Vec3& x) {
    return is_wall(x) || x[0] < edge || x[2] < edge || x[2] > exact.half - edge || (is_outlet(x) && !open);
  });
  if (open) flow.boundary.openings = {{.triangles = flow.triangles(mesh, 2)}};
  if (!open) flow.fix_pressure(is_outlet);
  flow.start(1);
  flow.solver.state = flow.solver.state_at_rest();
  for (int i = 0; i < 40; ++i) flow.step(1000);

  std::vector<double> sums(5, 0.0);  // pressure at the inlet, nodes there; wall force, nodes there; largest error
  std::vector<std::uint8_t> wall(flow.space.locals());
  for (std::int32_t n = 0; n < flow.space.locals(); ++n) wall[n] = is_wall(flow.space.coordinates()[n]);
  const Vectors force = flow.solver.viscous_force(wall);
  for (std::int32_t n = 0; n < flow.space.owned(); ++n) {
    const Vec3& x = flow.space.coordinates()[n];
    if (x[0] < edge) sums[0] += flow.solver.state.p[n], sums[1] += 1;
    const bool inside = x[0] > 0.25 * exact.length && x[0] < 0.75 * exact.length;
    if (wall[n] && inside && x[2] > edge && x[2] < exact.half - edge) sums[2] += force[0][n], sums[3] += 1;
  }
  flow.space.comm().sum(sums);
  const double node_area = exact.length / 8 * exact.half / 4;
  return {flow.errors().velocity, sums[0] / sums[1] / (exact.slope * exact.length) - 1,
          sums[2] / sums[3] / node_area / (exact.slope * exact.half) - 1};
}

TEST(Coupled, PoiseuilleFlowBetweenPlates) {
  const double viscosity = 3.5e-3, half = 2, peak = 0.1;
  const auto error = plates({half, 4, 2 * viscosity * peak / (half * half), newtonian(viscosity)}, true);
  EXPECT_LT(error.velocity, 2e-3);
  EXPECT_LT(std::abs(error.pressure_drop), 0.02);
  EXPECT_LT(std::abs(error.wall_shear), 0.02);
}

/// The wall's shear rate is 270 /s and in the middle there is none: viscosities from 3.9 to 160 mPa s.
TEST(Coupled, CarreauYasudaFlowBetweenPlates) {
  const Rheology blood{.infinite = 3.5e-3, .zero = 0.16};
  const auto error = plates({2, 4, 5e-4, blood}, false);
  EXPECT_LT(error.velocity, 1e-2);
  EXPECT_LT(std::abs(error.pressure_drop), 0.05);
  EXPECT_LT(std::abs(error.wall_shear), 0.05);
}

// ---- openings ----

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
