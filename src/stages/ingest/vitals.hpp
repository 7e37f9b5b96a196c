#pragma once
/// From readings to the values the twin is driven with: one rule for conflicts, one for what is missing.

#include "cardiotwin/artifacts/image.hpp"
#include "fhir.hpp"

namespace cardiotwin::ingest {

struct VitalsInput {
  const Record* record = nullptr;  ///< null without a bundle
  std::array<double, 3> given{};   ///< from the case file, in the order of Vital; 0 where it says nothing
  double image_cycle_ms = 0;       ///< 0 when the study does not say
  std::string image_date{};        ///< ISO, or empty
  double skew_limit_days = 30;
};

struct Vitals {
  artifacts::ClinicalValues values;
  std::vector<std::string> assumptions;
  std::array<double, vital_signs.size()> reported{};  ///< chosen reading of each sign; 0 where there is none
};

/// Rule: the case file, then the latest reading (the mean of those of one moment, its deviation widened by their
/// spread), then for the heart rate the study's RR interval, then the default with its wider deviation. A reading
/// further than the limit from the imaging has twice the deviation, and its heart rate yields to the study's.
Vitals resolve_vitals(const VitalsInput& input);

}  // namespace cardiotwin::ingest
