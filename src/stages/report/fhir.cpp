#include "fhir.hpp"

#include <map>

namespace cardiotwin::report {
namespace {

using config::Json;

/// UCUM code of a unit as this project writes it, or empty.
std::string ucum(const std::string& unit) {
  static const std::map<std::string, std::string> codes{
      {"ml", "mL"},    {"ml/s", "mL/s"}, {"mmHg", "mm[Hg]"},   {"1", "1"},         {"", "1"},
      {"%", "%"},      {"ms", "ms"},     {"s", "s"},           {"kPa", "kPa"},     {"Pa", "Pa"},
      {"mm", "mm"},    {"m/s", "m/s"},   {"g", "g"},           {"deg", "deg"},     {"1/min", "/min"},
      {"mm^3", "mm3"}, {"mV", "mV"},     {"deg/cm", "deg/cm"}, {"kPa/s", "kPa/s"}, {"mmHg/s", "mm[Hg]/s"}};
  const auto found = codes.find(unit);
  return found == codes.end() ? "" : found->second;
}

Json observation(const std::string& id, const std::string& stage, const stage::Quantity& q) {
  Json value{{"value", q.value}};
  if (!q.unit.empty()) value["unit"] = q.unit;
  if (const auto code = ucum(q.unit); !code.empty()) {
    value["system"] = "http://unitsofmeasure.org";
    value["code"] = code;
  }
  Json code{{"text", stage + "." + q.name}};
  if (q.name.ends_with("ejection_fraction") && q.unit == "%" && q.name.find("rv_") == std::string::npos) {
    code["coding"] = Json::array(
        {{{"system", "http://loinc.org"}, {"code", "10230-1"}, {"display", "Left ventricular Ejection fraction"}}});
  }
  return {
      {"resourceType", "Observation"}, {"id", id}, {"status", "preliminary"}, {"code", code}, {"valueQuantity", value}};
}

}  // namespace

Json diagnostic_report(const Dossier& dossier, const std::string& title, const std::string& issued) {
  Json contained = Json::array(), result = Json::array();
  for (const auto& stage : dossier.stages) {
    for (const auto& q : stage.quantities) {
      const std::string id = "figure-" + std::to_string(contained.size() + 1);
      contained.push_back(observation(id, stage.name, q));
      result.push_back({{"reference", "#" + id}});
    }
  }
  Json report{{"resourceType", "DiagnosticReport"},
              {"status", "preliminary"},
              {"code", {{"text", title}}},
              {"issued", issued},
              {"conclusion", "Computed by a model; research use only, not for diagnosis or treatment."}};
  if (!contained.empty()) {  // FHIR forbids empty arrays
    report["contained"] = contained;
    report["result"] = result;
  }
  if (dossier.image && !dossier.image->facts.acquisition_date.empty()) {
    report["effectiveDateTime"] = dossier.image->facts.acquisition_date;
  }
  return {{"resourceType", "Bundle"}, {"type", "collection"}, {"entry", Json::array({{{"resource", report}}})}};
}

}  // namespace cardiotwin::report
