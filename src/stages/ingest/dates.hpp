#pragma once
/// Dates and times of DICOM and FHIR.

#include <optional>
#include <string>

namespace cardiotwin::ingest {

/// ISO 8601 date of a DICOM date (YYYYMMDD, or the old YYYY.MM.DD); empty when it is no day of the calendar.
std::string iso_date(const std::string& dicom_date);
/// Seconds since 1970 UTC of an ISO 8601 date or date-time, with or without zone (then UTC); none when it makes no
/// sense.
std::optional<double> seconds_of(const std::string& iso);
/// Today (UTC) as an ISO 8601 date.
std::string today();

inline constexpr double seconds_per_day = 86400;

}  // namespace cardiotwin::ingest
