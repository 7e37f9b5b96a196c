#pragma once
/// The stage's parameters, declared once, and what they mean for the solver.

#include "beat.hpp"
#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/artifacts/image.hpp"
#include "cardiotwin/artifacts/physics.hpp"
#include "cardiotwin/config/config.hpp"

namespace cardiotwin::mechanics {

config::Spec parameters();

/// Heart rate and blood pressure in use, with where each came from.
struct Physiology {
  double heart_rate = 0;  ///< [1/min]
  double systolic_mmHg = 0, diastolic_mmHg = 0;
  std::vector<std::string> assumptions;
};
/// The case file wins, then the clinical values, then 70/min and 120/80 mmHg, which are stated as assumed.
Physiology physiology(const config::Section& config, const artifacts::ClinicalValues* values);

Tissue tissue(const config::Section& config, double cycle_ms);
std::vector<Support> supports(const config::Section& config);
BeatOptions beat_options(const config::Section& config, const Physiology& physiology);
NewtonOptions newton_options(const config::Section& config);

}  // namespace cardiotwin::mechanics
