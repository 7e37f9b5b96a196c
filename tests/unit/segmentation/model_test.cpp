/// What a damaged model file does.
#include "model.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/io/files.hpp"
#include "cardiotwin/io/sha256.hpp"
#include "support/workbench.hpp"

namespace cardiotwin::segmentation {
namespace {

const std::filesystem::path shipped = CARDIOTWIN_SOURCE_DIR "/data/models/short_axis_cine_mr.h5";

/// The error that a file with these bytes gives.
core::Error error_of(const std::string& bytes) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "network.h5";
  std::ofstream(path, std::ios::binary) << bytes;
  try {
    load_model(path);
  } catch (const core::Error& error) {
    EXPECT_NE(std::string(error.what()).find("network.h5"), std::string::npos)
        << "the file must be named: " << error.what();
    return error;
  }
  throw std::logic_error("the file was accepted");
}

TEST(ModelFile, ShippedOneIsWhole) {
  const Model model = load_model(shipped);
  EXPECT_EQ(model.modality, "MR");
  EXPECT_EQ(model.orientation, "short-axis");
  EXPECT_EQ(model.labels, (std::vector<std::string>{"background", "lv_cavity", "lv_wall", "rv_cavity"}));
  EXPECT_LT(std::filesystem::file_size(shipped), 10'000'000U);
}

TEST(ModelFile, ManifestHoldsTheHashes) {
  const std::string manifest = io::read_file(CARDIOTWIN_SOURCE_DIR "/data/MANIFEST");
  for (const char* name : {"models/short_axis_cine_mr.h5", "models/short_axis_cine_mr.json"}) {
    const std::string line = io::sha256_file(std::filesystem::path(CARDIOTWIN_SOURCE_DIR "/data") / name) + "  " + name;
    EXPECT_NE(manifest.find(line), std::string::npos) << line;
  }
}

TEST(ModelFile, TruncatedIsNamed) {
  const std::string whole = io::read_file(shipped);
  EXPECT_EQ(error_of(whole.substr(0, whole.size() / 2)).code(), core::ExitCode::integrity);
  EXPECT_EQ(error_of("").code(), core::ExitCode::integrity);
}

TEST(ModelFile, AlteredWeightIsNamed) {
  const std::string whole = io::read_file(shipped);
  // Any byte of a large weight array: look for one far from the headers.
  const Model model = load_model(shipped);
  const Weights* largest = nullptr;
  for (const auto& node : model.graph)
    for (const auto& [key, weights] : node.weights)
      if (!largest || weights.values.size() > largest->values.size()) largest = &weights;
  const std::string_view pattern(reinterpret_cast<const char*>(largest->values.data()), 256);
  const std::size_t at = whole.find(pattern);
  ASSERT_NE(at, std::string::npos);
  std::string altered = whole;
  altered[at + 100] = static_cast<char>(altered[at + 100] ^ 1);
  const core::Error error = error_of(altered);
  EXPECT_EQ(error.code(), core::ExitCode::integrity);
  EXPECT_NE(error.fault().found.find("altered"), std::string::npos) << error.what();
}

TEST(ModelFile, AlteredDescriptionIsNamed) {
  std::string altered = io::read_file(shipped);
  const std::size_t at = altered.find("\"modality\": \"MR\"");
  ASSERT_NE(at, std::string::npos);
  altered.replace(at, 16, "\"modality\": \"CT\"");
  EXPECT_EQ(error_of(altered).code(), core::ExitCode::integrity);
}

TEST(ModelFile, ForeignAndMissingAreNamed) {
  EXPECT_EQ(error_of("not HDF5 at all").code(), core::ExitCode::integrity);
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "network.h5";
  {
    io::Writer other(path);
    other.write("/value", 3.0);
    other.close();
  }
  EXPECT_EQ(error_of(io::read_file(path)).code(), core::ExitCode::integrity);
  try {
    load_model(folder.path() / "absent.h5");
    FAIL();
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::input);
  }
}

}  // namespace
}  // namespace cardiotwin::segmentation
