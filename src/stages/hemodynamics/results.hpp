#pragma once
/// From a finished flow problem to the artifact and the figures that a person would quote.

#include "cardiotwin/artifacts/physics.hpp"
#include "cardiotwin/stage/context.hpp"
#include "exact_flow.hpp"
#include "figures.hpp"
#include "flow_problem.hpp"

namespace cardiotwin::hemodynamics {

/// Collective; what it returns is whole on rank 0 only. `mesh` is the problem's.
artifacts::Flow flow_of(FlowProblem& problem, const mesh::TetMesh& mesh);

/// What every flow has. `seconds_per_step` is wall time. Collective.
void report_flow(stage::Findings& findings, FlowProblem& problem, const RiskThresholds& limits, std::size_t tetrahedra,
                 double seconds_per_step);
/// What a ventricle has besides; its first pressure difference is that from base to apex. Collective.
void report_beat(stage::Findings& findings, FlowProblem& problem, const RiskThresholds& limits,
                 const mesh::TetMesh& mesh, const Thirds& thirds);
/// All traces of the last cycle: `hemodynamics_curves.csv` in the run folder. Collective.
void write_curves(stage::Context& context, const FlowProblem& problem);

/// What the instruments measured; profiles also in `hemodynamics_cuts.csv` of the run folder. Collective.
void report_measurements(stage::Context& context, const FlowProblem& problem);
void report_errors(stage::Findings& findings, const FlowErrors& errors);

/// Rank 0. The checkpoint's picture for ParaView: the frame of the strongest flow, on the mesh as it lies then.
void write_picture(io::Writer& file, const artifacts::Flow& flow);

}  // namespace cardiotwin::hemodynamics
