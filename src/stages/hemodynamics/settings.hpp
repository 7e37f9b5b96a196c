#pragma once
/// The stage's parameters, declared once, and what they mean for the solver.

#include "cardiotwin/config/config.hpp"
#include "figures.hpp"
#include "instruments.hpp"
#include "ventricle.hpp"
#include "vessel.hpp"

namespace cardiotwin::hemodynamics {

config::Spec parameters();

/// Throw core::Error (configuration) where a condition lacks what it needs.
VentricleOptions ventricle_options(const config::Section& config);
VesselOptions vessel_options(const config::Section& config);
RiskThresholds risk_thresholds(const config::Section& config);
/// Throws core::Error (configuration) where a surface is not the mesh's.
InstrumentPlan instrument_plan(const config::Section& config, const fem::Space& space, const NamedMesh& mesh);

}  // namespace cardiotwin::hemodynamics
