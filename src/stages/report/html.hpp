#pragma once
/// The few HTML pieces of the report. The page is XML as well, so that any XML parser can check it.

#include <string>
#include <string_view>
#include <vector>

namespace cardiotwin::report {

/// Text with & < > " ' as entities, and control characters (which XML forbids) as spaces.
std::string escape(std::string_view text);

/// A number as a person reads it: `digits` significant ones, no exponent where avoidable; "not a number" never as
/// "nan".
std::string number(double value, int digits = 4);

/// "anatomy.lv_cavity_volume" as words: "anatomy: lv cavity volume". Plain text.
std::string words(std::string name);

/// "<table>" of cells that are already HTML; `header` may be empty.
std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows,
                  std::string_view css_class = "figures");

/// A figure with its caption (plain text); `content` is SVG or an image element.
std::string figure(std::string_view content, std::string_view caption, std::string_view css_class = "");

/// An inline PNG.
std::string inline_png(std::string_view png, std::string_view alternative_text);

/// "<ul>" of plain texts, or nothing when there are none.
std::string bullet_list(const std::vector<std::string>& texts, std::string_view css_class = "");

struct Chapter {
  std::string id, title;  ///< plain text
  std::string body;       ///< HTML
};

/// The whole document: `head_title` plain text; `banner` HTML above the chapters; navigation from the chapters.
std::string page(std::string_view head_title, std::string_view banner, const std::vector<Chapter>& chapters);

}  // namespace cardiotwin::report
