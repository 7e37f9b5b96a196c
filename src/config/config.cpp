#include "cardiotwin/config/config.hpp"

#include <algorithm>
#include <cmath>

#include "cardiotwin/config/range.hpp"

namespace cardiotwin::config {
namespace {

namespace fs = std::filesystem;

std::string describe(const Json& value) {
  std::string text = value.dump();
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return value.is_string() ? text + " (string)" : text;
}

std::string wanted(const Parameter& p) {
  static constexpr const char* names[] = {"a number",         "an integer", "true or false",     "a string",
                                          "a path",           "[x, y, z]",  "a list of numbers", "a list of strings",
                                          "a list of objects"};
  std::string text = names[static_cast<std::size_t>(p.type)];
  if (!p.choices.empty()) {
    text = p.type == Type::texts ? "a list of strings among" : "one of";
    for (std::size_t i = 0; i < p.choices.size(); ++i) text += (i ? ", \"" : " \"") + p.choices[i] + "\"";
  }
  if (!p.range.empty()) text += " in " + p.range;
  if (!p.unit.empty()) text += " [" + p.unit + "]";
  return text;
}

bool has_type(const Parameter& p, const Json& v) {
  const auto all = [&](auto test) { return v.is_array() && std::all_of(v.begin(), v.end(), test); };
  const auto is_number = [](const Json& x) { return x.is_number(); };
  switch (p.type) {
    case Type::number:
      return v.is_number();
    case Type::integer:
      return v.is_number_integer();
    case Type::boolean:
      return v.is_boolean();
    case Type::text:
    case Type::path:
      return v.is_string();
    case Type::vec3:
      return all(is_number) && v.size() == 3;
    case Type::numbers:
      return all(is_number);
    case Type::texts:
      return all([](const Json& x) { return x.is_string(); });
    case Type::list:
      return all([](const Json& x) { return x.is_object(); });
  }
  return false;
}

bool in_range(const Parameter& p, const Json& v) {
  if (p.range.empty()) return true;
  const Range range(p.range);
  if (v.is_array()) return std::all_of(v.begin(), v.end(), [&](const Json& x) { return range.holds(x.get<double>()); });
  return range.holds(v.get<double>());
}

bool in_choices(const Parameter& p, const Json& v) {
  const auto known = [&](const Json& x) {
    return std::ranges::find(p.choices, x.get<std::string>()) != p.choices.end();
  };
  if (p.choices.empty()) return true;
  return v.is_array() ? std::all_of(v.begin(), v.end(), known) : known(v);
}

std::string type_remedy(const Parameter& p, const Json& v) {
  if (v.is_string() && (p.type == Type::number || p.type == Type::integer)) {
    std::string text = v.get<std::string>();
    std::ranges::replace(text, ',', '.');
    std::size_t used = 0;
    try {
      (void)std::stod(text, &used);
    } catch (const std::exception&) {
      used = 0;
    }
    if (used == text.size() && used > 0) return "write a number with a decimal point and without quotes: " + text;
  }
  if (p.fallback.is_null()) return p.meaning;
  return "leave it out for the default, " + p.fallback.dump();
}

void check_path(const Parameter& p, const Json& v, const std::string& where, const fs::path& base,
                std::vector<core::Fault>& problems) {
  const std::string text = v.get<std::string>();
  if (text.empty()) {
    if (p.fallback.is_null()) problems.push_back({where, wanted(p), "\"\"", p.meaning});
    return;
  }
  if (p.exists == Exists::no_matter) return;
  const fs::path path = fs::path(text).is_absolute() ? fs::path(text) : base / text;
  std::error_code ignored;
  const bool right = p.exists == Exists::file ? fs::is_regular_file(path, ignored) : fs::is_directory(path, ignored);
  if (right) return;
  const bool there = fs::exists(path, ignored);
  problems.push_back(
      {where, p.exists == Exists::file ? "a file" : "a folder",
       "\"" + path.lexically_normal().string() + "\", which " + (there ? "is something else" : "does not exist"),
       "relative paths are relative to the case file (on the command line, to the current folder)"});
}

Json resolve_value(const Parameter& p, const Json& v, const std::string& where, const fs::path& base,
                   std::vector<core::Fault>& problems) {
  if (!has_type(p, v)) {
    problems.push_back({where, wanted(p), describe(v), type_remedy(p, v)});
    return p.fallback;
  }
  if (p.type == Type::list) {
    Json items = Json::array();
    for (std::size_t i = 0; i < v.size(); ++i)
      items.push_back(resolve(v[i], p.items, where + "[" + std::to_string(i) + "]", base, problems));
    return items;
  }
  if (!in_range(p, v) || !in_choices(p, v)) problems.push_back({where, wanted(p), describe(v), p.meaning});
  if (p.type == Type::path) check_path(p, v, where, base, problems);
  return p.type == Type::number ? Json(v.get<double>()) : v;
}

}  // namespace

Parameter number(std::string key, double fallback, std::string unit, std::string range, std::string meaning) {
  return {.key = std::move(key),
          .type = Type::number,
          .fallback = fallback,
          .unit = std::move(unit),
          .range = std::move(range),
          .meaning = std::move(meaning)};
}

Parameter integer(std::string key, int fallback, std::string range, std::string meaning) {
  return {.key = std::move(key),
          .type = Type::integer,
          .fallback = fallback,
          .range = std::move(range),
          .meaning = std::move(meaning)};
}

Parameter choice(std::string key, std::string fallback, std::vector<std::string> choices, std::string meaning) {
  return {.key = std::move(key),
          .type = Type::text,
          .fallback = std::move(fallback),
          .choices = std::move(choices),
          .meaning = std::move(meaning)};
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string nearest(std::string_view key, const std::vector<std::string>& known) {
  if (known.empty()) return {};
  return *std::ranges::min_element(known, {}, [&](const std::string& k) { return edit_distance(key, k); });
}

Range::Range(const std::string& text) {
  const auto comma = text.find(',');
  if (text.size() < 5 || comma == std::string::npos) throw std::logic_error("malformed range " + text);
  const auto bound = [](const std::string& t) -> double {
    if (t.find("inf") != std::string::npos) return t.find('-') != std::string::npos ? -INFINITY : INFINITY;
    return std::stod(t);
  };
  low_ = bound(text.substr(1, comma - 1));
  high_ = bound(text.substr(comma + 1, text.size() - comma - 2));
  low_open_ = text.front() == '(';
  high_open_ = text.back() == ')';
}

bool Range::holds(double value) const {
  return std::isfinite(value) && (low_open_ ? value > low_ : value >= low_) &&
         (high_open_ ? value < high_ : value <= high_);
}

Json resolve(const Json& given, const Spec& spec, const std::string& where, const fs::path& base,
             std::vector<core::Fault>& problems) {
  Json resolved = Json::object();
  std::vector<std::string> known;
  for (const auto& p : spec) known.push_back(p.key);
  for (const auto& [key, value] : given.items()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    const std::string hint = nearest(key, known);
    problems.push_back({where + "." + key, "a known key", "\"" + key + "\"",
                        hint.empty() ? "this section has no parameters" : "did you mean \"" + hint + "\"?"});
  }
  for (const auto& p : spec) {
    const std::string at = where + "." + p.key;
    if (given.contains(p.key)) {
      resolved[p.key] = resolve_value(p, given[p.key], at, base, problems);
    } else if (p.fallback.is_null()) {
      problems.push_back({at, wanted(p), "nothing", p.meaning});
    } else if (p.type == Type::list) {
      resolved[p.key] = resolve_value(p, p.fallback, at, base, problems);
    } else {
      resolved[p.key] = p.type == Type::number ? Json(p.fallback.get<double>()) : p.fallback;
    }
  }
  return resolved;
}

const Json& Section::at(std::string_view key) const {
  const auto found = values_.find(std::string(key));
  if (found == values_.end()) throw std::logic_error("parameter not declared: " + std::string(key));
  return *found;
}

double Section::number(std::string_view key) const { return at(key).get<double>(); }
std::int64_t Section::integer(std::string_view key) const { return at(key).get<std::int64_t>(); }
bool Section::boolean(std::string_view key) const { return at(key).get<bool>(); }
std::string Section::text(std::string_view key) const { return at(key).get<std::string>(); }
std::filesystem::path Section::path(std::string_view key) const {
  const std::filesystem::path given = text(key);
  if (given.empty() || given.is_absolute()) return given;
  return (base_ / given).lexically_normal();
}
Vec3 Section::vec3(std::string_view key) const { return at(key).get<Vec3>(); }
std::vector<double> Section::numbers(std::string_view key) const { return at(key).get<std::vector<double>>(); }
std::vector<std::string> Section::texts(std::string_view key) const { return at(key).get<std::vector<std::string>>(); }
std::vector<Section> Section::list(std::string_view key) const {
  std::vector<Section> items;
  for (const auto& item : at(key)) items.emplace_back(item, base_);
  return items;
}

Section section_of(const Spec& spec, const Json& overrides, const fs::path& base) {
  std::vector<core::Fault> problems;
  Section section(resolve(overrides, spec, "test", base, problems), base);
  if (!problems.empty()) core::fail_configuration(problems.front());
  return section;
}

}  // namespace cardiotwin::config
