#pragma once
/// Artifacts of the three physics stages. Fields live on the points of `heart_mesh`, in its numbering.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cardiotwin/core/vec3.hpp"
#include "cardiotwin/io/hdf5.hpp"

namespace cardiotwin::artifacts {

/// Artifact `activation`. Written by electrophysiology.
struct Activation {
  static constexpr std::string_view id = "activation";
  /// First upward crossing of the threshold, from the first stimulus [ms]; -1 outside the wall and where the wave never
  /// came.
  std::vector<double> activation_time_ms;
  /// When 90 % of the way from the peak back to rest is done [ms]; -1 where unknown.
  std::vector<double> repolarisation_time_ms;

  // Empty where they were not computed.
  std::vector<double> apd_ms;                     ///< APD90, per point; -1 where unknown
  std::vector<double> ecg_times_ms;               ///< from the first stimulus
  std::vector<std::vector<double>> ecg_mV;        ///< per lead, in the order of ecg_leads
  std::vector<double> snapshot_times_ms;          ///< from the first stimulus
  std::vector<std::vector<double>> snapshots_mV;  ///< potential, per snapshot, per point
};
/// The leads of an electrocardiogram.
inline constexpr std::array<std::string_view, 12> ecg_leads{"I",  "II", "III", "aVR", "aVL", "aVF",
                                                            "V1", "V2", "V3",  "V4",  "V5",  "V6"};
void save(io::Writer& file, const Activation& activation);
void load(const io::Reader& file, Activation& activation);

/// Green-Lagrange strain of every cell along six directions: of the wall's place in the ventricle and of its fibres.
struct CellStrains {
  std::vector<double> radial, circumferential, longitudinal, fibre, sheet, sheet_normal;
};

/// How the wall deforms over a heart beat, from its first frame (end diastole).
struct WallStrain {
  std::vector<std::int32_t> segments;  ///< AHA numbers of the rows below, ascending
  /// Per segment, per frame: mean relative change of length, as imaging reports strain [1]; thicker is positive.
  std::vector<std::vector<double>> radial, circumferential, longitudinal, fibre;
  std::vector<double> time_to_peak_ms;  ///< per segment: of circumferential shortening; -1 where there is none
  std::vector<double> twist_deg;        ///< per frame: of the apex against the base; may be empty
  CellStrains end_systole;              ///< per cell of heart_mesh; zero outside the LV wall
};

/// Artifact `wall_motion`: one cardiac cycle of the wall. Written by mechanics.
struct WallMotion {
  static constexpr std::string_view id = "wall_motion";
  // Frames: what pictures and the flow need. Displacement is relative to heart_mesh.points; zero outside the wall.
  std::vector<double> frame_times_ms;                 ///< ascending, first 0; the last frame closes the cycle
  std::vector<std::vector<Vec3>> displacement;        ///< per frame, per point [mm]
  std::vector<std::vector<double>> fibre_strain;      ///< per frame, per point: Green-Lagrange, along the fibre [1]
  std::vector<std::vector<double>> fibre_stress_kPa;  ///< per frame, per point: Cauchy, along the fibre
  // Traces: every accepted time step.
  std::vector<double> times_ms, lv_volume_ml, lv_pressure_kPa, aortic_pressure_kPa;
  std::vector<double> mitral_flow_ml_per_s, aortic_flow_ml_per_s;  ///< positive in the physiological direction
  std::vector<std::vector<Vec3>> probes;  ///< per trace time: where each of mechanics.probes is [mm]; may be empty
  WallStrain strain;                      ///< empty where the wall is under given loads, and in older files
};
/// The first frame with the smallest LV volume: the end of ejection.
std::size_t end_systolic_frame(const WallMotion& motion);
void save(io::Writer& file, const WallMotion& motion);
void load(const io::Reader& file, WallMotion& motion);

/// Artifact `flow`: the blood over one cardiac cycle. Written by hemodynamics. On the hemodynamics' own (refined) mesh.
struct Flow {
  static constexpr std::string_view id = "flow";
  std::vector<Vec3> points;  ///< [mm], reference position
  std::vector<std::array<std::int32_t, 4>> cells;
  std::vector<std::array<std::int32_t, 3>> wall_triangles;
  std::vector<double> frame_times_ms;
  std::vector<std::vector<Vec3>> displacement;    ///< per frame, per point [mm]; empty where the mesh stands still
  std::vector<std::vector<Vec3>> velocity;        ///< per frame, per point [m/s]
  std::vector<std::vector<double>> pressure_kPa;  ///< per frame, per point
  std::vector<std::vector<Vec3>> wall_shear_Pa;   ///< per frame, per point: force of the blood on the wall; zero off it
  std::vector<double> tawss_Pa, osi;              ///< per point; zero off the wall
  std::vector<double> residence_time_ms;          ///< per point, at the end of the cycle; empty where not computed
  // Traces: every time step.
  std::vector<double> times_ms;
  std::vector<std::string> passages;               ///< surfaces through which blood passes: "mitral", "inlet", ...
  std::vector<std::vector<double>> flow_ml_per_s;  ///< per passage, positive in its normal direction of flow
  std::vector<double> volume_ml, mass_error;       ///< mass_error of the largest flow of the cycle [1]
};
/// The trace of a passage, or null.
const std::vector<double>* flow_through(const Flow& flow, std::string_view passage);
void save(io::Writer& file, const Flow& flow);
void load(const io::Reader& file, Flow& flow);

}  // namespace cardiotwin::artifacts
