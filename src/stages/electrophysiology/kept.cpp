#include "kept.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <system_error>

#include "cardiotwin/config/config.hpp"
#include "cardiotwin/io/files.hpp"
#include "cardiotwin/io/sha256.hpp"

namespace cardiotwin::electrophysiology {

namespace {

using config::Json;

std::optional<std::vector<double>> read(const std::filesystem::path& file, const std::string& key) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return {};
  try {
    const Json content = Json::parse(io::read_file(file));
    const Json& values = content.at("values");
    if (content.at("key") == key && content.at("sha256") == io::sha256(values.dump()))
      return values.get<std::vector<double>>();
  } catch (const std::exception&) {  // torn, foreign or gone: computed again
  }
  return {};
}

void write(const std::filesystem::path& file, const std::string& key, const std::vector<double>& values) {
  if (!std::ranges::all_of(values, [](double x) { return std::isfinite(x); })) return;
  Json content{{"key", key}, {"values", values}};
  content["sha256"] = io::sha256(content["values"].dump());
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  try {
    io::replace_file(file, content.dump(2) + "\n");
  } catch (const std::exception&) {  // a folder that refuses costs the next run its time, this one nothing
  }
}

}  // namespace

std::vector<double> kept(const std::filesystem::path& folder, const std::string& key,
                         const std::function<std::vector<double>()>& compute) {
  const std::filesystem::path file = folder / (io::sha256(key) + ".json");
  if (auto values = read(file, key)) return std::move(*values);
  std::vector<double> values = compute();
  write(file, key, values);
  return values;
}

}  // namespace cardiotwin::electrophysiology
