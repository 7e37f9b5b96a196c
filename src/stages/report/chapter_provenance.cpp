#include <spdlog/fmt/fmt.h>

#include "chapters.hpp"

namespace cardiotwin::report {

std::string provenance_html(const Dossier& dossier) {
  std::vector<std::vector<std::string>> made, hashes;
  for (const auto& s : dossier.stages) {
    const auto get = [&](const char* key) {
      const auto found = s.provenance.find(key);
      return found == s.provenance.end() || found->second.empty() ? std::string("not recorded") : escape(found->second);
    };
    made.push_back({escape(s.name), get("created"), get("software_version"), "<code>" + get("git_commit") + "</code>",
                    get("host"), get("ranks"), s.provenance.empty() ? "not recorded" : number(s.wall_s, 3) + " s",
                    s.provenance.empty() ? "not recorded" : number(s.peak_rss_mib, 3) + " MiB"});
    hashes.push_back({escape(s.file.filename().string()), "<code>" + escape(s.sha256) + "</code>",
                      "<code>" + get("config_hash") + "</code>"});
  }
  std::string html =
      table({"stage", "made", "version", "commit", "host", "ranks", "wall time", "peak memory"}, made, "provenance");
  html += "<h3>Checkpoints</h3>" + table({"file", "SHA-256", "SHA-256 of its configuration"}, hashes, "provenance");
  html += "<h3>Audit log</h3>";
  if (dossier.audit_head.empty()) return html + "<p>This run has no audit log.</p>";
  return html + fmt::format(
                    "<p>{} records when this report was made; hash of the last one <code>{}</code>. Check with "
                    "<code>cardiotwin audit verify RUN</code>. The software supports 21 CFR Part 11 records.</p>",
                    dossier.audit_records, escape(dossier.audit_head));
}

}  // namespace cardiotwin::report
