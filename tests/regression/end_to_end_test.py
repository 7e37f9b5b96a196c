"""One run of the smallest case, looked at from outside: figures, checkpoints, series, report, privacy, plugins."""

import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import harness

WITH_FIELDS = [stage for stage in harness.STAGES if stage != "report"]


class EndToEnd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_folder = harness.finished_run()

    def test_figures_are_the_expected_ones(self):
        expected = pathlib.Path(__file__).parent / "minimal" / "expected.json"
        done = harness.cardiotwin("compare", self.run_folder, expected)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_figures_of_the_stages_agree_with_each_other(self):
        q = harness.quantities(self.run_folder)
        # The mechanics starts from the cavity that was meshed; quadratic surfaces bulge between their vertices.
        self.assertAlmostEqual(q["mechanics.end_diastolic_volume"] / q["meshing.cavity_volume"], 1, delta=0.05)
        # The blood leaves as the wall moves: facets of the same surface, other interpolation in time.
        self.assertAlmostEqual(q["hemodynamics.stroke_volume"] / q["mechanics.stroke_volume"], 1, delta=0.05)
        self.assertLess(q["hemodynamics.mass_error_max"], 0.5)

    def test_vtk_reads_every_checkpoint(self):
        files = [str(self.run_folder / f"{stage}.h5") for stage in WITH_FIELDS]
        done = subprocess.run([os.environ["READ_WITH_VTK"], *files], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_series_point_at_what_is_there(self):
        for stage in ("mechanics", "hemodynamics"):
            tree = xml.etree.ElementTree.parse(self.run_folder / f"{stage}.xdmf")
            files = {item.text.split(":")[0] for item in tree.iter("DataItem") if item.text and ".h5:" in item.text}
            self.assertTrue(files)
            for file in files:
                self.assertTrue((self.run_folder / file).exists(), file)

    def test_nobody_else_may_read(self):
        for path in [self.run_folder, *self.run_folder.rglob("*")]:
            self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0, path)

    def test_no_identifier_anywhere(self):
        for path in self.run_folder.rglob("*"):
            if path.is_file():
                self.assertNotIn(b"PHANTOM^SEED", path.read_bytes(), path)

    def test_the_evidence_holds(self):
        done = harness.cardiotwin("audit", "verify", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_finished_run_is_reused_whole(self):
        done = harness.cardiotwin("plan", *harness.run_words(self.run_folder)[1:])
        self.assertEqual(done.stdout.count("reuse"), len(harness.STAGES), done.stdout)

    def test_inspect_shows_figures(self):
        done = harness.cardiotwin("inspect", self.run_folder / "mechanics.h5")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("ejection_fraction", done.stdout)

    def test_a_plugin_runs_among_the_stages(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="cardiotwin-plugin-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        shutil.copytree(self.run_folder, folder / "run")
        case = json.loads("\n".join(line for line in harness.MINIMAL.read_text().splitlines() if not line.lstrip().startswith("//")))
        case["plugins"] = [os.environ["EXAMPLE_PLUGIN"]]
        (folder / "case.json").write_text(json.dumps(case))
        done = harness.cardiotwin(*harness.run_words(folder / "run", case=folder / "case.json"), ranks=2)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        q = harness.quantities(folder / "run")
        # 1.05 g/ml of the volume that meshing states for the same mesh.
        self.assertAlmostEqual(q["wall_mass.mass"], 1.05 * q["meshing.wall_volume"], delta=1e-3 * q["wall_mass.mass"])


if __name__ == "__main__":
    unittest.main()
