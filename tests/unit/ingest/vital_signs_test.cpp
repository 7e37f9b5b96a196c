#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "cardiotwin/core/error.hpp"
#include "dates.hpp"
#include "support/workbench.hpp"
#include "vitals.hpp"

namespace cardiotwin::ingest {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

Json quantity(double value, const std::string& unit) { return {{"value", value}, {"code", unit}, {"unit", unit}}; }
Json loinc(const std::string& code) { return {{"coding", {{{"system", "http://loinc.org"}, {"code", code}}}}}; }

Json observation(const std::string& id, const std::string& time) {
  return {{"resourceType", "Observation"},
          {"id", id},
          {"status", "final"},
          {"subject", {{"reference", "Patient/1"}}},
          {"effectiveDateTime", time}};
}
Json rate(const std::string& id, const std::string& time, double value) {
  Json o = observation(id, time);
  o["code"] = loinc("8867-4"), o["valueQuantity"] = quantity(value, "/min");
  return o;
}
Json pressure(const std::string& id, const std::string& time, double high, double low,
              const std::string& unit = "mm[Hg]") {
  Json o = observation(id, time);
  o["code"] = loinc("85354-9");
  o["component"] = {{{"code", loinc("8480-6")}, {"valueQuantity", quantity(high, unit)}},
                    {{"code", loinc("8462-4")}, {"valueQuantity", quantity(low, unit)}}};
  return o;
}

class Fhir : public testing::Test {
 protected:
  Record read(const Json& json) {
    const auto file = folder_.path() / "bundle.json";
    std::ofstream(file) << json.dump();
    return read_fhir(file, *seconds_of("2026-01-01"));
  }
  Record bundle(const std::vector<Json>& resources) {
    Json b = {{"resourceType", "Bundle"}, {"type", "collection"}, {"entry", Json::array()}};
    for (const auto& r : resources) b["entry"].push_back({{"resource", r}});
    return read(b);
  }
  std::string refusal(const Json& json) {
    try {
      read(json);
    } catch (const core::Error& error) {
      EXPECT_EQ(error.code(), core::ExitCode::input);
      return error.what();
    }
    ADD_FAILURE() << "not refused";
    return "";
  }
  test::TemporaryFolder folder_;
};

TEST_F(Fhir, LatestReadingCounts) {
  const auto record = bundle(
      {rate("a", "2025-12-01", 60), rate("b", "2025-12-20T08:00:00+01:00", 72), pressure("c", "2025-12-20", 131, 84)});
  const auto v = resolve_vitals({.record = &record, .image_cycle_ms = 900, .image_date = "2025-12-10"}).values;
  EXPECT_EQ(v.heart_rate.value, 72);
  EXPECT_EQ(v.heart_rate.source, "Observation/b");
  EXPECT_EQ(v.systolic_pressure.value, 131);
  EXPECT_EQ(v.diastolic_pressure.value, 84);
  EXPECT_TRUE(v.warnings.empty());
}

TEST_F(Fhir, ImpossibleValuesAreQuarantinedWithTheReason) {
  auto draft = rate("draft", "2025-12-05", 70);
  draft["status"] = "entered-in-error";
  const auto record = bundle({rate("fast", "2025-12-01", 250), pressure("swapped", "2025-12-01", 80, 120), draft,
                              rate("future", "2031-01-01", 70), rate("undated", "", 70),
                              pressure("unit", "2025-12-01", 12, 8, "stone")});
  EXPECT_TRUE(record.readings.empty());
  EXPECT_THAT(
      record.quarantined,
      ElementsAre(HasSubstr("Observation/fast is set aside: heart rate of 250 1/min is outside 25 to 220"),
                  HasSubstr("Observation/swapped is set aside: diastolic 120 over systolic 80 mmHg is impossible"),
                  HasSubstr("status is \"entered-in-error\""), HasSubstr("lies in the future"),
                  HasSubstr("when it was measured"), HasSubstr("systolic pressure in the unit \"stone\""),
                  HasSubstr("diastolic pressure in the unit")));
  const auto v = resolve_vitals({.record = &record}).values;
  EXPECT_EQ(v.heart_rate.source, "default");
  EXPECT_EQ(v.warnings.size(), record.quarantined.size());
}

TEST_F(Fhir, ConflictAtOneTimeIsSaidAndAveraged) {
  const auto record = bundle({rate("a", "2025-12-01", 60), rate("b", "2025-12-01", 90)});
  const auto v = resolve_vitals({.record = &record}).values;
  EXPECT_EQ(v.heart_rate.value, 75);
  EXPECT_NEAR(v.heart_rate.uncertainty, std::hypot(3, 15), 1e-12);
  EXPECT_THAT(v.warnings,
              ElementsAre(HasSubstr("2 readings of 2025-12-01 conflict, 60 to 90 1/min; their mean 75 is used")));
}

TEST_F(Fhir, PressureInKilopascalIsConverted) {
  const auto record = bundle({pressure("a", "2025-12-01", 16, 10.5, "kPa")});
  EXPECT_NEAR(record.readings.at(0).value, 120.01, 0.01);
}

TEST_F(Fhir, ReadingsFarFromTheImagingAreFlagged) {
  const auto record = bundle({rate("a", "2025-01-01", 95), pressure("b", "2025-01-01", 150, 90)});
  const auto v = resolve_vitals({.record = &record, .image_cycle_ms = 1000, .image_date = "2025-03-01"}).values;
  EXPECT_EQ(v.heart_rate.value, 60);
  EXPECT_EQ(v.heart_rate.source, "RR interval of the study");
  EXPECT_EQ(v.systolic_pressure.value, 150);
  EXPECT_EQ(v.systolic_pressure.uncertainty, 10);
  EXPECT_THAT(v.warnings, testing::Contains(HasSubstr("59 days from the imaging; the study's own heart rate is used")));
  EXPECT_THAT(v.warnings, testing::Contains(HasSubstr("59 days from the imaging; its uncertainty is doubled")));
}

TEST_F(Fhir, OtherReleasesAndForeignFilesAreRefusedByName) {
  auto stu3 = rate("a", "2025-12-01", 60);
  stu3["context"] = {{"reference", "Encounter/1"}};
  EXPECT_THAT(refusal(stu3), HasSubstr("FHIR STU3 (Observation.context)"));
  EXPECT_THAT(refusal({{"resourceType", "Bundle"},
                       {"entry", {{{"resource", {{"resourceType", "Condition"}, {"clinicalStatus", "active"}}}}}}}),
              HasSubstr("FHIR STU3 (Condition.clinicalStatus is a code)"));
  EXPECT_THAT(refusal({{"resourceType", "DiagnosticReport"}}), HasSubstr("got a DiagnosticReport"));
  EXPECT_THAT(refusal({{"hello", 1}}), HasSubstr("JSON without a resourceType"));
  auto stranger = rate("b", "2025-12-01", 60);
  stranger["subject"]["reference"] = "Patient/2";
  EXPECT_THAT(refusal({{"resourceType", "Bundle"},
                       {"entry", {{{"resource", rate("a", "2025-12-01", 60)}}, {{"resource", stranger}}}}}),
              HasSubstr("vital signs of 2 patients"));
}

TEST(Vitals, WithoutARecord) {
  const auto none = resolve_vitals({});
  EXPECT_EQ(none.values.heart_rate.value, 70);
  EXPECT_EQ(none.values.systolic_pressure.value, 120);
  EXPECT_EQ(none.values.diastolic_pressure.value, 80);
  EXPECT_GT(none.values.systolic_pressure.uncertainty, vital_signs[systolic_pressure].measured_deviation);
  EXPECT_EQ(none.assumptions.size(), 3U);
  const auto given = resolve_vitals({.given = {0, 140, 0}, .image_cycle_ms = 750}).values;
  EXPECT_EQ(given.heart_rate.value, 80);
  EXPECT_EQ(given.systolic_pressure.source, "case file");
}

TEST(Vitals, PressuresOfTwoSourcesMustFit) {
  const auto v = resolve_vitals({.given = {0, 84, 0}}).values;
  EXPECT_NEAR(v.diastolic_pressure.value, 56, 1e-12);
  EXPECT_THAT(v.warnings, ElementsAre(HasSubstr("does not fit systolic 84")));
}

TEST(SharedFhir, Synthea) {
  const auto data = test::shared_data();
  if (data.empty()) GTEST_SKIP() << "no shared data beside the project: set CARDIOTWIN_SHARED_DATA";
  const double now = *seconds_of("2026-01-01");
  const auto dennis = read_fhir(data / "fhir-r4/synthea/Dennis_Durgan_78f005f3-7b33-4a5b-84d9-28417b36dbab.json", now);
  const auto v = resolve_vitals({.record = &dennis, .image_cycle_ms = 800});
  EXPECT_NEAR(v.values.systolic_pressure.value, 171.03, 0.01);
  EXPECT_EQ(v.values.systolic_pressure.time, "2008-08-19T12:17:10+00:00");
  EXPECT_EQ(v.values.heart_rate.value, 75);
  EXPECT_NEAR(v.reported[ejection_fraction], 37.43, 0.01);
  EXPECT_THAT(v.values.warnings,
              testing::Contains(
                  HasSubstr("ejection fraction: 2 readings of 2008-05-14T12:17:10+00:00 conflict, 31.78 to 43.08 %")));
  for (const char* name :
       {"Beatrice_Aufderhar_5451401c-ab1b-4adc-9df6-c02e856e492a", "Michele_Wolf_9fd25274-3a7d-43d4-87af-a03849074b5a"})
    EXPECT_GE(read_fhir(data / "fhir-r4/synthea" / (std::string(name) + ".json"), now).readings.size(), 20U);
}

TEST(SharedFhir, UsCoreExamples) {
  const auto data = test::shared_data();
  if (data.empty()) GTEST_SKIP() << "no shared data beside the project: set CARDIOTWIN_SHARED_DATA";
  const auto folder = data / "fhir-r4/us-core-examples";
  EXPECT_EQ(read_fhir(folder / "Observation-blood-pressure.json", 2e9).readings.size(), 2U);
  EXPECT_EQ(read_fhir(folder / "Observation-heart-rate.json", 2e9).readings.at(0).value, 44);
  EXPECT_THROW(read_fhir(folder / "DiagnosticReport-cardiology-report.json", 2e9), core::Error);
}

TEST(Dates, OnlyDaysOfTheCalendar) {
  EXPECT_EQ(iso_date("20250102"), "2025-01-02");
  EXPECT_EQ(iso_date("2025.01.02"), "2025-01-02");
  for (const char* wrong : {"20120000", "20250230", "2025", "", "abcdefgh"}) EXPECT_EQ(iso_date(wrong), "") << wrong;
  EXPECT_EQ(*seconds_of("1970-01-02T01:00:00+01:00"), 86400);
  EXPECT_EQ(*seconds_of("1970-01-01T00:00:01.5Z"), 1.5);
  for (const char* wrong : {"2025-13-01", "2025-1-1", "2025-01-01T25:00:00Z", "soon"})
    EXPECT_FALSE(seconds_of(wrong)) << wrong;
}

}  // namespace
}  // namespace cardiotwin::ingest
