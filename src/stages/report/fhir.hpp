#pragma once
/// The figures as a FHIR R4 bundle (hl7.org/fhir/R4): one preliminary DiagnosticReport with contained Observations.

#include "dossier.hpp"

namespace cardiotwin::report {

/// No patient, no identifier: a receiving system binds the report to its own patient. `issued` is an ISO 8601 instant.
config::Json diagnostic_report(const Dossier& dossier, const std::string& title, const std::string& issued);

}  // namespace cardiotwin::report
