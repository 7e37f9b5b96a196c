#include <gtest/gtest.h>

#include <fstream>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/core/error.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "support/workbench.hpp"

namespace cardiotwin::meshing {
namespace {

/// 4 x 2 x 2 voxels of 1 mm with their corner in the origin: 1 where x is in [1, 2], 2 in [2, 3], 0 elsewhere.
void write_labels(const std::filesystem::path& path, double shift_mm) {
  std::ofstream file(path, std::ios::binary);
  file << "NRRD0005\ntype: uint8\ndimension: 3\nspace: left-posterior-superior\nsizes: 4 2 2\n"
       << "space directions: (1,0,0) (0,1,0) (0,0,1)\nencoding: raw\nspace origin: (" << 0.5 + shift_mm
       << ",0.5,0.5)\n\n";
  for (int row = 0; row < 4; ++row) file.write("\0\1\2\0", 4);
}

class TissueLabels : public testing::Test {
 protected:
  stage::Outcome mesh(double shift_mm) {
    core::on_root(core::Comm(), [&] { write_labels(bench.folder() / "scar.nrrd", shift_mm); });
    const auto stage = make_stage();
    return bench.run(*stage, {{"source", "slab"},
                              {"slab_size_mm", {4, 2, 2}},
                              {"slab_elements", {8, 4, 4}},
                              {"tissue_labels_file", "scar.nrrd"}});
  }
  test::Workbench bench;
};

TEST_F(TissueLabels, CellsTakeTheLabelAtTheirMiddle) {
  ASSERT_EQ(mesh(0), stage::Outcome::complete);
  const auto heart = bench.result<artifacts::HeartMesh>();
  ASSERT_EQ(heart.tissue.size(), heart.cells.size());
  for (std::size_t c = 0; c < heart.cells.size(); ++c) {
    double x = 0;
    for (const auto p : heart.cells[c]) x += heart.points[p][0] / 4;
    EXPECT_EQ(heart.tissue[c], x < 1 ? 0 : x < 2 ? 1 : x < 3 ? 2 : 0) << x;
  }
  EXPECT_EQ(bench.quantity("labelled_tissue_cells"), static_cast<double>(heart.cells.size()) / 2);
}

TEST_F(TissueLabels, BesideTheWallAreAnError) {
  try {
    mesh(100);
    FAIL() << "was accepted";
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::input);
    EXPECT_NE(std::string(error.what()).find("patient coordinates"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace cardiotwin::meshing
