/// `run`: stages in order, each made durable before the next begins.

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <thread>

#include "audit.hpp"
#include "cardiotwin/io/files.hpp"
#include "cardiotwin/io/sha256.hpp"
#include "cardiotwin/pipeline/pipeline.hpp"
#include "case_file.hpp"
#include "checkpoint.hpp"
#include "folders.hpp"
#include "plan.hpp"
#include "series.hpp"
#include "summary.hpp"

namespace cardiotwin::pipeline {
namespace {

namespace fs = std::filesystem;
using config::Json;
using core::ExitCode;

/// Everything that one run shares between its stages.
struct Run {
  core::Comm comm;
  MPI_Comm failures;  ///< a communicator of its own, on which ranks report a failure that nobody else may share
  Loaded loaded;
  fs::path folder;
  core::Log& log;
  core::StopRequest& stop;
  std::optional<AuditLog> audit;  ///< rank 0
  StageStatus status;             ///< rank 0
};

/// An error thrown outside collectively(): when every rank throws, it is everyone's; when one is alone, the others wait
/// for it in communication that will never come, and the job must end.
void agree_or_abort(const Run& run, const core::Error& error) {
  if (error.is_collective() || run.comm.size() == 1) return;
  MPI_Request request{};
  MPI_Ibarrier(run.failures, &request);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  int done = 0;
  while (!done && std::chrono::steady_clock::now() < deadline) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (!done) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  if (done) return;
  std::fprintf(stderr, "[rank %d] error: %s\n", run.comm.rank(), error.what());
  MPI_Abort(run.comm.get(), static_cast<int>(error.code()));
}

/// Rank 0. Makes the open checkpoint durable: complete file, audit record, rename. A kill between the last two is
/// mended by recover().
void commit(Run& run, CheckpointStore& store, const stage::Context& context, const std::string& name,
            const ResumeKey& key, double wall_s, double peak_mib) {
  Json findings{{"quantities", Json::array()},
                {"warnings", context.findings.warnings()},
                {"assumptions", context.findings.assumptions()}};
  for (const auto& q : context.findings.quantities())
    findings["quantities"].push_back({{"name", q.name}, {"value", q.value}, {"unit", q.unit}});
  const Provenance provenance{.config = key.config,
                              .upstream = key.upstream,
                              .created = utc_now(),
                              .host = host_name(),
                              .software_version = software_version(),
                              .git_commit = git_commit(),
                              .findings = findings.dump(),
                              .timers = Json(context.timers.all()).dump(),
                              .ranks = run.comm.size(),
                              .wall_s = wall_s,
                              .peak_rss_mib = peak_mib};
  save_provenance(store.output(), provenance, key.hash(), run.audit->head());
  store.output().close();
  const fs::path partial = store.partial_path(), final_path = checkpoint_path(run.folder, name);
  run.audit->append("checkpoint", {{"stage", name},
                                   {"file", final_path.filename().string()},
                                   {"sha256", io::sha256_file(partial)},
                                   {"resume_key", key.hash()},
                                   {"ranks", run.comm.size()}});
  io::rename_durably(partial, final_path);
  for (const char* slot : {".0", ".1"}) fs::remove(context.state_stem.string() + slot);
}

/// Collective. One stage from open file to durable checkpoint; what fails leaves no half-written file.
stage::Outcome run_stage(Run& run, const StageTable::Entry& entry) {
  const std::string& name = entry.contract.name;
  CheckpointStore store(run.folder, run.loaded.table);
  ResumeKey key;
  std::string key_hash;
  core::on_root(run.comm, [&] {
    key = resume_key(entry, run.loaded.patient, run.loaded.table, run.folder, *run.audit);
    key_hash = key.hash();
    store.open(name);
    run.audit->append("stage_started", {{"stage", name}, {"resume_key", key_hash}});
  });
  run.comm.broadcast(key_hash);
  core::Timers timers;
  stage::Findings findings;
  stage::Context context{.comm = run.comm,
                         .config = run.loaded.patient.sections.at(name),
                         .artifacts = store,
                         .log = run.log,
                         .stop = run.stop,
                         .timers = timers,
                         .findings = findings,
                         .audit =
                             [&](const std::string& action, const Json& what) {
                               if (run.audit) run.audit->append(action, what);
                             },
                         .run_folder = run.folder,
                         .state_stem = run.folder / (name + ".state"),
                         .resume_key = key_hash,
                         .checkpoint_interval_s = run.loaded.patient.run.number("checkpoint_interval_s")};
  core::reset_peak_rss();
  const double start = core::wall_seconds();
  try {
    const auto outcome = entry.stage->run(context);
    const double wall_s = run.comm.max(core::wall_seconds() - start);
    const double peak_mib = run.comm.max(core::peak_rss_mib());
    core::on_root(run.comm, [&] {
      if (outcome == stage::Outcome::complete) {
        commit(run, store, context, name, key, wall_s, peak_mib);
        write_series(run.folder, run.loaded.table, entry);
        for (const auto& warning : findings.warnings()) run.log.warn("{}: {}", name, warning);
      } else {
        store.discard();
        run.audit->append("stage_stopped", {{"stage", name}});
      }
    });
    return outcome;
  } catch (const core::Error& error) {
    agree_or_abort(run, error);
    core::on_root(run.comm, [&] {
      store.discard();
      run.status[name] = "failed";
      run.audit->append("stage_failed", {{"stage", name}, {"error", error.what()}});
    });
    throw error.as_collective();
  }
}

/// Rank 0. The files that describe the run as a whole, and their record.
Json write_summary(Run& run) {
  const Json summary = summarise(run.folder, run.loaded.table, run.status, *run.audit);
  const std::string text = summary.dump(2) + "\n";
  run.audit->append("summary", {{"file", "summary.json"}, {"sha256", io::sha256(text)}});
  io::replace_file(run.folder / "summary.json", text);
  return summary;
}

void write_resolved_config(Run& run) {
  Json resolved = run.loaded.patient.resolved;
  resolved["build"] = build_facts();
  resolved["build"]["ranks"] = run.comm.size();
  resolved["build"]["host"] = host_name();
  const std::string text = resolved.dump(2) + "\n";
  run.audit->append("run_started", {{"file", "resolved_config.json"},
                                    {"sha256", io::sha256(text)},
                                    {"case", run.loaded.patient.file.filename().string()},
                                    {"ranks", run.comm.size()},
                                    {"version", software_version()},
                                    {"commit", git_commit()}});
  io::replace_file(run.folder / "resolved_config.json", text);
}

void announce(Run& run, const std::vector<PlannedStage>& plan) {
  for (const auto& planned : plan) {
    if (planned.runs) continue;
    if (planned.current) {
      run.status[planned.name] = "reused";
    } else if (fs::exists(checkpoint_path(run.folder, planned.name))) {
      run.status[planned.name] = "stale";
      run.log.warn("{} is not current ({}); used as it is", planned.name, planned.reasons.front());
    }
  }
}

/// Collective. The plan as rank 0 sees it: 1 for each stage that runs.
std::vector<std::int32_t> agree_on_plan(Run& run, const Request& request) {
  std::vector<std::int32_t> runs;
  core::on_root(run.comm, [&] {
    run.audit.emplace(run.folder);
    recover(run.folder, run.loaded.table, *run.audit);
    const auto plan = make_plan(request, run.loaded.patient, run.loaded.table, run.folder, *run.audit);
    for (const auto& planned : plan) runs.push_back(planned.runs ? 1 : 0);
    write_resolved_config(run);
    announce(run, plan);
  });
  run.comm.broadcast(runs);
  return runs;
}

/// Collective. Stages in order until the end, a stop request or an error.
ExitCode run_stages(Run& run, const std::vector<std::int32_t>& runs) {
  const auto& entries = run.loaded.table.entries();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string& name = entries[i].contract.name;
    if (!runs[i]) continue;
    run.log.info("{} ({} of {}): {}", name, i + 1, entries.size(), entries[i].contract.summary);
    if (run.stop.agreed(run.comm) || run_stage(run, entries[i]) == stage::Outcome::interrupted) {
      run.status[name] = "stopped";
      return ExitCode::stopped;
    }
    run.status[name] = "complete";
  }
  return ExitCode::done;
}

/// Collective. Closes the books, whatever happened.
void finish(Run& run) {
  core::on_root(run.comm, [&] {
    const Json summary = write_summary(run);
    run.log.info("\n{}", table_text(summary, run.loaded.table));
    const fs::path page = run.folder / "report" / "index.html";
    if (fs::exists(page)) run.log.info("  report: {}", page.string());
  });
}

}  // namespace

core::ExitCode run(const core::Comm& comm, const Request& request) {
  std::optional<Loaded> loaded;
  core::collectively(comm, [&] { loaded.emplace(load_case(request)); });
  if (loaded->patient.run.boolean("private")) umask(0077);
  const fs::path folder = run_folder(request, loaded->patient);
  core::on_root(comm, [&] { make_run_folder(folder); });
  std::optional<Lock> lock;
  core::on_root(comm, [&] { lock.emplace(folder); });
  core::Log log(comm.is_root(), folder / "log" / "cardiotwin.log");
  core::StopRequest stop(folder / "STOP");
  Run state{.comm = comm,
            .failures = MPI_COMM_NULL,
            .loaded = std::move(*loaded),
            .folder = folder,
            .log = log,
            .stop = stop,
            .audit = std::nullopt,
            .status = {}};
  MPI_Comm_dup(comm.get(), &state.failures);
  log.info("cardiotwin {} ({}), research software, not for clinical use. Run folder: {}", software_version(),
           git_commit(), folder.string());
  const auto runs = agree_on_plan(state, request);
  ExitCode code = ExitCode::done;
  try {
    code = run_stages(state, runs);
  } catch (const core::Error& error) {
    try {
      finish(state);
    } catch (const core::Error&) {
      // The first error is the one to tell; a full disk, for one, also refuses the summary.
    }
    throw;
  }
  finish(state);
  MPI_Comm_free(&state.failures);
  return code;
}

}  // namespace cardiotwin::pipeline
