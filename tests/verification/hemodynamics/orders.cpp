/// Order of both schemes on the exact unsteady solution of Ethier and Steinman in three dimensions (exact_flow.hpp), on
/// a mesh at rest and on one that wobbles.

#include <utility>

#include "schemes.hpp"
#include "vessel.hpp"

namespace cardiotwin::hemodynamics {
namespace {

/// The flow at `end`, in a box of `cubes` a side.
std::unique_ptr<Vessel> solve(SchemeKind kind, int cubes, double end, int steps, double viscosity, bool wobble) {
  const VesselOptions options{
      .scheme = kind,
      .fluid = {.density = 1, .rheology = newtonian(viscosity), .momentum_tolerance = 1e-8, .pressure_tolerance = 1e-7},
      .flow = {.time_step_ms = end / steps, .cycle_ms = end, .frames = 1, .courant_limit = 1e9},
      .exact_solution = "ethier_steinman",
      .wobble = wobble};
  const NamedMesh box{mesh::box({-1, -1, -1}, {1, 1, 1}, {cubes, cubes, cubes}), {}};
  auto vessel = std::make_unique<Vessel>(make_vessel(core::Comm(), box, options));
  for (int i = 0; i < steps; ++i) vessel->problem->advance();
  return vessel;
}

FlowErrors errors_of(const Vessel& vessel) {
  FlowProblem& problem = *vessel.problem;
  return errors_of(*vessel.exact, problem.scheme().mesh(), problem.fluid(), problem.time_ms());
}

class OrderInSpace : public testing::TestWithParam<std::tuple<SchemeKind, bool>> {};

TEST_P(OrderInSpace, IsTwo) {
  const auto [kind, wobble] = GetParam();
  const FlowErrors coarse = errors_of(*solve(kind, 10, 0.5, 20, 0.1, wobble)),
                   fine = errors_of(*solve(kind, 20, 0.5, 20, 0.1, wobble));
  EXPECT_NEAR(std::log2(coarse.velocity / fine.velocity), 2, 0.2);
  EXPECT_GT(std::log2(coarse.pressure / fine.pressure), 1.8);
  EXPECT_LT(fine.velocity, kind == SchemeKind::coupled ? 1.5e-3 : 1.8e-3);
}
std::string name_of(const testing::TestParamInfo<OrderInSpace::ParamType>& run) {
  const auto [kind, wobble] = run.param;
  return scheme_name({kind, 0}) + (wobble ? "_wobbling" : "_at_rest");
}
INSTANTIATE_TEST_SUITE_P(Schemes, OrderInSpace, testing::Combine(every_scheme, testing::Bool()), name_of);

/// So few steps that the error in time is the larger one.
TEST(OrderInTime, OfTheFractionalStepIsTwo) {
  const auto errors = [](int steps) {
    return errors_of(*solve(SchemeKind::fractional_step, 16, 0.8, steps, 0.1, false));
  };
  const FlowErrors coarse = errors(4), fine = errors(8);
  EXPECT_NEAR(std::log2(coarse.velocity / fine.velocity), 2, 0.3);
  EXPECT_GT(std::log2(coarse.pressure / fine.pressure), 1.7);
}

/// Its error in space is larger than the one in time however few the steps, so solutions on one mesh are compared with
/// each other. So viscous that the stabilisation hardly depends on the step.
TEST(OrderInTime, OfTheCoupledSchemeIsTwo) {
  const auto fields = [](int steps) {
    const auto vessel = solve(SchemeKind::coupled, 12, 0.8, steps, 1, false);
    const FluidState& fluid = vessel->problem->fluid();
    const auto owned = vessel->problem->space().owned();
    std::vector<double> u, p(fluid.p.begin(), fluid.p.begin() + owned);
    for (const Scalars& component : fluid.u) u.insert(u.end(), component.begin(), component.begin() + owned);
    return std::pair{u, p};
  };
  const auto distance = [](const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return std::sqrt(core::Comm().sum(sum));
  };
  const auto [u, p] = fields(6);
  const auto [u_half, p_half] = fields(12);
  const auto [u_quarter, p_quarter] = fields(24);
  EXPECT_NEAR(std::log2(distance(u, u_half) / distance(u_half, u_quarter)), 2, 0.3);
  EXPECT_NEAR(std::log2(distance(p, p_half) / distance(p_half, p_quarter)), 2, 0.4);
}

}  // namespace
}  // namespace cardiotwin::hemodynamics
