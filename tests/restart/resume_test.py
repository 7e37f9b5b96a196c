"""Kills, stop requests and partial reruns: the same command again ends with the same figures."""

import argparse
import json
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import harness

STOPPED = 75
SOLVERS = ["electrophysiology", "mechanics", "hemodynamics"]
# A resumed run repeats the same arithmetic on the same ranks.
SAME_RANKS = 0.0
# Other ranks sum in another order; solvers stop at relative residuals of 1e-6 or less.
OTHER_RANKS = 1e-3
options = argparse.Namespace(kills=3, within=None)


class Resume(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cardiotwin-resume-")) / "run"
        self.addCleanup(shutil.rmtree, self.folder.parent, ignore_errors=True)

    def assert_same(self, relative):
        def figures(folder):
            q = harness.quantities(folder)
            # How often a solver iterates is not a result: near its tolerance one more or less is rounding.
            return q if relative == SAME_RANKS else {name: v for name, v in q.items() if "iterations" not in name}

        bad = harness.differing(figures(self.reference), figures(self.folder), relative)
        self.assertFalse(bad, bad)

    @classmethod
    def setUpClass(cls):
        cls.reference = harness.finished_run()

    def test_killed_at_random_moments(self):
        """kill -9 at moments drawn over a whole run, each in a folder of its own: the same command finishes it."""
        with open(self.reference / "summary.json") as file:
            whole_s = options.within or sum(stage["wall_s"] for stage in json.load(file)["stages"].values())
        draw = random.Random(1)
        for n in range(options.kills):
            with self.subTest(kill=n):
                shutil.rmtree(self.folder, ignore_errors=True)
                words = harness.run_words(self.folder, "--set", "checkpoint_interval_s=2")
                process = harness.start(*words, ranks=2)
                # One moment in each of `kills` equal parts of the run, so that few kills already meet several stages.
                moment = (n + draw.random()) / options.kills * whole_s
                time.sleep(moment)
                was_running = process.poll() is None
                harness.kill_group(process)
                left = sorted(path.name for path in self.folder.glob("*.state.*"))
                done = harness.cardiotwin(*words, ranks=2)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assert_same(SAME_RANKS)
                self.assertEqual(harness.cardiotwin("audit", "verify", self.folder).returncode, 0)
                print(f"killed after {moment:.1f} of {whole_s:.1f} s{'' if was_running else ' (had ended)'}, "
                      f"states left {left or 'none'}: finished with the same figures", flush=True)

    def stop(self, stage, ask):
        """Runs from a copy of the finished run without `stage`, asks for a stop in the middle of it, and goes on."""
        shutil.copytree(self.reference, self.folder)
        words = harness.run_words(self.folder, "--only", stage, "--force", "--set", "checkpoint_interval_s=0")
        process = harness.start(*words, ranks=2)
        in_the_middle = harness.wait_for(lambda: (self.folder / f"{stage}.state.1").exists(), process)
        self.assertTrue(in_the_middle, f"{stage} ended before it could be stopped")
        ask(process)
        self.assertEqual(process.wait(timeout=120), STOPPED)
        self.assertFalse(list(self.folder.glob("*.partial")))
        (self.folder / "STOP").unlink(missing_ok=True)
        done = harness.cardiotwin(*words, ranks=2)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("resumed at", done.stdout)
        self.assert_same(SAME_RANKS)

    def test_usr1_in_electrophysiology(self):
        self.stop("electrophysiology", lambda process: process.send_signal(signal.SIGUSR1))

    def test_usr1_in_mechanics(self):
        self.stop("mechanics", lambda process: process.send_signal(signal.SIGUSR1))

    def test_usr1_in_hemodynamics(self):
        self.stop("hemodynamics", lambda process: process.send_signal(signal.SIGUSR1))

    def test_stop_file(self):
        self.stop("mechanics", lambda _: (self.folder / "STOP").touch())

    def test_a_changed_parameter_reruns_what_follows_from_it(self):
        shutil.copytree(self.reference, self.folder)
        change = ["--set", "electrophysiology.time_step_ms=0.1"]
        done = harness.cardiotwin(*harness.run_words(self.folder, "--only", "electrophysiology", *change), ranks=2)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        plan = harness.cardiotwin("plan", *harness.run_words(self.folder, *change)[1:]).stdout
        for stage in ("ingest", "segmentation", "meshing", "electrophysiology"):
            self.assertRegex(plan, rf"reuse +{stage}")
        for stage in ("mechanics", "hemodynamics", "report"):
            self.assertRegex(plan, rf"run +{stage}")
        self.assertIn("the checkpoint of electrophysiology is another one", plan)
        self.assertEqual(harness.cardiotwin(*harness.run_words(self.folder, *change), ranks=2).returncode, 0)
        plan = harness.cardiotwin("plan", *harness.run_words(self.folder, *change)[1:]).stdout
        self.assertNotIn("run  ", plan)

    def test_the_number_of_ranks_does_not_matter(self):
        for ranks in (1, 3):
            with self.subTest(ranks=ranks):
                shutil.rmtree(self.folder, ignore_errors=True)
                shutil.copytree(self.reference, self.folder)
                words = harness.run_words(self.folder, "--from", "electrophysiology", "--to", "hemodynamics")
                done = harness.cardiotwin(*words, ranks=ranks)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assert_same(OTHER_RANKS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--kills", type=int, default=options.kills)
    parser.add_argument("--within", type=float, help="seconds over which kills are drawn; else as long as the reference took")
    known, rest = parser.parse_known_args(namespace=options)
    unittest.main(argv=[sys.argv[0], *rest])
