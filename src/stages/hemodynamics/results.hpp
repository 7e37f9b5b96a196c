#pragma once
/// From a finished flow problem to the artifact and the figures that a person would quote.

#include "cardiotwin/artifacts/physics.hpp"
#include "cardiotwin/stage/context.hpp"
#include "exact_flow.hpp"
#include "flow_problem.hpp"

namespace cardiotwin::hemodynamics {

/// Collective; what it returns is whole on rank 0 only. `mesh` is the problem's.
artifacts::Flow flow_of(FlowProblem& problem, const mesh::TetMesh& mesh);

/// Means over the wall by area, and the volume of slow blood.
struct Means {
  double tawss_Pa = 0, osi = 0, stasis_ml = 0;
};
/// Collective.
Means means_of(FlowProblem& problem, double stasis_speed);

/// What every flow has. `seconds_per_step` is wall time.
void report_flow(stage::Findings& findings, const FlowProblem& problem, const Means& means, std::size_t tetrahedra,
                 double seconds_per_step);
/// What a ventricle has besides.
void report_beat(stage::Findings& findings, const FlowProblem& problem, const mesh::TetMesh& mesh);

/// What the instruments measured; profiles in `hemodynamics_cuts.csv`, traces in `hemodynamics_curves.csv` of the run
/// folder. Collective.
void report_measurements(stage::Context& context, const FlowProblem& problem);
void report_errors(stage::Findings& findings, const FlowErrors& errors);

/// Rank 0. The checkpoint's picture for ParaView: the frame of the strongest flow, on the mesh as it lies then.
void write_picture(io::Writer& file, const artifacts::Flow& flow);

}  // namespace cardiotwin::hemodynamics
