#pragma once
/// Readings from a FHIR R4 bundle.

#include <filesystem>
#include <string>
#include <vector>

#include "vital_signs.hpp"

namespace cardiotwin::ingest {

/// One value of one observation, in the unit of its vital sign.
struct Reading {
  Vital vital;
  double value;
  double time_s;       ///< since 1970 UTC
  std::string time;    ///< as written
  std::string source;  ///< "Observation/<id>"
};

struct Record {
  std::vector<Reading> readings;
  std::vector<std::string> quarantined;  ///< one sentence each: what was set aside and why
};

/// Reads a Bundle, or a single Observation. Throws core::Error (input) for a file that is not JSON, not FHIR, of an
/// older FHIR release (STU3, DSTU2) by its shape, or about more than one patient. Impossible values are quarantined.
Record read_fhir(const std::filesystem::path& path, double now_s);

}  // namespace cardiotwin::ingest
