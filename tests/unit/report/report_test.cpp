#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "cardiotwin/artifacts/vessel_mesh.hpp"
#include "cardiotwin/io/files.hpp"
#include "cardiotwin/io/sha256.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "support/workbench.hpp"
#include "synthetic.hpp"
#include "xml.hpp"

namespace cardiotwin::test {
namespace {

using config::Json;

/// Checkpoints that carry provenance and findings, as the pipeline writes them.
class RunFolder : public Workbench {
 public:
  explicit RunFolder(core::Comm comm = core::Comm()) : Workbench(comm), comm_(comm) {}

  template <class T>
  void give_with_findings(const T& value, const Json& told, const Json& config = Json::object()) {
    give(value);
    core::on_root(comm_, [&] {
      io::Writer file(file_of(T::id));
      save(file, value);
      for (const char* name : {"software_version", "git_commit", "created", "host", "config_hash", "audit_head"}) {
        file.attribute("/provenance", name, std::string("some ") + name);
      }
      const std::int64_t ranks = 2;
      file.attribute("/provenance", "ranks", std::span(&ranks, 1));
      file.write("/provenance/findings", told.dump());
      file.write("/provenance/config", config.dump());
      file.write("/provenance/timers", std::string(R"({"assembly": 1.5})"));
      file.write("/provenance/wall_s", 12.0);
      file.write("/provenance/peak_rss_mib", 345.0);
      file.close();
    });
    comm_.barrier();
  }
  std::string page() const { return io::read_file(folder() / "report/index.html"); }

 private:
  core::Comm comm_;
};

void expect_self_contained(const std::string& html) {
  for (const char* promise : {"probability", "Probability", "risk score", "risk of"})
    EXPECT_EQ(html.find(promise), std::string::npos) << promise;
  EXPECT_EQ(xml_problem(html), "");
  EXPECT_EQ(html.find("<script"), std::string::npos);
  const std::regex reference(R"re((src|href|url)\s*(=\s*"|\()([^")]{0,30}))re");
  for (std::sregex_iterator it(html.begin(), html.end(), reference), end; it != end; ++it) {
    const std::string target = (*it)[3];
    EXPECT_TRUE(target.starts_with("#") || target.starts_with("data:image/png;base64,")) << target;
  }
  for (const char* bad : {">nan", " nan", "\"nan", "-nan", ">inf<"})
    EXPECT_EQ(html.find(bad), std::string::npos) << bad;
}

Json figure(const char* name, double value, const char* unit) {
  return {{"name", name}, {"value", value}, {"unit", unit}};
}

/// What hemodynamics tells of a beat, in part.
Json told_of_flow() {
  return {{"quantities",
           {figure("stasis_volume", 12.5, "ml"), figure("stasis_volume.apical", 9, "ml"),
            figure("stasis_volume.mid", 3, "ml"), figure("stasis_volume.basal", 0.5, "ml"),
            figure("residence_time_mean", 400, "ms"), figure("residence_time_mean.apical", 560, "ms"),
            figure("low_tawss_area", 37, "%"), figure("high_rrt_area", 21, "%"), figure("mass_error_max", 0.2, "%")}}};
}

/// A duct through which blood passes along z, its wall still; `named` as meshing leaves it.
struct Duct {
  artifacts::VesselMesh named;
  artifacts::Flow flow;
};
Duct duct() {
  const auto box = mesh::box({0, 0, 0}, {8, 6, 40}, {4, 3, 16});
  Duct d;
  d.named = {box.points, box.cells, box.triangles, {}, {"wall", "inlet", "outlet_left"}};
  for (const auto tag : box.surface) d.named.surface.push_back(tag == 5 ? 1 : tag == 6 ? 2 : 0);
  auto& f = d.flow;
  f.points = box.points;
  f.cells = box.cells;
  for (std::size_t t = 0; t < box.triangles.size(); ++t)
    if (d.named.surface[t] == 0) f.wall_triangles.push_back(box.triangles[t]);
  f.frame_times_ms = {0, 500, 1000};
  for (const double strength : {0.2, 0.6, 0.2}) {
    auto& velocity = f.velocity.emplace_back();
    auto& pressure = f.pressure_kPa.emplace_back();
    f.wall_shear_Pa.emplace_back(f.points.size(), Vec3{0, 0, 0.7});
    for (const auto& x : f.points) {
      velocity.push_back({0, 0, strength * x[0] * (8 - x[0]) * x[1] * (6 - x[1]) / 144});
      pressure.push_back(10 + strength * (40 - x[2]) / 40);
    }
  }
  for (const auto& x : f.points) {
    f.tawss_Pa.push_back(0.02 * x[2]);
    f.osi.push_back(0.2);
  }
  f.times_ms = {0, 250, 500, 750, 1000};
  f.passages = {"inlet", "outlet_left"};
  f.flow_ml_per_s = {{2, 4, 6, 4, 2}, {2, 4, 6, 4, 2}};
  f.volume_ml.assign(5, 1.92);
  f.mass_error.assign(5, 1e-4);
  return d;
}

artifacts::Image small_image(const std::string& date) {
  artifacts::Image image;
  image.geometry.size = {4, 4, 2};
  image.phase_times_ms = {0};
  image.voxels.assign(32, 1.0F);
  image.facts.modality = "MR";
  image.facts.acquisition_date = date;
  image.facts.series_description = "<script>alert('x')</script>";
  return image;
}

TEST(Report, OfAStudyAloneSaysWhatIsMissing) {
  RunFolder run;
  run.give(small_image("2026-03-01"));
  auto stage = report::make_stage();
  ASSERT_EQ(run.run(*stage, {{"report_date", "2026-03-11"}}), stage::Outcome::complete);
  const auto html = run.page();
  expect_self_contained(html);
  EXPECT_NE(html.find("This model is based on imaging from 2026-03-01, 10 days ago."), std::string::npos);
  EXPECT_NE(html.find("have not been run: segmentation, meshing, electrophysiology, mechanics, hemodynamics."),
            std::string::npos);
  EXPECT_NE(html.find("Research use only"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;alert(&#39;x&#39;)"), std::string::npos);
}

TEST(Report, OfNothingIsStillAPage) {
  RunFolder run;
  auto stage = report::make_stage();
  ASSERT_EQ(run.run(*stage), stage::Outcome::complete);
  expect_self_contained(run.page());
  EXPECT_NE(run.page().find("No imaging study stands behind this report."), std::string::npos);
}

TEST(Report, SaysAtTheTopWhenTheImagingIsOldUnknownOrFromTheFuture) {
  const auto banner = [](const std::string& date) {
    RunFolder run;
    run.give(small_image(date));
    auto stage = report::make_stage();
    run.run(*stage, {{"report_date", "2026-07-01"}, {"pictures", false}});
    const auto html = run.page();
    return html.substr(0, html.find("</header>"));
  };
  EXPECT_NE(banner("2026-01-02")
                .find("<p class=\"notice\">This model is based on imaging from 2026-01-02, 180 days ago.</p>"),
            std::string::npos);
  EXPECT_NE(
      banner("2026-01-01")
          .find("<p class=\"alert\">This model is based on imaging from 2026-01-01, 181 days ago: more than 180 days."),
      std::string::npos);
  EXPECT_NE(banner("").find("unknown.</p>"), std::string::npos);
  EXPECT_NE(banner("2026-07-02").find("after the day of this report"), std::string::npos);
}

/// All stages, with figures, warnings and pictures; left in the build folder for the browser test.
TEST(Report, OfAllStagesShowsFiguresPlotsAndPictures) {
  const auto s = synthetic();
  RunFolder run;
  run.give(s.image);
  run.give(s.clinical);
  run.give_with_findings(
      s.labels, {{"quantities", Json::array({{{"name", "ejection_fraction"}, {"value", 41.5}, {"unit", "%"}}})},
                 {"warnings", Json::array({"the apex <is> missing & was closed"})},
                 {"assumptions", Json::array()}});
  run.give(s.mesh);
  run.give(s.activation);
  run.give_with_findings(s.motion,
                         {{"quantities", Json::array({{{"name", "peak_pressure"}, {"value", 16.0}, {"unit", "kPa"}},
                                                      {{"name", "twist"}, {"value", 12.0}, {"unit", "deg"}},
                                                      {{"name", "apex.x"}, {"value", 0.0}, {"unit", "mm"}}})},
                          {"warnings", Json::array()},
                          {"assumptions", Json::array({"the pericardium is a bed of springs"})}});
  run.give_with_findings(s.flow, told_of_flow(),
                         {{"stasis_speed_m_per_s", 0.04}, {"low_tawss_Pa", 0.3}, {"high_rrt_per_Pa", 8}});
  core::Comm comm;
  core::on_root(
      comm, [&] { std::ofstream(run.folder() / "audit.jsonl") << "{\"hash\":\"aaaa\"}\n{\"hash\":\"f00dcafe\"}\n"; });
  auto stage = report::make_stage();
  ASSERT_EQ(run.run(*stage, {{"report_date", "2026-11-20"},
                             {"title", "Case <7> & \"others\""},
                             {"write_pictures", true},
                             {"picture_height_px", 360}}),
            stage::Outcome::complete);
  const auto html = run.page();
  expect_self_contained(html);

  EXPECT_EQ(run.quantity("stages"), 6);
  EXPECT_EQ(run.quantity("pictures"), 19);
  for (const char* id : {"summary", "ingest", "segmentation", "meshing", "electrophysiology", "mechanics",
                         "hemodynamics", "provenance"}) {
    EXPECT_NE(html.find(std::string("<section id=\"") + id + "\""), std::string::npos) << id;
    EXPECT_NE(html.find(std::string("href=\"#") + id + "\""), std::string::npos) << id;
  }
  EXPECT_NE(html.find("<h1>Case &lt;7&gt; &amp; &quot;others&quot;</h1>"), std::string::npos);
  EXPECT_NE(html.find("200 days ago: more than 180 days"), std::string::npos);
  EXPECT_NE(html.find("<td>ejection fraction</td><td>41.5 %</td><td>67 ± 5 % <strong>(outside)</strong></td>"),
            std::string::npos);
  EXPECT_NE(html.find("<td>16 kPa (120 mmHg)</td><td>90 to 140 mmHg</td>"), std::string::npos);
  EXPECT_NE(html.find("aria-label=\"12-lead electrocardiogram\""), std::string::npos);
  for (const auto lead : artifacts::ecg_leads) {
    EXPECT_NE(html.find(">" + std::string(lead) + "</text>"), std::string::npos) << lead;
  }
  EXPECT_NE(html.find("<td>3 basal inferoseptal</td>"), std::string::npos);
  for (const char* plot : {"Circumferential strain", "Longitudinal strain", "Radial strain", "Fibre strain", "Twist",
                           "Circumferential strain at end systole", "Time to peak circumferential shortening",
                           "Displacement of apex along z"})
    EXPECT_NE(html.find("aria-label=\"" + std::string(plot) + "\""), std::string::npos) << plot;
  EXPECT_NE(html.find("<td>twist</td><td>12 deg</td><td>12 ± 3 (young)"), std::string::npos);
  EXPECT_NE(html.find("Peak strains by AHA segment"), std::string::npos);
  EXPECT_NE(html.find("<th>action potential [ms]</th>"), std::string::npos);
  EXPECT_NE(html.find("the apex &lt;is&gt; missing &amp; was closed"), std::string::npos);
  EXPECT_NE(html.find("the pericardium is a bed of springs"), std::string::npos);
  EXPECT_NE(html.find(io::sha256_file(run.file_of(artifacts::Flow::id))), std::string::npos);
  EXPECT_NE(html.find("2 records when this report was made; hash of the last one <code>f00dcafe</code>"),
            std::string::npos);
  EXPECT_NE(html.find("ACME &amp; Sons &lt;Magnets&gt;"), std::string::npos);
  for (const char* picture :
       {"montage", "mesh", "surfaces", "fibres_inside", "fibres_outside", "activation_inside", "activation_outside",
        "strain_end_systole", "circumferential_strain_end_systole", "velocity_ejection", "velocity_filling",
        "wall_shear_front", "wall_shear_back", "stasis_front", "low_wall_shear_front", "high_rrt_front", "stasis_back",
        "low_wall_shear_back", "high_rrt_back"}) {
    EXPECT_TRUE(std::filesystem::exists(run.folder() / "report/pictures" / (std::string(picture) + ".png"))) << picture;
  }

  // The checkpoint names what was written, with hashes.
  const io::Reader output(run.output_file());
  const auto files = output.read_texts("/state/report/files"), hashes = output.read_texts("/state/report/sha256");
  ASSERT_EQ(files.size(), 21U);
  ASSERT_EQ(hashes.size(), files.size());
  for (std::size_t n = 0; n < files.size(); ++n)
    EXPECT_EQ(io::sha256_file(run.folder() / files[n]), hashes[n]) << files[n];

  core::on_root(comm, [&] {
    const std::filesystem::path kept = CARDIOTWIN_BINARY_DIR "/report_page";
    if (comm.size() > 1) return;
    std::filesystem::create_directories(kept);
    std::filesystem::copy(run.folder() / "report", kept,
                          std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
  });
}

TEST(Report, MarkersOfStasisStandBesideTheirThresholds) {
  for (const bool told : {true, false}) {
    const auto s = synthetic();
    RunFolder run;
    run.give(s.mesh);
    const Json config{{"stasis_speed_m_per_s", 0.04}, {"low_tawss_Pa", 0.3}, {"high_rrt_per_Pa", 8}};
    run.give_with_findings(s.flow, told_of_flow(), told ? config : Json::object());
    ASSERT_EQ(run.run(*report::make_stage(), {{"picture_height_px", 100}}), stage::Outcome::complete);
    const auto html = run.page();
    expect_self_contained(html);
    const auto expect = [&](const std::string& text) { EXPECT_NE(html.find(text), std::string::npos) << text; };
    expect("they are markers, not a prediction for this patient");
    expect("<th>apical</th><th>mid</th><th>basal</th><th>threshold</th>");
    expect(told ? "<td>12.5 ml</td><td>9 ml</td><td>3 ml</td><td>0.5 ml</td><td>mean speed below 0.04 m/s</td>"
                : "<td>12.5 ml</td><td>9 ml</td><td>3 ml</td><td>0.5 ml</td><td>mean speed below 0.05 m/s</td>");
    expect(told ? "<td>TAWSS below 0.3 Pa</td>" : "<td>TAWSS below 0.4 Pa</td>");
    expect(told ? "RRT above 8 per Pa." : "RRT above 10 per Pa.");
    expect("<td>560 ms</td><td></td><td></td><td>none</td>");
    expect("Residence time at the end of the cycle in the cut plane.");
    EXPECT_EQ(html.find("high ECAP"), std::string::npos) << "not told, not shown";
    EXPECT_EQ(html.find("those of the stage&#39;s defaults") == std::string::npos &&
                  html.find("those of the stage's defaults") == std::string::npos,
              told);
  }
}

TEST(Report, FlowWithoutResidenceTimeShowsWhereItIsSlow) {
  auto s = synthetic();
  s.flow.residence_time_ms.clear();
  RunFolder run;
  run.give(s.mesh);
  run.give(s.flow);
  ASSERT_EQ(run.run(*report::make_stage(), {{"picture_height_px", 100}}), stage::Outcome::complete);
  expect_self_contained(run.page());
  EXPECT_NE(run.page().find("Mean speed in the cut plane. Hatched: speed below 0.05 m/s"), std::string::npos);
  EXPECT_EQ(run.page().find("esidence time at the end"), std::string::npos);
}

TEST(Report, OfAVesselShowsItsSurfacesAndItsFlow) {
  const auto d = duct();
  RunFolder run;
  run.give_with_findings(d.named, {{"quantities", Json::array({figure("area.inlet", 48, "mm^2")})}});
  run.give_with_findings(d.flow, {{"quantities", Json::array({figure("stasis_volume", 0.4, "ml")})}});
  ASSERT_EQ(run.run(*report::make_stage(), {{"picture_height_px", 100}}), stage::Outcome::complete);
  EXPECT_EQ(run.quantity("stages"), 2);
  EXPECT_EQ(run.quantity("pictures"), 3 + 4 + 6);
  const auto html = run.page();
  expect_self_contained(html);
  const auto expect = [&](const std::string& text) { EXPECT_NE(html.find(text), std::string::npos) << text; };
  expect("340 points, 1152 tetrahedra");
  expect("<td>inlet</td><td>24</td><td>48 mm^2</td>");
  expect("<td>outlet left</td>");
  expect("One tetrahedral mesh of a lumen whose walls stand still.");
  expect("have not been run: ingest, segmentation.");
  expect("aria-label=\"Flow through inlets and outlets\"");
  expect("Velocity at the largest flow (500 ms)");
  expect("Pressure on the wall at 500 ms.");
  expect("<th>marker</th><th>whole</th><th>threshold</th>");
  for (const char* heart : {"Volume of the cavity", "orifices", "aortic", "moving cavity", "apical"})
    EXPECT_EQ(html.find(heart), std::string::npos) << heart;

  RunFolder flow_alone;
  flow_alone.give(d.flow);
  ASSERT_EQ(flow_alone.run(*report::make_stage(), {{"picture_height_px", 100}}), stage::Outcome::complete);
  expect_self_contained(flow_alone.page());
  EXPECT_EQ(flow_alone.quantity("pictures"), 4 + 6);
}

TEST(Report, NamesTheLimitOfAnglesOnlyWhereAGateHasLooked) {
  for (const bool gate : {true, false}) {
    Json figures = Json::array({{{"name", "min_dihedral_angle"}, {"value", 11.0}, {"unit", "deg"}}});
    if (gate) figures.push_back({{"name", "attempts"}, {"value", 1.0}, {"unit", "1"}});
    RunFolder run;
    run.give_with_findings(synthetic().mesh, {{"quantities", figures}});
    ASSERT_EQ(run.run(*report::make_stage(), {{"pictures", false}}), stage::Outcome::complete);
    EXPECT_EQ(run.page().find("more than 15 degrees") != std::string::npos, gate);
    EXPECT_NE(run.page().find("The smallest of each tetrahedron"), std::string::npos);
  }
}

TEST(Report, FhirBundleHoldsEveryFigureAndNoIdentifier) {
  const auto s = synthetic();
  RunFolder run;
  run.give(s.image);
  run.give_with_findings(
      s.labels,
      {{"quantities", Json::array({{{"name", "lv_ejection_fraction"}, {"value", 41.5}, {"unit", "%"}},
                                   {{"name", "lv_end_diastolic_volume"}, {"value", 130.0}, {"unit", "ml"}}})}});
  auto stage = report::make_stage();
  run.run(*stage, {{"pictures", false}});
  const auto bundle = Json::parse(io::read_file(run.folder() / "report/diagnostic_report.json"));
  EXPECT_EQ(bundle["resourceType"], "Bundle");
  EXPECT_EQ(bundle["type"], "collection");
  const auto& report = bundle["entry"][0]["resource"];
  EXPECT_EQ(report["resourceType"], "DiagnosticReport");
  EXPECT_EQ(report["status"], "preliminary");
  EXPECT_EQ(report["effectiveDateTime"], "2026-05-04");
  EXPECT_FALSE(report.contains("subject"));
  EXPECT_FALSE(report.contains("identifier"));
  ASSERT_EQ(report["contained"].size(), 2U);
  const auto& ef = report["contained"][0];
  EXPECT_EQ(ef["code"]["coding"][0]["code"], "10230-1");
  EXPECT_EQ(ef["valueQuantity"]["value"], 41.5);
  EXPECT_EQ(report["contained"][1]["valueQuantity"]["code"], "mL");
  for (std::size_t n = 0; n < 2; ++n) {
    EXPECT_EQ(report["result"][n]["reference"], "#" + report["contained"][n]["id"].get<std::string>());
  }
}

TEST(Report, ActivationWithoutElectrocardiogramOrRepolarisationShowsTheRest) {
  const auto s = synthetic();
  RunFolder run;
  run.give(s.mesh);
  artifacts::Activation activation;
  activation.activation_time_ms = s.activation.activation_time_ms;
  activation.repolarisation_time_ms.assign(s.mesh.points.size(), -1.0);
  run.give(activation);
  auto stage = report::make_stage();
  ASSERT_EQ(run.run(*stage, {{"pictures", false}}), stage::Outcome::complete);
  expect_self_contained(run.page());
  EXPECT_NE(run.page().find("<td>3 basal inferoseptal</td>"), std::string::npos);
  EXPECT_EQ(run.page().find("12-lead electrocardiogram"), std::string::npos);
  EXPECT_EQ(run.page().find("repolarisation [ms]"), std::string::npos);
}

TEST(Report, OfGivenLoadsShowsNoHeartBeat) {
  auto s = synthetic();
  s.motion.aortic_pressure_kPa = s.motion.lv_pressure_kPa;
  s.motion.strain = {};
  RunFolder run;
  run.give(s.mesh);
  run.give_with_findings(s.motion, {{"quantities", Json::array({{{"name", "tip.x"}, {"value", 0.0}, {"unit", "mm"}}})},
                                    {"warnings", Json::array()},
                                    {"assumptions", Json::array()}});
  ASSERT_EQ(run.run(*report::make_stage(), {{"pictures", false}}), stage::Outcome::complete);
  const auto html = run.page();
  expect_self_contained(html);
  EXPECT_NE(html.find("The wall under given loads: no heart beat."), std::string::npos);
  EXPECT_NE(html.find("aria-label=\"Load\""), std::string::npos);
  EXPECT_NE(html.find("aria-label=\"Displacement of tip along z\""), std::string::npos);
  for (const char* beat :
       {"Pressure-volume loop", "Valve flows", "Ejection fraction", "Peak LV pressure", "end systole"})
    EXPECT_EQ(html.find(beat), std::string::npos) << beat;
}

TEST(Report, OfABeatWithoutStrainsShowsTheFibresAlone) {
  auto s = synthetic();
  s.motion.strain = {};
  s.motion.probes = {};
  RunFolder run;
  run.give(s.mesh);
  run.give(s.motion);
  ASSERT_EQ(run.run(*report::make_stage(), {{"pictures", false}}), stage::Outcome::complete);
  expect_self_contained(run.page());
  EXPECT_NE(run.page().find("Fibre strain at end systole"), std::string::npos);
  EXPECT_EQ(run.page().find("Circumferential strain"), std::string::npos);
}

TEST(Report, FieldsOfAnotherMeshAreNamedInsteadOfDrawn) {
  const auto s = synthetic();
  RunFolder run;
  run.give(s.mesh);
  auto activation = s.activation;
  activation.activation_time_ms.pop_back();
  run.give(activation);
  auto motion = s.motion;
  for (auto& frame : motion.displacement) frame.pop_back();
  run.give(motion);
  auto stage = report::make_stage();
  ASSERT_EQ(run.run(*stage, {{"picture_height_px", 100}}), stage::Outcome::complete);
  expect_self_contained(run.page());
  EXPECT_NE(run.page().find("The artifact activation belongs to another mesh"), std::string::npos);
  EXPECT_NE(run.page().find("The artifact wall_motion belongs to another mesh"), std::string::npos);
}

TEST(Report, SaysWhenTheModelBeatsUnlikeTheHeartInTheImages) {
  for (const double least_ml : {95.0, 55.0}) {
    auto s = synthetic();
    s.labels.geometry = {.size = {2, 2, 1}, .spacing = {10, 10, 10}};
    s.labels.labels = {1, 1, 2, 0, 1, 0, 0, 0};  // halves its volume
    s.labels.confidence.clear();
    s.labels.phase_times_ms = {0, 300};
    s.labels.end_diastole = 0;
    s.labels.end_systole = 1;
    s.motion.lv_volume_ml = {100, least_ml, 100};
    RunFolder run;
    run.give(s.labels);
    run.give(s.motion);
    auto stage = report::make_stage();
    ASSERT_EQ(run.run(*stage, {{"pictures", false}}), stage::Outcome::complete);
    const bool said =
        run.page().find("the model ejects 5 % of its volume, the heart in the images 50 %") != std::string::npos;
    EXPECT_EQ(said, least_ml == 95);
  }
}

TEST(Report, EmptyTracesAndFramesDoNotStopIt) {
  RunFolder run;
  auto s = synthetic();
  run.give(s.mesh);
  run.give(artifacts::WallMotion{});
  run.give(artifacts::Flow{});
  auto stage = report::make_stage();
  ASSERT_EQ(run.run(*stage, {{"pictures", false}}), stage::Outcome::complete);
  expect_self_contained(run.page());
}

}  // namespace
}  // namespace cardiotwin::test
