#pragma once
/// The stage's parameters, declared once, and what they mean for the solver.

#include "beat.hpp"
#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/artifacts/image.hpp"
#include "cardiotwin/artifacts/labels.hpp"
#include "cardiotwin/artifacts/physics.hpp"
#include "cardiotwin/config/config.hpp"
#include "cardiotwin/stage/place.hpp"

namespace cardiotwin::mechanics {

config::Spec parameters();

/// What is known of the patient, with where it came from.
struct Physiology {
  double heart_rate = 0;  ///< [1/min]
  double systolic_mmHg = 0, diastolic_mmHg = 0;
  double ejection_fraction = 0;  ///< [1]
  std::vector<std::string> assumptions;
};
/// The case file wins, then what was measured, then 70/min, 120/80 mmHg and 55 %, which are stated as assumed.
Physiology physiology(const config::Section& config, const artifacts::ClinicalValues* values = nullptr,
                      const artifacts::MeasuredVolumes* volumes = nullptr);

Tissue tissue(const config::Section& config);
/// Names of the wall's surfaces that a support may be on.
std::vector<std::string> support_surface_names();
/// The pericardium and the base.
std::vector<Support> supports(const config::Section& config);
/// Those of the case file's list, each on the triangles that it selects: a triangle is where its cell is. Throws
/// core::Error (configuration) where one has no triangle.
std::vector<Support> further_supports(const config::Section& config, const mesh::TetMesh& wall,
                                      std::span<const stage::Place> cells);
/// Factors of stiffness and tension per cell of the wall, from the case file's regions; empty without regions. Throws
/// core::Error (configuration) where a region has no cell.
struct RegionFactors {
  std::vector<double> stiffness, tension;
};
RegionFactors region_factors(const config::Section& config, std::span<const stage::Place> cells);

/// A heart beats, as opposed to a wall under given loads.
bool is_heart_beat(const config::Section& config);
BeatOptions beat_options(const config::Section& config, const Physiology& physiology);
NewtonOptions newton_options(const config::Section& config);
std::unique_ptr<TensionModel> tension_model(const config::Section& config, double cycle, const TensionSites& sites);
CirculationMaker circulation_maker(const config::Section& config, const Physiology& physiology);

}  // namespace cardiotwin::mechanics
