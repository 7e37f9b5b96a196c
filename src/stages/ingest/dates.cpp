#include "dates.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace cardiotwin::ingest {
namespace {

std::optional<std::chrono::sys_days> day_of(int year, int month, int day) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < 1900 || year > 2200) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::string iso(const std::chrono::year_month_day& date) {
  char text[16];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return text;
}

}  // namespace

std::string iso_date(const std::string& dicom_date) {
  std::string digits = dicom_date;
  std::erase(digits, '.');
  if (digits.size() != 8 || !std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c); }))
    return "";
  const auto day =
      day_of(std::stoi(digits.substr(0, 4)), std::stoi(digits.substr(4, 2)), std::stoi(digits.substr(6, 2)));
  return day ? iso(*day) : "";
}

std::optional<double> seconds_of(const std::string& text) {
  int year = 0, month = 1, day = 1, hour = 0, minute = 0, used = 0;
  double second = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || used != 10) return std::nullopt;
  const auto date = day_of(year, month, day);
  if (!date) return std::nullopt;
  double total = static_cast<double>(date->time_since_epoch().count()) * seconds_per_day;
  if (text.size() == 10) return total;
  if (std::sscanf(text.c_str() + 10, "T%2d:%2d:%lf%n", &hour, &minute, &second, &used) != 3) return std::nullopt;
  if (hour > 23 || minute > 59 || second >= 61) return std::nullopt;
  total += hour * 3600 + minute * 60 + second;
  const std::string zone = text.substr(10 + static_cast<std::size_t>(used));
  if (zone.empty() || zone == "Z") return total;
  char sign = 0;
  int zone_hour = 0, zone_minute = 0;
  if (std::sscanf(zone.c_str(), "%c%2d:%2d", &sign, &zone_hour, &zone_minute) != 3 || (sign != '+' && sign != '-'))
    return std::nullopt;
  const double shift = zone_hour * 3600 + zone_minute * 60;
  return sign == '+' ? total - shift : total + shift;
}

std::string today() {
  return iso(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now())));
}

}  // namespace cardiotwin::ingest
