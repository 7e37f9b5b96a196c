/// The parameters of all stages for editors (JSON Schema) and readers (Markdown).

#include <spdlog/fmt/fmt.h>

#include <cmath>

#include "cardiotwin/config/range.hpp"
#include "cardiotwin/pipeline/pipeline.hpp"
#include "case_file.hpp"

namespace cardiotwin::pipeline {
namespace {

using config::Json;
using config::Parameter;
using config::Type;

Json object_schema(const config::Spec& spec);

Json with_range(Json schema, const Parameter& p) {
  if (p.range.empty()) return schema;
  const config::Range range(p.range);
  if (std::isfinite(range.low())) schema[range.low_open() ? "exclusiveMinimum" : "minimum"] = range.low();
  if (std::isfinite(range.high())) schema[range.high_open() ? "exclusiveMaximum" : "maximum"] = range.high();
  return schema;
}

Json schema_of(const Parameter& p) {
  Json text{{"type", "string"}};
  if (!p.choices.empty()) text["enum"] = p.choices;
  Json schema;
  switch (p.type) {
    case Type::number:
      schema = with_range({{"type", "number"}}, p);
      break;
    case Type::integer:
      schema = with_range({{"type", "integer"}}, p);
      break;
    case Type::boolean:
      schema = {{"type", "boolean"}};
      break;
    case Type::text:
    case Type::path:
      schema = text;
      break;
    case Type::vec3:
      schema = {{"type", "array"}, {"items", with_range({{"type", "number"}}, p)}, {"minItems", 3}, {"maxItems", 3}};
      break;
    case Type::numbers:
      schema = {{"type", "array"}, {"items", with_range({{"type", "number"}}, p)}};
      break;
    case Type::texts:
      schema = {{"type", "array"}, {"items", text}};
      break;
    case Type::list:
      schema = {{"type", "array"}, {"items", object_schema(p.items)}};
      break;
  }
  schema["description"] = p.meaning + (p.unit.empty() ? "" : " [" + p.unit + "]");
  if (!p.fallback.is_null()) schema["default"] = p.fallback;
  return schema;
}

Json object_schema(const config::Spec& spec) {
  Json schema{{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  for (const auto& p : spec) {
    schema["properties"][p.key] = schema_of(p);
    if (p.fallback.is_null()) schema["required"].push_back(p.key);
  }
  return schema;
}

std::string rows(const config::Spec& spec, const std::string& prefix) {
  static constexpr const char* names[] = {"number",    "integer", "boolean", "text", "path",
                                          "[x, y, z]", "numbers", "texts",   "list"};
  std::string text;
  for (const auto& p : spec) {
    std::string valid = p.range;
    for (const auto& choice : p.choices) valid += (valid.empty() ? "" : ", ") + choice;
    text += fmt::format("| `{}{}` | {} | {} | {} | {} | {} |\n", prefix, p.key, names[static_cast<std::size_t>(p.type)],
                        p.unit, p.fallback.is_null() ? "required" : "`" + p.fallback.dump() + "`", valid, p.meaning);
    text += rows(p.items, prefix + p.key + "[].");
  }
  return text;
}

std::string section(const std::string& title, const std::string& summary, const config::Spec& spec) {
  return fmt::format(
      "\n## {}\n\n{}\n\n| key | type | unit | default | valid | meaning |\n|---|---|---|---|---|---|\n{}", title,
      summary, rows(spec, ""));
}

}  // namespace

std::string schema() {
  Json root = object_schema(run_parameters());
  root["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  root["title"] = "cardiotwin case file";
  const StageTable table;
  for (const auto& entry : table.entries()) {
    root["properties"][entry.contract.name] = object_schema(entry.parameters);
    root["properties"][entry.contract.name]["description"] = entry.contract.summary;
  }
  return root.dump(2) + "\n";
}

std::string reference() {
  std::string text =
      "# Parameters\n\nMade by `cardiotwin schema --markdown`; a test fails when it is out of date. A case file is one "
      "JSON "
      "object; comments with `//` are allowed.\n";
  text += section("The run", "At the top level of the case file.", run_parameters());
  const StageTable table;
  for (const auto& entry : table.entries())
    text += section("`" + entry.contract.name + "`", entry.contract.summary, entry.parameters);
  return text;
}

}  // namespace cardiotwin::pipeline
