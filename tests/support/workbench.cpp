#include "support/workbench.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace cardiotwin::test {

namespace fs = std::filesystem;

fs::path shared_data() {
  if (const char* set = std::getenv("CARDIOTWIN_SHARED_DATA")) return fs::exists(set) ? fs::path(set) : fs::path();
  const fs::path beside = fs::path(CARDIOTWIN_SOURCE_DIR) / "../shared/data";
  return fs::exists(beside) ? fs::canonical(beside) : fs::path();
}

TemporaryFolder::TemporaryFolder(core::Comm comm) : comm_(comm) {
  std::string name;
  if (comm_.is_root()) {
    name = (fs::temp_directory_path() / "cardiotwin-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  }
  comm_.broadcast(name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  comm_.barrier();
  std::error_code ignored;
  if (comm_.is_root()) fs::remove_all(path_, ignored);
}

Workbench::Workbench(core::Comm comm) : comm_(comm), folder_(comm) {}

fs::path Workbench::file_of(std::string_view artifact) const {
  if (!has(artifact))
    core::fail_input({"artifact " + std::string(artifact), "to be given by the test", "nothing", "call give()"});
  return folder_.path() / (std::string(artifact) + ".h5");
}

io::Writer& Workbench::output() {
  if (!output_) output_ = std::make_unique<io::Writer>(output_file());
  return *output_;
}

stage::Outcome Workbench::run(stage::Stage& stage, const config::Json& overrides) {
  const auto section = config::section_of(stage.parameters(), overrides, folder_.path());
  core::Log log(comm_.is_root(), folder_.path() / "log.txt", true);
  core::Timers timers;
  findings = {};
  stage::Context context{.comm = comm_,
                         .config = section,
                         .artifacts = *this,
                         .log = log,
                         .stop = stop,
                         .timers = timers,
                         .findings = findings,
                         .audit =
                             [&](const std::string& action, const config::Json& what) {  // without chain and hashes
                               std::ofstream(folder_.path() / "audit.jsonl", std::ios::app)
                                   << config::Json{{"action", action}, {"what", what}} << "\n";
                             },
                         .run_folder = folder_.path(),
                         .state_stem = folder_.path() / (stage.contract().name + ".state"),
                         .resume_key = section.json().dump(),
                         .checkpoint_interval_s = checkpoint_interval_s};
  output_.reset();
  const auto outcome = stage.run(context);
  core::on_root(comm_, [&] {
    if (output_ && outcome == stage::Outcome::complete) output_->close();
    output_.reset();
  });
  return outcome;
}

double Workbench::quantity(const std::string& name) const {
  std::vector<double> found;
  if (comm_.is_root())
    for (const auto& q : findings.quantities())
      if (q.name == name) found = {q.value};
  comm_.broadcast(found);
  if (found.empty()) ADD_FAILURE() << "no quantity named " << name;
  return found.empty() ? 0.0 : found[0];
}

}  // namespace cardiotwin::test
