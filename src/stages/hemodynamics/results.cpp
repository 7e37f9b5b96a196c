#include "results.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/core/units.hpp"
#include "cardiotwin/io/files.hpp"
#include "cardiotwin/io/vtkhdf.hpp"
#include "metrics.hpp"
#include "vortices.hpp"
#include "wall_shear.hpp"

namespace cardiotwin::hemodynamics {

namespace {

/// Both fields over the owned nodes.
std::pair<Scalars, Scalars> wall_loads(const TimeSums& sums) {
  Scalars tawss(sums.shear_magnitude.size(), 0.0), osi = tawss;
  for (std::size_t n = 0; n < tawss.size(); ++n) {
    const WallLoad load = wall_load(sums, n);
    tawss[n] = load.tawss;
    osi[n] = load.osi;
  }
  return {tawss, osi};
}

/// An imbalance of the largest flow or rate of volume of the cycle.
std::vector<double> relative(std::vector<double> imbalance, const Traces& traces) {
  double largest = largest_magnitude(traces.volume_rate);
  for (const auto& flow : traces.flow) largest = std::max(largest, largest_magnitude(flow));
  for (double& e : imbalance) e = largest > 0 && !traces.flow.empty() ? e / largest : 0.0;
  return imbalance;
}

/// In the reference position [mm^2].
double area_of(const mesh::TetMesh& mesh, std::int32_t tag) {
  double area = 0;
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t)
    if (mesh.surface[t] == tag) area += norm(mesh::vector_area(mesh.points, mesh.triangles[t]));
  return area;
}

/// The orifice's area, and a warning where the flow is faster through it than through any healthy valve.
void report_orifice(stage::Findings& findings, const mesh::TetMesh& mesh, std::int32_t tag, const std::string& name,
                    double peak_flow) {
  constexpr double fast = 2.5;  // [m/s], mean over the orifice
  const double area = area_of(mesh, tag);
  findings.quantity(name + "_orifice_area", area, "mm^2");
  if (peak_flow > fast * area)
    findings.warning(
        fmt::format("{:.0f} ml/s pass the {} orifice of {:.0f} mm^2, {:.1f} m/s in the mean: the orifice in "
                    "the mesh is too small for this beat, and velocity and wall shear are too high",
                    peak_flow, name, area, peak_flow / area));
}

}  // namespace

artifacts::Flow flow_of(FlowProblem& problem, const mesh::TetMesh& mesh) {
  const CycleRecord& record = problem.record();
  artifacts::Flow flow;
  flow.points = mesh.points;
  flow.cells = mesh.cells;
  flow.wall_triangles = problem.wall_triangles();
  flow.frame_times_ms = record.frames.times_ms;
  flow.velocity = record.frames.velocity;
  flow.pressure_kPa = record.frames.pressure_kPa;
  flow.wall_shear_Pa = record.frames.wall_shear_Pa;

  Halo& halo = problem.halo();
  const auto reference = problem.space().coordinates();
  std::vector<Vec3> x(reference.size());
  for (double time : flow.frame_times_ms) {
    if (!problem.motion().moves()) break;
    problem.motion().positions(time, x);
    Vectors displacement = halo.vectors();
    for (int d = 0; d < 3; ++d)
      for (std::size_t n = 0; n < x.size(); ++n) displacement[d][n] = x[n][d] - reference[n][d];
    flow.displacement.push_back(halo.gather(displacement));
  }

  const auto [tawss, osi] = wall_loads(record.sums);
  flow.tawss_Pa = halo.gather(tawss);
  flow.osi = halo.gather(osi);
  if (const Tracer* tracer = problem.tracer()) flow.residence_time_ms = halo.gather(tracer->state.now[0]);
  flow.times_ms = record.traces.times_ms;
  flow.passages = record.passages;
  flow.flow_ml_per_s = record.traces.flow;
  flow.volume_ml = record.traces.volume_ml;
  flow.mass_error = relative(record.traces.imbalance, record.traces);
  return flow;
}

void report_flow(stage::Findings& findings, FlowProblem& problem, const RiskThresholds& limits, std::size_t tetrahedra,
                 double seconds_per_step) {
  const Traces& t = problem.record().traces;
  const WallFigures wall = wall_figures(problem, limits);
  const BloodFigures blood = blood_figures(problem, limits);
  findings.quantity("tetrahedra", static_cast<double>(tetrahedra), "1");
  findings.quantity("peak_velocity", largest(t.largest_speed), "m/s");
  for (std::size_t i = 0; i < t.flow.size(); ++i)
    findings.quantity("peak_" + problem.record().passages[i] + "_flow", largest(t.flow[i]), "ml/s");
  findings.quantity("peak_kinetic_energy", largest(t.kinetic_energy), "mJ");
  if (wall.area > 0) {
    findings.quantity("tawss_mean", wall.tawss, "Pa");
    findings.quantity("osi_mean", wall.osi, "1");
    findings.quantity("low_tawss_area", 100 * wall.low_tawss, "%");
    findings.quantity("high_rrt_area", 100 * wall.high_rrt, "%");
    findings.quantity("high_ecap_area", 100 * wall.high_ecap, "%");
  }
  findings.quantity("stasis_volume", blood.stasis / core::mm3_per_ml, "ml");
  if (problem.tracer()) {
    findings.quantity("residence_time_mean", blood.residence, "ms");
    findings.quantity("first_blood_left", 100 * blood.first, "%");
  }
  if (const auto change = problem.record().cycle_change()) findings.quantity("cycle_change", 100 * *change, "%");
  if (const auto change = problem.record().energy_change()) findings.quantity("energy_change", 100 * *change, "%");
  const std::vector<double> errors = relative(t.imbalance, t);
  const double mass_error = 100 * largest_magnitude(errors);
  findings.quantity("mass_error", 100 * std::abs(errors.back()), "%");
  findings.quantity("mass_error_max", mass_error, "%");
  findings.quantity("nodal_mass_error_max", 100 * largest_magnitude(relative(t.nodal_imbalance, t)), "%");
  findings.quantity("smallest_quality", *std::min_element(t.smallest_quality.begin(), t.smallest_quality.end()), "1");
  findings.quantity("seconds_per_step", seconds_per_step, "s");
  if (problem.cuts() > 0)
    findings.warning(fmt::format("{} time steps diverged and were repeated in smaller ones", problem.cuts()));
  if (mass_error > 2)
    findings.warning(
        "what flows in and out misses the volume change by more than 2 % of its peak: refine the mesh or shorten the "
        "time step");
}

void report_beat(stage::Findings& findings, FlowProblem& problem, const RiskThresholds& limits,
                 const mesh::TetMesh& mesh, const Thirds& thirds) {
  const Traces& t = problem.record().traces;
  for (std::uint8_t third = 0; third < 3; ++third) {
    const char* name = std::array{"apical", "mid", "basal"}[third];
    std::vector<std::uint8_t> part(thirds.of.size());
    for (std::size_t n = 0; n < part.size(); ++n) part[n] = thirds.of[n] == third;
    const BloodFigures blood = blood_figures(problem, limits, part);
    findings.quantity(fmt::format("stasis_volume.{}", name), blood.stasis / core::mm3_per_ml, "ml");
    if (!problem.tracer()) continue;
    findings.quantity(fmt::format("residence_time_mean.{}", name), blood.residence, "ms");
    findings.quantity(fmt::format("first_blood_left.{}", name), 100 * blood.first, "%");
  }
  const auto& difference = problem.instruments()->difference().front();
  findings.quantity("base_to_apex_pressure_max", largest(difference), "kPa");
  findings.quantity("base_to_apex_pressure_min", *std::min_element(difference.begin(), difference.end()), "kPa");
  const auto &mitral = t.flow[0], &aortic = t.flow[1];
  findings.quantity("stroke_volume", positive_volume(t.times_ms, aortic), "ml");
  if (const auto peaks = filling_peaks(t.times_ms, mitral)) {
    findings.quantity("e_wave_flow", peaks->early_flow, "ml/s");
    findings.quantity("a_wave_flow", peaks->atrial_flow, "ml/s");
    findings.quantity("e_to_a_ratio", peaks->early_flow / peaks->atrial_flow, "1");
  }
  report_orifice(findings, mesh, artifacts::surface_mitral, "mitral", largest(mitral));
  report_orifice(findings, mesh, artifacts::surface_aortic, "aortic", largest(aortic));
  findings.assumption("valve leaflets, papillary muscles and trabeculae are not modelled");
  findings.assumption(
      "orifices open and close with the sign of the cavity's volume change; mitral inflow has a flat profile along the "
      "orifice's normal, the open aortic orifice is free of traction; the pressure is counted from the open orifice");
}

namespace {

std::string cuts_table(const Instruments& instruments) {
  std::string text = "cut,radius_mm,axial_velocity_m_per_s\n";
  for (std::size_t c = 0; c < instruments.plan().cuts.size(); ++c) {
    const Cut& cut = instruments.plan().cuts[c];
    const auto profile = instruments.cut_profile(c);
    for (std::size_t r = 0; r < profile.size(); ++r)
      text += fmt::format("{},{:.6g},{:.8g}\n", cut.name,
                          cut.radius * static_cast<double>(r) / (Instruments::radii - 1), profile[r]);
  }
  return text;
}

/// All traces of the last cycle, a column each.
std::string curves_table(const FlowProblem& problem) {
  const Traces& t = problem.record().traces;
  std::vector<std::pair<std::string, const std::vector<double>*>> columns{{"time_ms", &t.times_ms}};
  for (std::size_t i = 0; i < t.flow.size(); ++i)
    columns.emplace_back(problem.record().passages[i] + "_flow_ml_per_s", &t.flow[i]);
  columns.insert(columns.end(), {{"volume_ml", &t.volume_ml},
                                 {"imbalance_ml_per_s", &t.imbalance},
                                 {"kinetic_energy_mJ", &t.kinetic_energy},
                                 {"largest_speed_m_per_s", &t.largest_speed}});
  if (const Instruments* instruments = problem.instruments()) {
    for (std::size_t i = 0; i < instruments->plan().differences.size(); ++i)
      columns.emplace_back(instruments->plan().differences[i].name + "_kPa", &instruments->difference()[i]);
    for (std::size_t i = 0; i < instruments->plan().bands.size(); ++i)
      columns.emplace_back(instruments->plan().bands[i].name + "_shear_Pa", &instruments->shear()[i]);
    for (std::size_t i = 0; i < instruments->plan().forces.size(); ++i) {
      columns.emplace_back("drag_coefficient", &instruments->drag()[i]);
      columns.emplace_back("lift_coefficient", &instruments->lift()[i]);
    }
  }
  std::string text;
  for (std::size_t c = 0; c < columns.size(); ++c) text += (c ? "," : "") + columns[c].first;
  for (std::size_t row = 0; row < t.times_ms.size(); ++row) {
    text += "\n";
    for (std::size_t c = 0; c < columns.size(); ++c)
      text += fmt::format("{}{:.10g}", c ? "," : "", columns[c].second->at(row));
  }
  return text + "\n";
}

}  // namespace

void write_curves(stage::Context& context, const FlowProblem& problem) {
  core::on_root(context.comm,
                [&] { io::replace_file(context.run_folder / "hemodynamics_curves.csv", curves_table(problem)); });
}

void report_measurements(stage::Context& context, const FlowProblem& problem) {
  const Instruments* instruments = problem.instruments();
  stage::Findings& findings = context.findings;
  const InstrumentPlan& plan = instruments->plan();
  for (std::size_t c = 0; c < plan.cuts.size(); ++c)
    findings.quantity("centerline_velocity." + plan.cuts[c].name, instruments->cut_profile(c).front(), "m/s");
  for (std::size_t i = 0; i < plan.differences.size(); ++i)
    findings.quantity(plan.differences[i].name, instruments->difference()[i].back(), "kPa");
  for (std::size_t i = 0; i < plan.forces.size(); ++i) {
    const std::string suffix = i == 0 ? "" : fmt::format(".{}", i);
    const auto &drag = instruments->drag()[i], &lift = instruments->lift()[i];
    findings.quantity("drag_coefficient" + suffix, drag.back(), "1");
    findings.quantity("lift_coefficient" + suffix, lift.back(), "1");
    findings.quantity("drag_coefficient_max" + suffix, largest(drag), "1");
    findings.quantity("lift_coefficient_max" + suffix, largest(lift), "1");
    findings.quantity("lift_coefficient_min" + suffix, *std::min_element(lift.begin(), lift.end()), "1");
  }
  const auto [tawss, osi] = wall_loads(problem.record().sums);
  for (std::size_t i = 0; i < plan.bands.size(); ++i) {
    findings.quantity("tawss." + plan.bands[i].name, instruments->band_mean(i, context.comm, tawss), "Pa");
    findings.quantity("osi." + plan.bands[i].name, instruments->band_mean(i, context.comm, osi), "1");
  }
  core::on_root(context.comm, [&] {
    if (!plan.cuts.empty()) io::replace_file(context.run_folder / "hemodynamics_cuts.csv", cuts_table(*instruments));
  });
}

void report_errors(stage::Findings& findings, const FlowErrors& errors) {
  findings.quantity("velocity_error", errors.velocity, "1");
  findings.quantity("pressure_error", errors.pressure, "1");
  findings.quantity("largest_velocity_error", errors.largest_velocity, "m/s");
  findings.quantity("largest_pressure_error", errors.largest_pressure, "kPa");
}

void write_picture(io::Writer& file, const artifacts::Flow& flow) {
  double strongest = -1, time = 0;
  for (const auto& trace : flow.flow_ml_per_s) {
    const auto peak = std::max_element(trace.begin(), trace.end());
    if (peak == trace.end() || *peak <= strongest) continue;
    strongest = *peak;
    time = flow.times_ms[static_cast<std::size_t>(peak - trace.begin())];
  }
  std::size_t frame = 0;
  for (std::size_t f = 0; f < flow.frame_times_ms.size(); ++f)
    if (std::abs(flow.frame_times_ms[f] - time) < std::abs(flow.frame_times_ms[frame] - time)) frame = f;
  std::vector<Vec3> points = flow.points;
  for (std::size_t n = 0; n < points.size() && !flow.displacement.empty(); ++n)
    points[n] = points[n] + flow.displacement[frame][n];
  std::vector<io::Field> fields{io::field("velocity", flow.velocity[frame]),
                                io::field("pressure_kPa", flow.pressure_kPa[frame]),
                                io::field("tawss_Pa", flow.tawss_Pa), io::field("osi", flow.osi)};
  std::vector<double> rrt, ecap;
  for (std::size_t n = 0; n < flow.tawss_Pa.size(); ++n) {
    const WallLoad load{flow.tawss_Pa[n], flow.osi[n]};
    rrt.push_back(load.tawss > 0 ? load.rrt() : 0.0);
    ecap.push_back(load.tawss > 0 ? load.ecap() : 0.0);
  }
  fields.insert(fields.end(), {io::field("wall_shear_Pa", flow.wall_shear_Pa[frame]), io::field("rrt_per_Pa", rrt),
                               io::field("ecap_per_Pa", ecap)});
  const Vortices turning = vortices(points, flow.cells, flow.velocity[frame]);
  fields.insert(fields.end(), {io::field("vorticity_per_s", turning.vorticity), io::field("q_per_s2", turning.q)});
  if (!flow.residence_time_ms.empty()) fields.push_back(io::field("residence_time_ms", flow.residence_time_ms));
  io::write_unstructured_grid(file, points, flow.cells, fields, {});
}

}  // namespace cardiotwin::hemodynamics
