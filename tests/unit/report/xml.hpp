#pragma once
/// A strict little check that a document is well-formed XML: tags match, attributes are quoted, entities are known.

#include <string>
#include <vector>

namespace cardiotwin::test {

/// Empty when `text` is well formed, else what is wrong with it.
inline std::string xml_problem(const std::string& text) {
  std::vector<std::string> open;
  bool root_closed = false;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '&') {
      const auto end = text.find(';', at);
      const std::string entity = end == std::string::npos ? "" : text.substr(at + 1, end - at - 1);
      if (entity.empty() || entity.size() > 6 ||
          (entity[0] != '#' && entity != "amp" && entity != "lt" && entity != "gt" && entity != "quot")) {
        return "bad entity at " + text.substr(at, 30);
      }
    }
    if (text[at] == '>') return "stray > before " + text.substr(at, 30);
    if (text[at] != '<') {
      ++at;
      continue;
    }
    if (text.compare(at, 9, "<!DOCTYPE") == 0) {
      at = text.find('>', at) + 1;
      continue;
    }
    const bool closing = text[at + 1] == '/';
    std::size_t end = at + (closing ? 2 : 1);
    std::string name;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '-'))
      name += text[end++];
    if (name.empty()) return "no tag name at " + text.substr(at, 30);
    bool empty_element = false;
    while (end < text.size() && text[end] != '>') {
      if (text[end] == '<') return "< inside a tag at " + text.substr(at, 60);
      if (text[end] == '"') {
        end = text.find('"', end + 1);
        if (end == std::string::npos) return "open quote after " + text.substr(at, 30);
      } else if (text[end] == '=' && text[end + 1] != '"') {
        return "attribute without quotes in " + text.substr(at, 60);
      }
      empty_element = text[end] == '/';
      ++end;
    }
    if (end >= text.size()) return "open tag at " + text.substr(at, 30);
    if (closing) {
      if (open.empty() || open.back() != name)
        return "</" + name + "> closes " + (open.empty() ? "nothing" : open.back());
      open.pop_back();
      root_closed = open.empty();
    } else if (!empty_element) {
      if (root_closed) return "two roots";
      open.push_back(name);
    }
    at = end + 1;
    if (name == "style" && !closing) at = text.find("</style>", at);
  }
  return open.empty() ? std::string() : "never closed: " + open.back();
}

}  // namespace cardiotwin::test
