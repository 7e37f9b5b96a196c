/// The command line, nothing else.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>

#include "cardiotwin/core/stop.hpp"
#include "cardiotwin/fem/petsc.hpp"
#include "cardiotwin/phantom/phantom.hpp"
#include "cardiotwin/pipeline/pipeline.hpp"
#include "cardiotwin/sandbox/sandbox.hpp"

namespace {

using cardiotwin::core::ExitCode;
namespace core = cardiotwin::core;
namespace pipeline = cardiotwin::pipeline;

/// All words of the command line.
struct Words {
  pipeline::Request request;
  bool markdown = false;
  std::string file, expected, output, format = "vtu";
  std::vector<std::filesystem::path> label_files;
  cardiotwin::phantom::CineMrOptions phantom;
  cardiotwin::phantom::CtOptions ct;
  std::string modality = "cine-mr";
};

void add_case_words(CLI::App& command, pipeline::Request& request) {
  command.add_option("case", request.case_file, "case file (JSON)")->required();
  command.add_option("--output", request.output, "run folder");
  command.add_option("--from", request.from, "rerun from this stage on");
  command.add_option("--to", request.to, "stop after this stage");
  command.add_option("--only", request.only, "this stage alone");
  command.add_option("--set", request.set, "section.key=value, as often as needed")
      ->type_size(1)
      ->allow_extra_args(false);
  command.add_flag("--force", request.force, "rerun what is current too");
}

void describe(CLI::App& app, Words& words) {
  app.require_subcommand(1);
  add_case_words(*app.add_subcommand("run", "run the stages that are not current"), words.request);
  add_case_words(*app.add_subcommand("plan", "what would run or be reused, and why"), words.request);
  add_case_words(*app.add_subcommand("validate", "every problem of a case file in one pass"), words.request);
  app.add_subcommand("schema", "the parameters, as JSON Schema")->add_flag("--markdown", words.markdown, "as Markdown");
  app.add_subcommand("inspect", "what is in a checkpoint or a DICOM folder")
      ->add_option("file", words.file, "checkpoint or folder")
      ->required();
  auto* exported = app.add_subcommand("export", "a run's mesh or labels in the layout of another program");
  exported->add_option("run", words.file, "run folder")->required();
  exported->add_option("--format", words.format, "the mesh: vtu, opencarp, svmultiphysics; the labels: nifti, nrrd")
      ->check(CLI::IsMember({"vtu", "opencarp", "svmultiphysics", "nifti", "nrrd"}));
  exported->add_option("--output", words.output, "folder to write into")->required();
  app.add_subcommand("agreement", "Dice, Hausdorff-95 and volumes of several observers' labels")
      ->add_option("files", words.label_files, "label files on one grid")
      ->required();
  auto* compare = app.add_subcommand("compare", "a run's figures against expected ones");
  compare->add_option("run", words.file, "run folder")->required();
  compare->add_option("expected", words.expected, "expected.json")->required();
  auto* audit = app.add_subcommand("audit", "the evidence of a run");
  audit->require_subcommand(1);
  audit->add_subcommand("verify", "the hash chain and every recorded file")
      ->add_option("run", words.file, "run folder")
      ->required();
  auto* phantom = app.add_subcommand("phantom", "make a synthetic study, with its true labels");
  phantom->add_option("--modality", words.modality, "cine-mr: short axis; ct: whole heart")
      ->check(CLI::IsMember({"cine-mr", "ct"}));
  phantom->add_option("--slices", words.phantom.slices, "0: as many as cover the heart");
  phantom->add_option("--phases", words.phantom.phases, "cardiac phases (cine-mr)");
  phantom->add_option("--heart-labels", words.ct.heart_labels,
                      "a label volume to scan instead of a formula's heart (ct)");
  phantom->add_option("--matrix", words.ct.matrix, "rows and columns (ct)");
  phantom->add_option("--slice-thickness-mm", words.ct.slice_thickness_mm, "contiguous slices (ct)");
  phantom->add_option("--seed", words.phantom.seed, "another number, another heart");
  phantom->add_option("--output", words.phantom.output, "folder to make")->required();
}

void make_phantom(const Words& words) {
  if (words.modality == "cine-mr") {
    cardiotwin::phantom::make_cine_mr(words.phantom);
    return;
  }
  cardiotwin::phantom::CtOptions ct = words.ct;
  ct.output = words.phantom.output, ct.seed = words.phantom.seed, ct.slices = words.phantom.slices;
  cardiotwin::phantom::make_ct(ct);
}

/// Collective for `run`; the other commands work on rank 0 alone.
ExitCode dispatch(const core::Comm& comm, const CLI::App& app, Words& words) {
  if (app.got_subcommand("run")) return pipeline::run(comm, words.request);
  ExitCode code = ExitCode::done;
  core::on_root(comm, [&] {
    if (app.got_subcommand("plan")) code = pipeline::plan(words.request);
    if (app.got_subcommand("validate")) code = pipeline::validate(words.request);
    if (app.got_subcommand("schema"))
      std::fputs((words.markdown ? pipeline::reference() : pipeline::schema()).c_str(), stdout);
    if (app.got_subcommand("inspect")) code = pipeline::inspect(words.file);
    if (app.got_subcommand("export")) code = pipeline::export_run(words.file, words.format, words.output);
    if (app.got_subcommand("agreement")) code = pipeline::agreement(words.label_files);
    if (app.got_subcommand("compare")) code = pipeline::compare(words.file, words.expected);
    if (app.got_subcommand("audit")) code = pipeline::audit_verify(words.file);
    if (app.got_subcommand("phantom")) make_phantom(words);
  });
  return code;
}

int run(int argc, char** argv) {
  const core::Comm comm;
  const cardiotwin::fem::PetscGuard petsc;
  core::StopRequest::install_handlers();
  CLI::App app(
      "cardiotwin: from a DICOM study to a physics-based cardiac twin. Research software, not for clinical use.");
  Words words;
  describe(app, words);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int status = comm.is_root() ? app.exit(error) : error.get_exit_code();
    return status == 0 ? 0 : static_cast<int>(ExitCode::configuration);
  }
  try {
    return static_cast<int>(dispatch(comm, app, words));
  } catch (const core::Error& error) {
    if (comm.is_root()) std::fprintf(stderr, "error: %s\n", error.what());
    return static_cast<int>(error.code());
  }
}

}  // namespace

int main(int argc, char** argv) {
  cardiotwin::sandbox::serve(argc, argv);
  MPI_Init(&argc, &argv);
  const int status = run(argc, argv);
  MPI_Finalize();
  return status;
}
