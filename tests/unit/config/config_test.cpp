#include "cardiotwin/config/config.hpp"

#include <gtest/gtest.h>

#include "cardiotwin/config/range.hpp"

namespace cardiotwin::config {
namespace {

Spec example() {
  return {
      {.key = "time_step_ms",
       .type = Type::number,
       .fallback = 0.05,
       .unit = "ms",
       .range = "(0, 1]",
       .meaning = "step"},
      {.key = "model", .type = Type::text, .fallback = "a", .choices = {"a", "b"}, .meaning = "which"},
      {.key = "folder", .type = Type::path, .fallback = nullptr, .meaning = "name a folder", .exists = Exists::folder},
      {.key = "leads",
       .type = Type::list,
       .fallback = Json::array(),
       .meaning = "leads",
       .items = {{.key = "delay_ms", .type = Type::number, .fallback = 0.0, .range = "[0, inf)", .meaning = "delay"}}}};
}

std::vector<core::Fault> problems_of(const Json& given) {
  std::vector<core::Fault> problems;
  (void)resolve(given, example(), "p.json: s", "/", problems);
  return problems;
}

TEST(Config, DecimalCommaIsExplained) {
  const auto problems = problems_of({{"folder", "/tmp"}, {"time_step_ms", "0,05"}});
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(core::format(problems[0]),
            "p.json: s.time_step_ms\n  expected a number in (0, 1] [ms], got \"0,05\" (string)\n"
            "  write a number with a decimal point and without quotes: 0.05");
}

TEST(Config, AllProblemsInOnePass) {
  const auto problems = problems_of({{"time_step", 0.1}, {"model", "c"}, {"leads", {{{"delay_ms", -1}}}}});
  ASSERT_EQ(problems.size(), 4U);  // unknown key, unknown model, missing folder, negative delay
  EXPECT_EQ(problems[0].remedy, "did you mean \"time_step_ms\"?");
  EXPECT_EQ(problems[1].expected, "one of \"a\", \"b\"");
  EXPECT_EQ(problems[2].found, "nothing");
  EXPECT_EQ(problems[3].where, "p.json: s.leads[0].delay_ms");
}

TEST(Config, MissingFolderIsNamed) {
  const auto problems = problems_of({{"folder", "no/such"}});
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].found, "\"/no/such\", which does not exist");
}

TEST(Config, DefaultsFillWhatIsNotGiven) {
  const Section section = section_of(example(), {{"folder", "/tmp"}, {"leads", {Json::object()}}});
  EXPECT_DOUBLE_EQ(section.number("time_step_ms"), 0.05);
  EXPECT_EQ(section.text("model"), "a");
  EXPECT_DOUBLE_EQ(section.list("leads").at(0).number("delay_ms"), 0.0);
  EXPECT_THROW((void)section.number("undeclared"), std::logic_error);
}

TEST(Range, HoldsItsEndsAsWritten) {
  EXPECT_FALSE(Range("(0, 1]").holds(0));
  EXPECT_TRUE(Range("(0, 1]").holds(1));
  EXPECT_TRUE(Range("[0, inf)").holds(1e300));
  EXPECT_FALSE(Range("[0, inf)").holds(INFINITY));
  EXPECT_TRUE(Range("(-inf, 0)").holds(-3));
}

}  // namespace
}  // namespace cardiotwin::config
