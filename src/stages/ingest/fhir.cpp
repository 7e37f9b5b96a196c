#include "fhir.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/io/files.hpp"
#include "dates.hpp"

namespace cardiotwin::ingest {
namespace {

using Json = nlohmann::json;

/// Elements that only older releases have; the name of the release is what the reader can act on.
struct OldShape {
  std::string_view resource, element, release;
};
constexpr std::array<OldShape, 12> old_shapes{{{"Observation", "context", "STU3"},
                                               {"Observation", "comment", "STU3"},
                                               {"Observation", "related", "STU3"},
                                               {"Observation", "comments", "DSTU2"},
                                               {"Condition", "assertedDate", "STU3"},
                                               {"Condition", "context", "STU3"},
                                               {"Condition", "dateRecorded", "DSTU2"},
                                               {"Encounter", "incomingReferral", "STU3"},
                                               {"MedicationStatement", "taken", "STU3"},
                                               {"Procedure", "notDone", "STU3"},
                                               {"Patient", "animal", "STU3"},
                                               {"ImagingStudy", "uid", "STU3"}}};

std::string text(const Json& object, const char* key) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

const Json& child(const Json& object, const char* key) {
  static const Json nothing;
  const auto it = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && it != object.end() ? *it : nothing;
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& found, const std::string& remedy) {
  core::fail_input({.where = "ingest.fhir_bundle " + path.string(),
                    .expected = "a FHIR R4 bundle of one patient",
                    .found = found,
                    .remedy = remedy});
}

void refuse_old_release(const Json& resource, const std::filesystem::path& path) {
  const std::string type = text(resource, "resourceType");
  const auto refuse_as = [&](const std::string& release, const std::string& because) {
    refuse(path, "a resource of FHIR " + release + " (" + because + ")", "export it as FHIR R4 (4.0.1)");
  };
  for (const auto& shape : old_shapes)
    if (type == shape.resource && resource.contains(shape.element))
      refuse_as(std::string(shape.release), type + "." + std::string(shape.element));
  if (type == "Condition" && child(resource, "clinicalStatus").is_string())
    refuse_as("STU3", "Condition.clinicalStatus is a code");
  if (const auto& profiles = child(child(resource, "meta"), "profile"); profiles.is_array())
    for (const auto& profile : profiles)
      if (profile.is_string() && (profile.get<std::string>().find("/STU3/") != std::string::npos ||
                                  profile.get<std::string>().find("/3.0/") != std::string::npos))
        refuse_as("STU3", "its profile");
}

std::set<std::string> loinc_codes(const Json& concept_) {
  std::set<std::string> codes;
  for (const auto& coding : child(concept_, "coding"))
    if (text(coding, "system") == "http://loinc.org") codes.insert(text(coding, "code"));
  return codes;
}

/// The moment of an observation; FHIR has three ways to say it.
std::string time_of(const Json& observation) {
  for (const char* key : {"effectiveDateTime", "effectiveInstant"})
    if (const auto t = text(observation, key); !t.empty()) return t;
  return text(child(observation, "effectivePeriod"), "start");
}

class RecordReader {
 public:
  RecordReader(const std::filesystem::path& path, double now_s) : path_(path), now_s_(now_s) {}

  void observation(const Json& o) {
    const std::string id = text(o, "id");
    source_ = "Observation/" + (id.empty() ? "without id" : id);
    const auto first = record.readings.size();
    const auto codes = loinc_codes(child(o, "code"));
    const bool panel = std::any_of(blood_pressure_panels.begin(), blood_pressure_panels.end(),
                                   [&](std::string_view p) { return codes.contains(std::string(p)); });
    const bool vital = std::any_of(vital_signs.begin(), vital_signs.end(),
                                   [&](const VitalSign& v) { return codes.contains(std::string(v.loinc)); });
    if (!panel && !vital) return;
    if (const auto subject = text(child(o, "subject"), "reference"); !subject.empty()) subjects_.insert(subject);
    if (subjects_.size() > 1)
      refuse(path_, "vital signs of " + std::to_string(subjects_.size()) + " patients", "export one patient at a time");
    const std::string status = text(o, "status");
    if (status != "final" && status != "amended" && status != "corrected")
      return set_aside("its status is \"" + (status.empty() ? "missing" : status) + "\"");
    time_ = time_of(o);
    const auto seconds = seconds_of(time_);
    if (!seconds) return set_aside("it does not say when it was measured");
    if (*seconds > now_s_ + seconds_per_day) return set_aside("its time " + time_ + " lies in the future");
    seconds_ = *seconds;
    value_of(codes, o);
    for (const auto& component : child(o, "component")) value_of(loinc_codes(child(component, "code")), component);
    check_pulse_pressure(first);
  }

  Record record;

 private:
  void set_aside(const std::string& why) { record.quarantined.push_back(source_ + " is set aside: " + why); }

  void value_of(const std::set<std::string>& codes, const Json& holder) {
    for (std::size_t n = 0; n < vital_signs.size(); ++n) {
      const auto& sign = vital_signs[n];
      if (!codes.contains(std::string(sign.loinc))) continue;
      const auto& quantity = child(holder, "valueQuantity");
      const auto& value = child(quantity, "value");
      if (!value.is_number()) return set_aside(std::string(sign.name) + " without a value");
      const std::string code = text(quantity, "code"), unit = code.empty() ? text(quantity, "unit") : code;
      const auto factor = std::find_if(unit_factors.begin(), unit_factors.end(),
                                       [&](const UnitFactor& f) { return f.written == unit && f.unit == sign.unit; });
      if (factor == unit_factors.end()) return set_aside(std::string(sign.name) + " in the unit \"" + unit + "\"");
      const double x = value.get<double>() * factor->factor;
      if (!(x >= sign.lowest && x <= sign.highest)) {
        char found[96];
        std::snprintf(found, sizeof found, " of %.4g %s is outside %.4g to %.4g", x, std::string(sign.unit).c_str(),
                      sign.lowest, sign.highest);
        return set_aside(std::string(sign.name) + found);
      }
      record.readings.push_back({static_cast<Vital>(n), x, seconds_, time_, source_});
    }
  }

  /// Of one observation: both pressures are wrong if their order is.
  void check_pulse_pressure(std::size_t first) {
    const auto begin = record.readings.begin() + static_cast<std::ptrdiff_t>(first);
    const auto find = [&](Vital v) {
      return std::find_if(begin, record.readings.end(), [&](const Reading& r) { return r.vital == v; });
    };
    const auto high = find(systolic_pressure), low = find(diastolic_pressure);
    if (high == record.readings.end() || low == record.readings.end()) return;
    if (high->value - low->value >= smallest_pulse_pressure) return;
    char why[96];
    std::snprintf(why, sizeof why, "diastolic %.4g over systolic %.4g mmHg is impossible", low->value, high->value);
    record.readings.erase(begin, record.readings.end());
    set_aside(why);
  }

  const std::filesystem::path& path_;
  double now_s_;
  std::set<std::string> subjects_;
  std::string source_, time_;
  double seconds_ = 0;
};

}  // namespace

Record read_fhir(const std::filesystem::path& path, double now_s) {
  const Json json = Json::parse(io::read_file(path), nullptr, false);
  if (json.is_discarded()) refuse(path, "a file that is not JSON", "export the bundle as JSON");
  const std::string type = text(json, "resourceType");
  if (type.empty()) refuse(path, "JSON without a resourceType", "name a FHIR bundle");
  if (type != "Bundle" && type != "Observation")
    refuse(path, "a " + type, "name a Bundle, or an Observation of a vital sign");
  RecordReader reader(path, now_s);
  std::size_t patients = 0;
  const auto take = [&](const Json& resource) {
    refuse_old_release(resource, path);
    const std::string kind = text(resource, "resourceType");
    if (kind == "Patient" && ++patients > 1) refuse(path, "several patients", "export one patient at a time");
    if (kind == "Observation") reader.observation(resource);
  };
  if (type == "Observation") take(json);
  for (const auto& entry : child(json, "entry")) take(child(entry, "resource"));
  return std::move(reader.record);
}

}  // namespace cardiotwin::ingest
