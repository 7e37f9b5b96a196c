/// A real study of six slices 17.7 mm apart and five long-axis views, against the surfaces that its owners fitted.
#include <gtest/gtest.h>

#include <cstdlib>

#include "cardiotwin/artifacts/labels.hpp"
#include "cardiotwin/artifacts/long_axis_views.hpp"
#include "cardiotwin/config/config.hpp"
#include "cardiotwin/io/files.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "support/workbench.hpp"

namespace cardiotwin {
namespace {

TEST(BivMe, SurfacesLieWhereTheirFitHasThem) {
  if (test::shared_data().empty()) GTEST_SKIP() << "no real data: set CARDIOTWIN_SHARED_DATA to its folder";
  const auto data = test::shared_data() / "bivme-cine4d";
  test::Workbench study, bench;
  study.run(*ingest::make_stage(), {{"dicom_folder", data.string()}, {"reference_date", "2026-01-01"}});
  const auto views = study.result<artifacts::LongAxisViews>();
  ASSERT_EQ(views.views.size(), 5U);
  for (const auto& view : views.views) EXPECT_EQ(std::ssize(view.pixels), 9 * view.geometry.voxels());
  bench.give(study.result<artifacts::Image>());
  bench.give(views);
  bench.run(*segmentation::make_stage(), {});
  EXPECT_EQ(bench.quantity("anatomy.long_axis_views"), 3);  // two show the right ventricle
  EXPECT_GE(bench.quantity("anatomy.base_marks"), 4);
  EXPECT_LT(bench.quantity("anatomy.base_tilt"), 12);
  const double cavity_ml = bench.quantity("anatomy.lv_cavity_volume");
  EXPECT_NEAR(cavity_ml / 179.1, 1, 0.1);  // inside the fitted endocardium of that phase, closed by flat triangles

  if (std::system("/usr/bin/python3 -c 'import vtk, h5py' 2>/dev/null") != 0)
    GTEST_SKIP() << "python3-vtk9 and python3-h5py are not installed";
  std::filesystem::copy_file(bench.output_file(), bench.folder() / "segmentation.h5");
  const auto surface = [&](const char* name) {
    return (data / "models_vtk" / ("patient1_" + std::string(name) + "_024.vtk")).string();
  };
  const std::string command = "/usr/bin/python3 " CARDIOTWIN_SOURCE_DIR "/scripts/compare_surfaces.py " +
                              bench.folder().string() + " --endocardium " + surface("LV_ENDOCARDIAL") +
                              " --epicardium " + surface("EPICARDIAL") + " --right-endocardium " +
                              surface("RV_ENDOCARDIAL") + " --json > " + (bench.folder() / "distances.json").string();
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  const auto distances = config::Json::parse(io::read_file(bench.folder() / "distances.json"));
  EXPECT_LT(distances["endocardium"]["mean"].get<double>(), 2.5);
  EXPECT_LT(distances["epicardium"]["mean"].get<double>(), 3);
}

}  // namespace
}  // namespace cardiotwin
