/// A branching vessel with a pulsatile inlet, a resistance and a Windkessel, stopped and resumed.

#include "vessel.hpp"

#include "metrics.hpp"
#include "resume.hpp"
#include "schemes.hpp"

namespace cardiotwin::hemodynamics {
namespace {

/// A box of 6 x 2 x 2 mm, blood in at one end, out at the other and through a hole of 2 x 2 mm in its roof.
NamedMesh branch() {
  NamedMesh lumen{mesh::box({0, 0, 0}, {6, 2, 2}, {12, 4, 4}), {"", "inlet", "end", "left", "right", "floor", "roof"}};
  lumen.names.emplace_back("branch");
  for (std::size_t t = 0; t < lumen.mesh.triangles.size(); ++t) {
    bool hole = lumen.mesh.surface[t] == 6;
    for (std::int32_t p : lumen.mesh.triangles[t]) hole = hole && std::abs(lumen.mesh.points[p][0] - 4) < 1 + 1e-9;
    if (hole) lumen.mesh.surface[t] = 7;
  }
  return lumen;
}

VesselOptions pulsatile(SchemeKind kind) {
  using Kind = SurfaceCondition::Kind;
  VesselOptions options;
  options.scheme = kind;
  options.flow = {.time_step_ms = 1, .cycle_ms = 40, .frames = 10, .courant_limit = 1, .residence_time = true};
  options.ramp_ms = 8;
  options.boundaries = {
      {.surface = "inlet", .profile = Profile::womersley, .waveform = Waveform({2.0, {0.0, -1.5}}, 40)},
      {.surface = "end", .kind = Kind::pressure, .waveform = Waveform({0.5}, 0), .resistance = 10},
      {.surface = "branch",
       .kind = Kind::windkessel,
       .windkessel = {.characteristic = 5, .peripheral = 40, .compliance = 10},
       .start_pressure = 1}};
  return options;
}

class VesselFlow : public EveryScheme {};

TEST_P(VesselFlow, ResumesBitwise) {
  const core::Comm comm;
  const NamedMesh lumen = branch();
  const Vessel through = expect_bitwise_resume(comm, [&] {
    Vessel vessel = make_vessel(comm, lumen, pulsatile(GetParam()));
    vessel.problem->measure(
        {.cuts = {{"middle", {3, 1, 1}, {1, 0, 0}, 0.8}}, .differences = {{"drop", {0.5, 1, 1}, {5.5, 1, 1}}}});
    return vessel;
  });
  const Traces& traces = through.problem->record().traces;
  EXPECT_GT(largest(traces.substeps), 1);                      // steps in parts were among them
  EXPECT_LT(largest_magnitude(traces.imbalance), 1e-3 * 3.5);  // of the peak inflow
}
INSTANTIATE_TEST_SUITE_P(Schemes, VesselFlow, every_scheme, scheme_name);

}  // namespace
}  // namespace cardiotwin::hemodynamics
