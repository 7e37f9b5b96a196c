/// The commands that look and do not run: plan, validate, inspect, export, agreement, compare, audit verify.

#include <spdlog/fmt/fmt.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>

#include "audit.hpp"
#include "cardiotwin/imaging/review.hpp"
#include "cardiotwin/ingest/inspect.hpp"
#include "cardiotwin/interchange/interchange.hpp"
#include "cardiotwin/io/files.hpp"
#include "cardiotwin/pipeline/pipeline.hpp"
#include "cardiotwin/sandbox/sandbox.hpp"
#include "cardiotwin/segmentation/agreement.hpp"
#include "checkpoint.hpp"
#include "folders.hpp"
#include "plan.hpp"

namespace cardiotwin::pipeline {
namespace {

namespace fs = std::filesystem;
using config::Json;
using core::ExitCode;

void say(const std::string& text) { std::printf("%s\n", text.c_str()); }

std::string cost_of(const fs::path& run_folder, const std::string& stage, const AuditLog& audit) {
  const fs::path checkpoint = checkpoint_path(run_folder, stage);
  if (!fs::exists(checkpoint)) return "time and memory known after its first run";
  if (!is_recorded(run_folder, stage, audit)) return "its checkpoint was altered";
  const Provenance p = load_provenance(checkpoint);
  return fmt::format("last time {:.1f} s, {:.0f} MiB a rank, {} rank(s); checkpoint {:.1f} MiB", p.wall_s,
                     p.peak_rss_mib, p.ranks, static_cast<double>(fs::file_size(checkpoint)) / (1024.0 * 1024.0));
}

}  // namespace

ExitCode plan(const Request& request) {
  const Loaded loaded = load_case(request);
  const fs::path folder = run_folder(request, loaded.patient);
  say("run folder: " + folder.string());
  if (!fs::exists(folder)) fs::create_directories(folder);
  const AuditLog audit(folder);
  const auto stages = make_plan(request, loaded.patient, loaded.table, folder, audit);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const auto& s = stages[i];
    const char* word = s.runs ? "run" : s.current ? "reuse" : s.selected ? "run" : "stale";
    if (!s.selected && !s.current && !fs::exists(checkpoint_path(folder, s.name))) word = "absent";
    say(fmt::format("  {:<6} {:<20} {}{}", word, s.name, cost_of(folder, s.name, audit),
                    loaded.table.entries()[i].contract.serial ? "; on rank 0 alone" : ""));
    for (const auto& reason : s.reasons) say("           because " + reason);
  }
  return ExitCode::done;
}

ExitCode validate(const Request& request) {
  (void)load_case(request);
  say(request.case_file.string() + ": no problem found");
  return ExitCode::done;
}

namespace {

std::string list_group(const io::Reader& file, const std::string& group, int depth) {
  std::string text;
  for (const auto& name : file.children(group)) {
    const std::string path = (group == "/" ? "" : group) + "/" + name;
    std::string extents;
    try {
      for (const auto extent : file.shape(path)) extents += (extents.empty() ? "(" : " x ") + std::to_string(extent);
      extents += extents.empty() ? "(scalar)" : ")";
    } catch (const core::Error&) {
      // A group has no shape.
    }
    text += std::string(static_cast<std::size_t>(2 * depth), ' ') + name + "  " + extents + "\n";
    if (extents.empty()) text += list_group(file, path, depth + 1);
  }
  return text;
}

bool is_checkpoint(const fs::path& path) {
  std::array<char, 8> first{};
  std::ifstream(path, std::ios::binary).read(first.data(), first.size());
  return std::string_view(first.data(), first.size()) == "\x89HDF\r\n\x1a\n";
}

ExitCode inspect_images(const fs::path& path) {
  const ingest::Inspection found = fs::is_directory(path) ? ingest::inspect_folder(path) : ingest::inspect_file(path);
  if (!found.text.empty()) say(found.text);
  if (found.refusal) core::fail_input(*found.refusal);
  return ExitCode::done;
}

std::string describe_checkpoint(const fs::path& path) {
  const Provenance p = load_provenance(path);
  const io::Reader file(path);
  std::string text = path.string() + "\n";
  text += fmt::format("  written {} on {} by cardiotwin {} ({}), {} rank(s), {:.1f} s\n", p.created, p.host,
                      p.software_version, p.git_commit, p.ranks, p.wall_s);
  for (const auto& [stage, hash] : p.upstream) text += "  from " + stage + " " + hash.substr(0, 16) + "\n";
  text += "parameters\n";
  for (const auto& [key, value] : p.config.items()) text += "  " + key + " = " + value.dump() + "\n";
  const Json findings = Json::parse(p.findings, nullptr, false);
  text += "figures\n";
  for (const auto& q : findings.value("quantities", Json::array()))
    text += fmt::format("  {} = {:.6g} {}\n", q["name"].get<std::string>(), q["value"].get<double>(),
                        q["unit"].get<std::string>());
  for (const char* list : {"warnings", "assumptions"})
    for (const auto& note : findings.value(list, Json::array()))
      text += "  " + std::string(list).substr(0, std::string(list).size() - 1) + ": " + note.get<std::string>() + "\n";
  text += "contents\n";
  text += list_group(file, "/", 1);
  return text;
}

/// In a process of its own: the file may come from anywhere.
const sandbox::Job checkpoint_job("inspect-checkpoint", [](sandbox::Parcel& request, sandbox::Parcel& answer) {
  answer.put(describe_checkpoint(request.get<std::string>()));
});

}  // namespace

ExitCode inspect(const fs::path& path) {
  if (fs::exists(path) && !is_checkpoint(path)) return inspect_images(path);
  const fs::path folder = fs::absolute(path).parent_path();
  if (fs::exists(folder / "audit.jsonl") && path.extension() == ".h5")
    (void)checked_hash(folder, path.stem().string(), AuditLog(folder));
  sandbox::Parcel request;
  request.put(path.string());
  std::fputs(checkpoint_job.run(request, path.string()).get<std::string>().c_str(), stdout);
  return ExitCode::done;
}

namespace {

/// The bodies that other programs would compute on: wall and blood apart, or the lumen.
std::vector<interchange::Body> bodies_of(const interchange::Body& body) {
  if (body.name != "heart") return {body};
  std::vector<interchange::Body> bodies;
  bodies.push_back(interchange::part(body, "wall", {artifacts::region_lv_wall, artifacts::region_rv_wall}));
  bodies.push_back(interchange::part(body, "blood", {artifacts::region_lv_blood}));
  bodies.back().fibre.clear();
  bodies.back().sheet.clear();
  std::erase_if(bodies, [](const interchange::Body& b) { return b.mesh.cells.empty(); });
  return bodies;
}

template <class Mesh>
interchange::Body body_in(const io::Reader& file) {
  Mesh mesh;
  load(file, mesh);
  return interchange::whole(mesh);
}

/// Throws core::Error: input where the stage is not complete, integrity where the file is not the one on record.
fs::path finished_checkpoint(const fs::path& run, const std::string& stage) {
  fs::path path = checkpoint_path(run, stage);
  if (!fs::exists(path))
    core::fail_input({run.string(), "a run folder whose " + stage + " stage is complete",
                      "no " + path.filename().string(), "name the run folder, or run the case up to " + stage});
  (void)checked_hash(run, stage, AuditLog(run));
  return path;
}

void export_mesh(const fs::path& run, const std::string& format, const fs::path& output) {
  const io::Reader file(finished_checkpoint(run, "meshing"));
  const bool heart = file.has("/state/" + std::string(artifacts::HeartMesh::id));
  const interchange::Body body = heart ? body_in<artifacts::HeartMesh>(file) : body_in<artifacts::VesselMesh>(file);
  make_run_folder(output);
  if (format == "vtu") interchange::write_vtu(body, output / (body.name + ".vtu"));
  for (const interchange::Body& part : bodies_of(body)) {
    if (format == "svmultiphysics") interchange::write_svmultiphysics(part, output);
    if (format == "opencarp" && part.name != "blood") interchange::write_opencarp(part, output);
  }
  say(fmt::format("{}: {} tetrahedra, {} triangles in {}", format, body.mesh.cells.size(), body.mesh.triangles.size(),
                  output.string()));
}

void export_labels(const fs::path& run, const std::string& format, const fs::path& output) {
  artifacts::Labels labels;
  load(io::Reader(finished_checkpoint(run, "segmentation")), labels);
  artifacts::Image image;
  load(io::Reader(finished_checkpoint(run, "ingest")), image);
  make_run_folder(output);
  for (const auto& name : imaging::write_review(labels, image, format == "nrrd" ? "nrrd" : "nii.gz", output))
    say((output / name).string());
}

}  // namespace

ExitCode export_run(const fs::path& run, const std::string& format, const fs::path& output) {
  if (format == "nifti" || format == "nrrd")
    export_labels(run, format, output);
  else
    export_mesh(run, format, output);
  return ExitCode::done;
}

ExitCode agreement(const std::vector<fs::path>& files) {
  std::fputs(segmentation::agreement_table(files).c_str(), stdout);
  return ExitCode::done;
}

ExitCode compare(const fs::path& folder, const fs::path& expected_path) {
  const auto parsed = [](const fs::path& path) {
    Json json = Json::parse(io::read_file(path), nullptr, false, true);
    if (!json.is_object() || !json.contains("quantities"))
      core::fail_input(
          {path.string(), "JSON with \"quantities\"", "something else", "name a run folder and an expected.json"});
    return json;
  };
  const Json summary = parsed(folder / "summary.json"), expected = parsed(expected_path);
  int off = 0;
  for (const auto& [name, e] : expected["quantities"].items()) {
    const double value = e.value("value", NAN), tolerance = e.value("tolerance", NAN);
    if (!std::isfinite(value) || !std::isfinite(tolerance))
      core::fail_input({expected_path.string() + ": " + name, "numbers \"value\" and \"tolerance\"", e.dump(),
                        "write it with scripts/bless"});
    const bool there = summary["quantities"].contains(name);
    const double found = there ? summary["quantities"][name]["value"].get<double>() : NAN;
    const bool right = there && std::abs(found - value) <= tolerance;
    off += right ? 0 : 1;
    say(fmt::format("  {:<5} {:<55} {:>12.6g}  expected {:.6g} +- {:.3g} {}  ({})", right ? "ok" : "OFF", name, found,
                    value, tolerance, e.value("unit", ""), e.value("why", "")));
  }
  say(fmt::format("{} quantities, {} off", expected["quantities"].size(), off));
  return off == 0 ? ExitCode::done : ExitCode::numerical;
}

ExitCode audit_verify(const fs::path& folder) {
  const auto faults = verify_audit(folder);
  for (const auto& fault : faults) std::fprintf(stderr, "error: %s\n", core::format(fault).c_str());
  if (faults.empty()) say(folder.string() + ": the chain and every recorded file hold");
  return faults.empty() ? ExitCode::done : ExitCode::integrity;
}

}  // namespace cardiotwin::pipeline
