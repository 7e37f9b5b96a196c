#include "cardiotwin/stage/stage.hpp"

#include <spdlog/fmt/chrono.h>

#include <chrono>

#include "cardiotwin/io/files.hpp"
#include "cardiotwin/io/sha256.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "compose.hpp"
#include "dossier.hpp"
#include "fhir.hpp"

namespace cardiotwin::report {
namespace {

using config::Parameter;
using config::Type;

std::string utc_now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

class ReportStage : public stage::Stage {
 public:
  stage::Contract contract() const override {
    return {.name = "report",
            .summary = "one self-contained HTML page of figures, plots and pictures, and a FHIR DiagnosticReport",
            .writes = {"report"},
            .reads_if_present = wanted_artifacts(),
            .serial = true};
  }

  config::Spec parameters() const override {
    return {
        {.key = "title", .type = Type::text, .fallback = "Cardiac digital twin", .meaning = "headline of the page"},
        {.key = "report_date",
         .type = Type::text,
         .fallback = "",
         .meaning = "day that the age of the imaging is counted to, YYYY-MM-DD; empty: today (UTC)"},
        {.key = "stale_after_days",
         .type = Type::integer,
         .fallback = 180,
         .range = "[1, 36500]",
         .meaning = "imaging older than this is said at the top"},
        {.key = "pictures", .type = Type::boolean, .fallback = true, .meaning = "render pictures into the page"},
        {.key = "picture_height_px",
         .type = Type::integer,
         .fallback = 520,
         .unit = "px",
         .range = "[100, 4000]",
         .meaning = "height of a rendered picture"},
        {.key = "montage_columns",
         .type = Type::integer,
         .fallback = 7,
         .range = "[1, 20]",
         .meaning = "image slices side by side"},
        {.key = "write_pictures",
         .type = Type::boolean,
         .fallback = false,
         .meaning = "also write every picture as report/pictures/NAME.png"},
    };
  }

  stage::Outcome run(stage::Context& context) override {
    core::on_root(context.comm, [&] { write(context); });
    return stage::Outcome::complete;
  }

 private:
  static Options options(const config::Section& config, const std::string& now) {
    const std::string date = config.text("report_date");
    return {.title = config.text("title"),
            .date = date.empty() ? now.substr(0, 10) : date,
            .stale_after_days = static_cast<int>(config.integer("stale_after_days")),
            .pictures = config.boolean("pictures"),
            .picture_height = static_cast<int>(config.integer("picture_height_px")),
            .montage_columns = static_cast<int>(config.integer("montage_columns"))};
  }

  static void write(stage::Context& context) {
    const std::string now = utc_now();
    const auto chosen = options(context.config, now);
    Dossier dossier;
    {
      const auto timer = context.timers.scope("read artifacts");
      dossier = collect(context.artifacts, context.run_folder);
    }
    Report report;
    {
      const auto timer = context.timers.scope("plots and pictures");
      report = compose(dossier, chosen, context.log);
    }
    const auto folder = context.run_folder / "report";
    std::vector<std::string> files, hashes;
    const auto keep = [&](const std::string& name, const std::string& content) {
      std::filesystem::create_directories((folder / name).parent_path());
      io::replace_file(folder / name, content);
      files.push_back("report/" + name);
      hashes.push_back(io::sha256(content));
      context.audit("file_written", {{"file", files.back()}, {"sha256", hashes.back()}});
    };
    keep("index.html", report.html);
    keep("diagnostic_report.json", diagnostic_report(dossier, chosen.title, now).dump(2) + "\n");
    if (context.config.boolean("write_pictures")) {
      for (const auto& picture : report.pictures) keep("pictures/" + picture.name + ".png", encode_png(picture.pixels));
    }
    for (const auto& warning : report.warnings) context.findings.warning(warning);
    auto& output = context.artifacts.output();
    output.write("/state/report/files", files);
    output.write("/state/report/sha256", hashes);
    context.findings.quantity("stages", static_cast<double>(dossier.stages.size()), "1");
    context.findings.quantity("pictures", static_cast<double>(report.pictures.size()), "1");
    context.log.info("report: {} stages, {} pictures, {:.1f} MB: {}", dossier.stages.size(), report.pictures.size(),
                     static_cast<double>(report.html.size()) / 1e6, (folder / "index.html").string());
  }
};

}  // namespace

std::unique_ptr<stage::Stage> make_stage() { return std::make_unique<ReportStage>(); }

}  // namespace cardiotwin::report
