#include "loads.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <sstream>

#include "cardiotwin/core/log.hpp"

namespace cardiotwin::mechanics {
namespace {

struct Column {
  const char* key;
  const char* unit;
  const char* meaning;
};
constexpr std::array<Column, 4> columns{{{"times_ms", "ms", "times of the given curves, from 0"},
                                         {"pressure_kPa", "kPa", "given pressure of the cavity at these times"},
                                         {"volume_ml", "ml", "given volume of the cavity at these times"},
                                         {"tension_kPa", "kPa", "given active tension at these times"}}};

[[noreturn]] void bad_file(const std::filesystem::path& path, std::size_t line, const std::string& found) {
  core::fail_configuration(
      {.where = "mechanics.loads_file: " + path.string() + (line ? fmt::format(", line {}", line) : ""),
       .expected = "comma-separated columns times_ms and pressure_kPa, volume_ml or tension_kPa, one number in each",
       .found = found,
       .remedy = "correct the file"});
}

using Table = std::map<std::string, std::vector<double>>;

Table read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line, cell;
  if (!std::getline(file, line)) bad_file(path, 0, "an empty or unreadable file");
  std::vector<std::string> head;
  for (std::istringstream row(line); std::getline(row, cell, ',');) {
    if (std::ranges::none_of(columns, [&](const Column& c) { return cell == c.key; }))
      bad_file(path, 1, "a column \"" + cell + "\"");
    head.push_back(cell);
  }
  Table table;
  for (std::size_t number = 2; std::getline(file, line); ++number) {
    if (line.empty()) continue;
    std::istringstream row(line);
    for (const std::string& key : head) {
      double value = 0;
      if (!std::getline(row, cell, ',') || !(std::istringstream(cell) >> value)) bad_file(path, number, line);
      table[key].push_back(value);
    }
  }
  return table;
}

}  // namespace

config::Spec load_parameters() {
  config::Spec spec;
  for (const Column& c : columns)
    spec.push_back({.key = c.key,
                    .type = config::Type::numbers,
                    .fallback = config::Json::array(),
                    .unit = c.unit,
                    .meaning = c.meaning});
  spec.push_back(
      {.key = "loads_file",
       .type = config::Type::path,
       .fallback = "",
       .meaning = "CSV file with given curves; its head names the columns as above; a list wins over a column",
       .exists = config::Exists::file});
  return spec;
}

circulation::Curve given_curve(const config::Section& config, const std::string& key, double factor) {
  std::vector<double> times = config.numbers("times_ms"), values = config.numbers(key);
  if (const auto path = config.path("loads_file"); values.empty() && !path.empty()) {
    Table table = read(path);
    times = table["times_ms"], values = table[key];
  }
  if (values.empty() || values.size() != times.size())
    core::fail_configuration({.where = "mechanics." + key,
                              .expected = fmt::format("a value for each of the {} times_ms", times.size()),
                              .found = fmt::format("{} values", values.size()),
                              .remedy = "give times_ms and " + key + ", or a loads_file with these columns"});
  for (double& v : values) v *= factor;
  return {std::move(times), std::move(values), circulation::Interpolation::linear, 0, "mechanics." + key};
}

double loads_end_ms(const config::Section& config) {
  std::vector<double> times = config.numbers("times_ms");
  if (const auto path = config.path("loads_file"); !path.empty()) times = read(path)["times_ms"];
  if (times.empty() || !(times.back() > 0))
    core::fail_configuration({.where = "mechanics.times_ms",
                              .expected = "ascending times from 0, as loads are given",
                              .found = "none",
                              .remedy = "give times_ms with the curves, or a loads_file"});
  return times.back();
}

}  // namespace cardiotwin::mechanics
