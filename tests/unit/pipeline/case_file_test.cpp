#include "case_file.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "cardiotwin/io/files.hpp"
#include "plan.hpp"

namespace cardiotwin::pipeline {
namespace {

namespace fs = std::filesystem;
using config::Json;

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::configuration);
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

TEST(CaseFile, CommentsAreAllowedDuplicatesAreNot) {
  EXPECT_EQ(parse_case("a.json", "{\"name\": \"x\" // a comment\n}")["name"], "x");
  const auto text =
      message_of([] { (void)parse_case("a.json", R"({"ingest": {"modality": "MR", "modality": "CT"}})"); });
  EXPECT_NE(text.find("a.json: modality"), std::string::npos) << text;
}

TEST(CaseFile, SyntaxErrorSaysWhere) {
  const auto text = message_of([] { (void)parse_case("a.json", "{\"name\": \n oops}"); });
  EXPECT_NE(text.find("line 2"), std::string::npos) << text;
}

TEST(CaseFile, UnknownSectionAndKeyAreHinted) {
  const StageTable table;
  std::vector<core::Fault> problems;
  const Json given{{"mechanic", Json::object()}, {"ingest", {{"dicom_foldr", "/tmp"}}}};
  (void)resolve_case("p.json", given, table, {"ingest"}, problems);
  ASSERT_GE(problems.size(), 2U);
  EXPECT_EQ(problems[0].remedy, "did you mean \"mechanics\"?");
  EXPECT_EQ(problems[1].remedy, "did you mean \"dicom_folder\"?");
}

TEST(CaseFile, SetPathsAreRelativeToTheCurrentFolder) {
  const StageTable table;
  Json given = Json::object();
  apply_set(given, "ingest.dicom_folder=some/where", table);
  apply_set(given, "checkpoint_interval_s=2.5", table);
  EXPECT_EQ(given["ingest"]["dicom_folder"], (fs::current_path() / "some/where").string());
  EXPECT_DOUBLE_EQ(given["checkpoint_interval_s"].get<double>(), 2.5);
  (void)message_of([&] { apply_set(given, "nonsense", table); });
}

TEST(CaseFile, FilesAreLookedForOnlyForStagesThatRun) {
  const StageTable table;
  const Json given{{"ingest", {{"dicom_folder", "/no/such/folder"}}}};
  std::vector<core::Fault> problems;
  (void)resolve_case("p.json", given, table, {"mechanics"}, problems);
  EXPECT_TRUE(problems.empty());
  (void)resolve_case("p.json", given, table, {"ingest"}, problems);
  EXPECT_EQ(problems.size(), 1U);
}

TEST(Plan, StageNamesAreChecked) {
  const StageTable table;
  Request request;
  request.only = "mechnics";
  const auto text = message_of([&] { (void)selected_stages(request, {}, table); });
  EXPECT_NE(text.find("did you mean \"mechanics\"?"), std::string::npos) << text;
  request = {};
  request.from = "mechanics";
  request.to = "meshing";
  (void)message_of([&] { (void)selected_stages(request, {}, table); });
}

TEST(Plan, ACaseMayConsistOfSomeStages) {
  const StageTable table;
  const std::vector<std::string> listed{"meshing", "electrophysiology"};
  Request request;
  EXPECT_EQ(selected_stages(request, listed, table), (std::set<std::string>{"meshing", "electrophysiology"}));
  request.from = "electrophysiology";
  EXPECT_EQ(selected_stages(request, listed, table), std::set<std::string>{"electrophysiology"});
  request = {};
  request.only = "report";
  EXPECT_EQ(selected_stages(request, listed, table), std::set<std::string>{"report"});
  (void)message_of([&] { (void)selected_stages({}, {"mesh"}, table); });
  std::vector<core::Fault> problems;
  (void)resolve_case("p.json", Json::object(), table, {"meshing"}, problems);  // ingest's folder is not missed
  EXPECT_TRUE(problems.empty());
}

TEST(StageTable, EveryStageReadsWhatAnEarlierOneWrites) {
  const StageTable table;  // throws otherwise
  ASSERT_EQ(table.entries().size(), 7U);
  for (const auto& entry : table.entries())
    for (const auto& parameter : entry.parameters) EXPECT_FALSE(parameter.meaning.empty()) << parameter.key;
}

TEST(StageTable, LoadsAPlugin) {
  const StageTable table({EXAMPLE_PLUGIN});
  ASSERT_EQ(table.entries().size(), 8U);
  EXPECT_EQ(table.entries()[6].contract.name, "wall_mass");
  EXPECT_EQ(table.upstream(table.entries()[6]), std::vector<std::string>{"meshing"});
}

TEST(StageTable, RefusesPluginsThatDoNotFit) {
  EXPECT_NE(message_of([] { const StageTable t({OLD_PLUGIN}); }).find("plugin ABI 1, got 0"), std::string::npos);
  EXPECT_NE(message_of([] { const StageTable t({"/no/such.so"}); }).find("/no/such.so"), std::string::npos);
}

TEST(Schema, CommittedFilesAreCurrent) {
  const fs::path source = CARDIOTWIN_SOURCE_DIR;
  EXPECT_EQ(io::read_file(source / "configs/schema.json"), schema()) << "run: cardiotwin schema > configs/schema.json";
  EXPECT_EQ(io::read_file(source / "docs/parameters.md"), reference())
      << "run: cardiotwin schema --markdown > docs/parameters.md";
}

TEST(Configs, EveryCaseFileIsValid) {
  const StageTable table;
  int count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(CARDIOTWIN_SOURCE_DIR) / "configs")) {
    if (entry.path().extension() != ".json" || entry.path().filename() == "schema.json") continue;
    Json given = parse_case(entry.path(), io::read_file(entry.path()));
    apply_set(given, "ingest.dicom_folder=/tmp", table);
    std::vector<core::Fault> problems;
    std::set<std::string> all;
    for (const auto& stage : table.entries()) all.insert(stage.contract.name);
    (void)resolve_case(entry.path(), given, table, all, problems);
    for (const auto& problem : problems) ADD_FAILURE() << core::format(problem);
    count += 1;
  }
  EXPECT_GE(count, 2);
}

}  // namespace
}  // namespace cardiotwin::pipeline
