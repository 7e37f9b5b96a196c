#pragma once
/// What the stage writes: artifact, figures and picture of the last beat. All of it on rank 0.

#include "beat.hpp"
#include "cardiotwin/artifacts/physics.hpp"
#include "cardiotwin/stage/context.hpp"
#include "wall_mesh.hpp"

namespace cardiotwin::mechanics {

/// Frames and traces as the artifact has them. Strain is turned from the stress-free to the end-diastolic reference:
/// 1 + 2 E = lambda^2, and stretches along one fibre divide.
artifacts::WallMotion wall_motion(const Beat& beat, const WallMesh& wall, std::size_t heart_points);

/// Figures of any run: steps, Newton and linear iterations, seconds, probes, volume of the cavity.
void report_run(stage::Context& context, const Beat& beat, const Newton& newton);
/// Figures of a heart beat: volumes, pressures, how it closes.
void report_beat(stage::Context& context, const Beat& beat, const artifacts::WallMotion& motion);
/// How far the tension was scaled, with a warning where that was not enough; nothing where it is not fitted.
void report_fit(stage::Context& context, const Beat& beat);
/// Strains of a heart beat as the artifact has them, and their figures.
artifacts::WallStrain report_strain(stage::Context& context, const Beat& beat, const artifacts::HeartMesh& heart,
                                    const WallMesh& wall, const artifacts::WallMotion& motion);

/// `mechanics_curves.csv` in the run folder: volume, pressures, flows and probes over the steps of the last beat.
void write_curves(stage::Context& context, const artifacts::WallMotion& motion);

void write_picture(stage::Context& context, const WallMesh& wall, const artifacts::Activation* activation,
                   const artifacts::WallMotion& motion);

}  // namespace cardiotwin::mechanics
