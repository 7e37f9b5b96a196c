#pragma once
/// Parameters are declared once, as data; parser, defaults, checks, schema and reference all follow from the
/// declaration.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/core/vec3.hpp"

namespace cardiotwin::config {

using Json = nlohmann::json;

enum class Type {
  number,  ///< finite double
  integer,
  boolean,
  text,     ///< any string; see Parameter::choices
  path,     ///< a string; relative paths are relative to the case file; "" means none
  vec3,     ///< three numbers
  numbers,  ///< list of numbers
  texts,    ///< list of strings
  list,     ///< list of objects, each with the parameters of Parameter::items
};

/// What a path must be before any stage starts.
enum class Exists { no_matter, file, folder };

/// One parameter. `key` is snake_case and ends in its unit where it has one: "time_step_ms".
struct Parameter {
  std::string key = {};
  Type type = Type::number;
  Json fallback = {};                     ///< the default; null means required
  std::string unit = {};                  ///< "ms", "kPa", "" for none
  std::string range = {};                 ///< interval for numbers: "(0, 1]", "[0, inf)"; "" for any
  std::vector<std::string> choices = {};  ///< valid texts; empty for any
  std::string meaning = {};               ///< one line
  Exists exists = Exists::no_matter;      ///< of paths that are not ""
  std::vector<Parameter> items = {};      ///< of Type::list
  std::filesystem::path stand_in = {};    ///< the file that an empty path stands for; its content counts as if named
};
using Spec = std::vector<Parameter>;

/// The commonest declarations in a line each.
Parameter number(std::string key, double fallback, std::string unit, std::string range, std::string meaning);
Parameter integer(std::string key, int fallback, std::string range, std::string meaning);
Parameter choice(std::string key, std::string fallback, std::vector<std::string> choices, std::string meaning);

/// A section of a case file after parsing: every declared key is present and of the declared type.
/// Asking for an undeclared key or the wrong type is a programming error (std::logic_error).
class Section {
 public:
  Section() = default;
  Section(Json values, std::filesystem::path base) : values_(std::move(values)), base_(std::move(base)) {}
  double number(std::string_view key) const;
  std::int64_t integer(std::string_view key) const;
  bool boolean(std::string_view key) const;
  std::string text(std::string_view key) const;
  std::filesystem::path path(std::string_view key) const;  ///< absolute, or empty
  Vec3 vec3(std::string_view key) const;
  std::vector<double> numbers(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  std::vector<Section> list(std::string_view key) const;
  const Json& json() const { return values_; }

 private:
  const Json& at(std::string_view key) const;
  Json values_ = Json::object();
  std::filesystem::path base_;
};

/// Fills defaults and checks `given` against `spec`; every problem is appended to `problems`, none is thrown.
/// `where` is the dotted prefix for messages, e.g. "patient.json: electrophysiology".
Json resolve(const Json& given, const Spec& spec, const std::string& where, const std::filesystem::path& base,
             std::vector<core::Fault>& problems);

/// A section made of defaults, with `overrides` on top; for tests. Throws on any problem.
Section section_of(const Spec& spec, const Json& overrides = Json::object(), const std::filesystem::path& base = {});

}  // namespace cardiotwin::config
