"""Bad input and faults: each ends with a sentence that helps, the right exit code and nothing half written."""

import json
import os
import pathlib
import resource
import shutil
import signal
import sys
import tempfile
import unittest
import unittest.mock

import pydicom

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import harness

CONFIGURATION, INPUT, NUMERICAL, INTEGRITY = 2, 3, 4, 5


class Faults(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cardiotwin-faults-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def expect(self, code, *phrases, words, ranks=1, **more):
        done = harness.cardiotwin(*words, ranks=ranks, **more)
        text = done.stdout + done.stderr
        self.assertEqual(done.returncode, code, text)
        for phrase in phrases:
            self.assertIn(phrase, text)
        self.assertFalse(list(self.folder.rglob("*.partial")), text)
        return text

    def run_words(self, *more, output=None):
        return harness.run_words(output or self.folder / "run", *more)

    def ingest(self, dicom, *more):
        return ["run", harness.MINIMAL, "--output", self.folder / "run", "--to", "ingest", "--set",
                f"ingest.dicom_folder={dicom}", *more]

    # -- configuration

    def test_unknown_key(self):
        self.expect(CONFIGURATION, "mechanics.time_stp", "did you mean", words=self.run_words("--set", "mechanics.time_stp=1"))

    def test_wrong_type(self):
        text = self.expect(CONFIGURATION, "electrophysiology.time_step_ms", "0.05",
                           words=self.run_words("--set", "electrophysiology.time_step_ms=0,05"))
        self.assertIn("expected a number", text)

    def test_all_problems_in_one_pass_on_two_ranks(self):
        text = self.expect(CONFIGURATION, "2 problems", ranks=2,
                           words=self.run_words("--set", "mechanics.nonsense=1", "--set", "meshing.nonsense=1"))
        self.assertEqual(text.count("error: 2 problems"), 1, "printed once, not once a rank")

    def test_missing_folder(self):
        self.expect(CONFIGURATION, "/no/such/folder", words=self.ingest("/no/such/folder"))

    def test_unwritable_output(self):
        (self.folder / "file").write_text("")
        self.expect(INPUT, str(self.folder / "file"), "--output", words=self.run_words(output=self.folder / "file" / "run"))

    # -- input

    def test_empty_folder(self):
        empty = self.folder / "empty"
        empty.mkdir()
        self.expect(INPUT, "ingest", str(empty), words=self.ingest(empty))

    def test_folder_without_images(self):
        texts = self.folder / "texts"
        texts.mkdir()
        (texts / "notes.txt").write_text("no image")
        self.expect(INPUT, str(texts), words=self.ingest(texts))

    def copy_of_phantom(self):
        dicom = self.folder / "dicom"
        shutil.copytree(harness.phantom(), dicom)
        return dicom, sorted(dicom.iterdir())

    def test_truncated_dicom(self):
        dicom, files = self.copy_of_phantom()
        os.truncate(files[7], files[7].stat().st_size // 2)
        self.expect(INPUT, files[7].name, words=self.ingest(dicom))

    def test_two_patients(self):
        dicom, _ = self.copy_of_phantom()
        for file in harness.phantom(1).iterdir():
            shutil.copy(file, dicom / f"other-{file.name}")
        self.expect(INPUT, "patient", words=self.ingest(dicom))

    def test_ct_for_a_network_trained_on_mr(self):
        dicom, files = self.copy_of_phantom()
        for file in files:
            study = pydicom.dcmread(file)
            study.Modality = "CT"
            study.save_as(file)
        trained_on_mr = harness.SOURCE / "data" / "models" / "short_axis_cine_mr.h5"
        words = harness.run_words(self.folder / "run", "--to", "segmentation", "--set", "ingest.modality=any",
                                  "--set", f"segmentation.model_file={trained_on_mr}")
        words[words.index(f"ingest.dicom_folder={harness.phantom()}")] = f"ingest.dicom_folder={dicom}"
        text = self.expect(INPUT, "CT", "MR", words=words)
        self.assertIn("segmentation", text)
        self.expect(INPUT, "CT", "MR", words=self.ingest(dicom))

    def test_label_volume_of_another_geometry(self):
        labels = self.folder / "labels.nrrd"
        labels.write_bytes(b"NRRD0004\ntype: uint8\ndimension: 3\nspace: left-posterior-superior\nsizes: 2 2 2\n"
                           b"space directions: (1,0,0) (0,1,0) (0,0,1)\nkinds: domain domain domain\nencoding: raw\n"
                           b"space origin: (0,0,0)\n\n" + bytes(8))
        run = harness.copy_of(harness.finished_run())
        self.expect(INPUT, "labels.nrrd",
                    words=harness.run_words(run, "--only", "segmentation", "--set", f"segmentation.labels_file={labels}"))

    def test_empty_segmentation(self):
        truth = harness.phantom().parent / "truth.nrrd"
        header, _, voxels = truth.read_bytes().partition(b"\n\n")
        empty = self.folder / "empty.nrrd"
        empty.write_bytes(header + b"\n\n" + bytes(len(voxels)))
        run = harness.copy_of(harness.finished_run())
        text = self.expect(INPUT, "segmentation",
                           words=harness.run_words(run, "--only", "segmentation", "--set", f"segmentation.labels_file={empty}"))
        self.assertIn("cavity", text)

    # -- numerical

    def test_mesh_that_cannot_pass_the_gate(self):
        run = harness.copy_of(harness.finished_run())
        self.expect(NUMERICAL, "dihedral", words=harness.run_words(
            run, "--only", "meshing", "--set", "meshing.smallest_dihedral_deg=60", "--set", "meshing.max_attempts=1"))
        self.assertEqual(harness.cardiotwin("audit", "verify", run).returncode, 0)
        self.assertTrue((run / "meshing.h5").exists(), "the mesh that was finished before is kept")

    def test_solver_that_diverges(self):
        run = harness.copy_of(harness.finished_run())
        self.expect(NUMERICAL, "mechanics", ranks=2, words=harness.run_words(
            run, "--only", "mechanics", "--set", "mechanics.guccione_C_kPa=1e-6"))

    def test_a_rank_that_fails_alone_does_not_hang_the_others(self):
        plugin = next(harness.PROGRAM.parent.rglob("librank_failure.so"))
        case = self.folder / "case.json"
        case.write_text(json.dumps({"plugins": [str(plugin)]}))
        done = harness.cardiotwin("run", case, "--output", self.folder / "run", "--only", "rank_failure",
                                  "--set", f"ingest.dicom_folder={harness.phantom()}", ranks=3, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("[rank 1]", done.stderr)

    def test_a_study_beyond_the_limits_leaves_the_run_as_it_was(self):
        run = self.ingest(harness.phantom())
        self.expect(0, words=run)
        before = (self.folder / "run" / "ingest.h5").read_bytes()
        for limit, found in {"CARDIOTWIN_CONFINED_MEMORY_GIB": "", "CARDIOTWIN_CONFINED_SECONDS": "no end of it"}.items():
            with unittest.mock.patch.dict(harness.ENVIRONMENT, {limit: "0.001"}):
                for ranks in (1, 3):
                    self.expect(INPUT, str(harness.phantom()), found, words=[*run, "--force"], ranks=ranks)
            self.assertEqual((self.folder / "run" / "ingest.h5").read_bytes(), before)
        self.expect(0, words=["audit", "verify", self.folder / "run"])

    # -- integrity

    def test_altered_and_truncated_checkpoints(self):
        run = harness.copy_of(harness.finished_run())
        path = run / "meshing.h5"
        whole = path.read_bytes()
        for damaged in (whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:], whole[: len(whole) // 2]):
            path.write_bytes(damaged)
            self.expect(INTEGRITY, "meshing.h5", words=harness.run_words(run, "--only", "electrophysiology", "--force"))
            # HDF5 opened none of them: the hash is what is told.
            self.expect(INTEGRITY, "SHA-256", words=["inspect", path])
            self.expect(INTEGRITY, "SHA-256", words=["export", run, "--output", self.folder / "export"])
            self.expect(0, "its checkpoint was altered", words=["plan", *harness.run_words(run, "--force")[1:]])

    def test_every_altered_file_is_named_by_audit_verify(self):
        run = harness.copy_of(harness.finished_run())
        for name in [f"{stage}.h5" for stage in harness.STAGES] + ["audit.jsonl", "summary.json", "resolved_config.json"]:
            whole = (run / name).read_bytes()
            at = len(whole) // 2
            (run / name).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
            self.expect(INTEGRITY, name, words=["audit", "verify", run])
            (run / name).write_bytes(whole)
        self.expect(0, words=["audit", "verify", run])

    def test_a_cut_tail_of_the_log_shows(self):
        run = harness.copy_of(harness.finished_run())
        lines = (run / "audit.jsonl").read_bytes().splitlines(keepends=True)
        (run / "audit.jsonl").write_bytes(b"".join(lines[: len(lines) // 2]))
        self.expect(INTEGRITY, "audit.jsonl", words=["audit", "verify", run])

    # -- a full disk

    def test_full_disk(self):
        def limit():  # smaller than the checkpoint, larger than what MPI keeps in files of its own
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            # The confined reader, whose answer is memory and no file, sets a limit of its own up to the hard one.
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000_000, resource.RLIM_INFINITY))

        words = self.run_words("--to", "ingest")
        self.expect(INPUT, "ingest.h5", "free some space", words=words, preexec_fn=limit)
        self.expect(0, words=words)
        self.expect(0, words=["audit", "verify", self.folder / "run"])

    def test_two_runs_in_one_folder(self):
        first = harness.start(*self.run_words())
        try:
            harness.wait_for(lambda: (self.folder / "run" / "audit.jsonl").exists(), first)
            self.assertEqual(harness.cardiotwin(*self.run_words()).returncode, INPUT)
        finally:
            harness.kill_group(first)


if __name__ == "__main__":
    unittest.main()
