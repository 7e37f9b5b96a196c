#include "chapters.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "cardiotwin/core/units.hpp"
#include "plots.hpp"
#include "references.hpp"

namespace cardiotwin::report {
namespace {

std::string with_unit(double value, std::string_view unit) {
  std::string text = number(value);
  if (unit != "1" && !unit.empty()) text += " " + std::string(unit);
  if (unit == "kPa") text += fmt::format(" ({} mmHg)", number(value / core::kPa_per_mmHg, 3));
  return text;
}

std::string show(const Picture& picture, std::string_view css_class) {
  std::string content = inline_png(encode_png(picture.pixels), picture.caption);
  if (picture.scale) content += colour_bar(*picture.scale);
  if (!picture.legend.empty()) {
    content += "<p class=\"soft\">";
    for (const auto& [name, colour] : picture.legend) {
      content += fmt::format(
                     "<svg width=\"12\" height=\"12\" viewBox=\"0 0 12 12\"><rect width=\"12\" height=\"12\" "
                     "fill=\"{}\"/></svg> "
                     "{}&#160;&#160; ",
                     hex(colour), escape(name))
                     .insert(4, " style=\"display:inline-block\"");
    }
    content += "</p>";
  }
  return figure(content, picture.caption, css_class);
}

std::string figure_table(const std::vector<stage::Quantity>& quantities) {
  std::vector<std::vector<std::string>> rows;
  bool any_reference = false;
  for (const auto& q : quantities) {
    std::vector<std::string> row{escape(words(q.name)), escape(with_unit(q.value, q.unit)), "", ""};
    if (const auto* r = reference_for(q.name, q.unit)) {
      const double value = in_unit_of(*r, q.value, q.unit);
      const bool outside = value < r->low || value > r->high;
      row[2] = escape(r->text) + (outside ? " <strong>(outside)</strong>" : "");
      row[3] = "<span class=\"soft\">" + escape(r->source) + "</span>";
      any_reference = true;
    }
    rows.push_back(std::move(row));
  }
  std::vector<std::string> header{"figure", "value", "reference", "source"};
  if (!any_reference) {
    header.resize(2);
    for (auto& row : rows) row.resize(2);
  }
  return table(header, rows);
}

}  // namespace

std::string Draft::picture(const std::function<Picture()>& make, std::string_view css_class) {
  if (!options.pictures) return {};
  report.pictures.push_back(make());
  return show(report.pictures.back(), css_class);
}

std::string grid(const std::string& content) {
  return content.empty() ? std::string() : "<div class=\"grid\">" + content + "</div>\n";
}

std::string row(const std::string& content, int columns) {
  if (content.empty()) return {};
  return fmt::format("<div class=\"row\" style=\"--columns: {}\">{}</div>\n", columns, content);
}

std::string plot(const std::string& svg, std::string_view caption) { return figure(svg, caption, "half"); }

std::string all_figures(const StageRecord& record) {
  if (record.quantities.empty()) return {};
  const std::string content = figure_table(record.quantities);
  if (record.quantities.size() <= 20) return "<h3>Figures</h3>" + content;
  return fmt::format("<h3>Figures</h3><details><summary>All {} figures of this stage</summary>{}</details>",
                     record.quantities.size(), content);
}

std::string key_figures(const StageRecord& record, std::initializer_list<std::string_view> names) {
  std::vector<stage::Quantity> chosen;
  for (const auto name : names)
    if (const auto* quantity = record.quantity(name)) chosen.push_back(*quantity);
  return chosen.empty() ? std::string() : "<h3>Key figures</h3>" + figure_table(chosen);
}

std::string mismatch(std::string_view artifact) {
  return fmt::format(
      "<p class=\"alert\">The artifact {} belongs to another mesh than the one of this run: rerun the stage that "
      "writes it.</p>",
      artifact);
}

}  // namespace cardiotwin::report
