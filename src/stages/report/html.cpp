#include "html.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

namespace cardiotwin::report {
namespace {

constexpr std::string_view style = R"css(
:root { --ink: #1d2733; --soft: #5b6775; --line: #dde3ea; --paper: #ffffff; --wash: #f5f7fa; --accent: #1f5f8b; }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 3.4rem; }
body { margin: 0; background: var(--wash); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
nav { position: sticky; top: 0; z-index: 2; background: #16222fee; padding: 0 1.5rem; display: flex; flex-wrap: wrap; gap: .2rem; }
nav a { color: #dfe7ef; text-decoration: none; padding: .65rem .7rem; font-size: .92rem; }
nav a:hover, nav a:focus { background: #2b3d50; }
nav strong { color: #fff; padding: .65rem .9rem .65rem 0; }
main { max-width: 1180px; margin: 0 auto; padding: 1.2rem 1.5rem 4rem; }
header, section { background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: 1.2rem 1.6rem 1.5rem; margin-bottom: 1.2rem; }
h1 { font-size: 1.65rem; margin: 0 0 .2rem; font-weight: 600; }
h2 { font-size: 1.3rem; margin: 0 0 .7rem; padding-bottom: .4rem; border-bottom: 2px solid var(--line); font-weight: 600; }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; color: var(--accent); font-weight: 600; }
p { margin: .4rem 0; max-width: 62rem; }
.soft { color: var(--soft); }
.notice { border-left: 4px solid var(--accent); background: #eef4f9; padding: .55rem .9rem; margin: .6rem 0; max-width: none; }
.alert { border-left: 4px solid #b3402a; background: #fcefec; padding: .55rem .9rem; margin: .6rem 0; font-weight: 600; max-width: none; }
ul.warnings { list-style: none; padding: 0; margin: .5rem 0; }
ul.warnings li { border-left: 4px solid #c98a1b; background: #fdf6e7; padding: .4rem .9rem; margin: .35rem 0; overflow-wrap: anywhere; }
ul.plain { margin: .4rem 0; padding-left: 1.2rem; } ul.plain li { overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: .5rem 0; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: .85rem; }
th, td { padding: .28rem 1.3rem .28rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
table.figures td:nth-child(2) { text-align: right; white-space: nowrap; }
table.provenance td { font-size: .88rem; } table.provenance code { font-size: .68rem; }
table.markers td:not(:last-child) { white-space: nowrap; }
td.out { color: #a5481f; font-weight: 600; }
code { font: .84em ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.cards { display: flex; flex-wrap: wrap; gap: .8rem; margin: .9rem 0 .3rem; }
.card { border: 1px solid var(--line); border-radius: 6px; padding: .6rem 1rem; min-width: 9.4rem; background: var(--wash); }
.card b { display: block; font-size: 1.5rem; font-weight: 600; } .card b small { font-size: .9rem; color: var(--soft); font-weight: 400; }
.card span { color: var(--soft); font-size: .84rem; display: block; max-width: 15rem; }
.grid { display: flex; flex-wrap: wrap; gap: 1.2rem; align-items: flex-start; margin: .6rem 0; }
.row { display: grid; grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); gap: 1.2rem; margin: .6rem 0; max-width: calc(var(--columns) * 23rem); }
@media (max-width: 640px) { .row { grid-template-columns: minmax(0, 1fr); } }
figure { margin: 0; max-width: 100%; } figure svg, figure img { max-width: 100%; height: auto; display: block; }
figure.half { flex: 1 1 22rem; max-width: 34rem; } figure.wide { flex: 1 1 100%; }
figcaption { color: var(--soft); font-size: .86rem; margin-top: .3rem; }
figure img { border-radius: 4px; border: 1px solid var(--line); }
svg text { font-family: inherit; }
footer { color: var(--soft); font-size: .85rem; max-width: 1180px; margin: 0 auto; padding: 0 1.5rem 2rem; }
@media print { nav { display: none; } body { background: #fff; } header, section { border: 0; break-inside: avoid-page; } }
)css";

}  // namespace

std::string escape(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') ? ' ' : c;
    }
  }
  return escaped;
}

std::string number(double value, int digits) {
  if (!std::isfinite(value)) return "unknown";
  if (value == 0) return "0";
  const double magnitude = std::abs(value);
  if (magnitude >= 1e9 || magnitude < 1e-4) return fmt::format("{:.{}g}", value, digits);
  const int decimals = std::max(0, digits - 1 - static_cast<int>(std::floor(std::log10(magnitude))));
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

std::string words(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 2)) name.replace(dot, 1, ": ");
  return name;
}

std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows,
                  std::string_view css_class) {
  if (rows.empty()) return {};
  std::string html = fmt::format("<table class=\"{}\">", css_class);
  if (!header.empty()) {
    html += "<thead><tr>";
    for (const auto& cell : header) html += "<th>" + cell + "</th>";
    html += "</tr></thead>";
  }
  html += "<tbody>\n";
  for (const auto& row : rows) {
    html += "<tr>";
    for (const auto& cell : row) html += "<td>" + cell + "</td>";
    html += "</tr>\n";
  }
  return html + "</tbody></table>\n";
}

std::string figure(std::string_view content, std::string_view caption, std::string_view css_class) {
  return fmt::format("<figure class=\"{}\">{}<figcaption>{}</figcaption></figure>\n", css_class, content,
                     escape(caption));
}

std::string inline_png(std::string_view png, std::string_view alternative_text) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string base64;
  base64.reserve(png.size() * 4 / 3 + 4);
  for (std::size_t i = 0; i < png.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, png.size() - i);
    std::uint32_t bits = 0;
    for (std::size_t b = 0; b < 3; ++b) bits = bits << 8 | (b < left ? static_cast<unsigned char>(png[i + b]) : 0U);
    for (std::size_t d = 0; d < 4; ++d) base64 += d <= left ? digits[bits >> (18 - 6 * d) & 63] : '=';
  }
  return fmt::format("<img alt=\"{}\" src=\"data:image/png;base64,{}\" />", escape(alternative_text), base64);
}

std::string bullet_list(const std::vector<std::string>& texts, std::string_view css_class) {
  if (texts.empty()) return {};
  std::string html = fmt::format("<ul class=\"{}\">", css_class);
  for (const auto& text : texts) html += "<li>" + escape(text) + "</li>";
  return html + "</ul>\n";
}

std::string page(std::string_view head_title, std::string_view banner, const std::vector<Chapter>& chapters) {
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
      "'unsafe-inline'\" />\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<nav><strong>cardiotwin</strong>",
      escape(head_title), style);
  for (const auto& chapter : chapters) html += fmt::format("<a href=\"#{}\">{}</a>", chapter.id, escape(chapter.title));
  html += "</nav>\n<main>\n<header>";
  html += banner;
  html += "</header>\n";
  for (const auto& chapter : chapters) {
    html +=
        fmt::format("<section id=\"{}\"><h2>{}</h2>\n{}</section>\n", chapter.id, escape(chapter.title), chapter.body);
  }
  return html +
         "</main>\n<footer>Research use only. Not a medical device; not for diagnosis or treatment.</footer>\n"
         "</body>\n</html>\n";
}

}  // namespace cardiotwin::report
