"""Runs the program as a user would: case files, ranks, signals, faults. Only the standard library."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("CARDIOTWIN_PROGRAM", SOURCE / "build/release/cardiotwin"))
MINIMAL = SOURCE / "configs/verification/minimal.json"
# The tests walk through the smallest case; CARDIOTWIN_CASE names another one for a longer look.
CASE = pathlib.Path(os.environ.get("CARDIOTWIN_CASE", MINIMAL))
STAGES = ["ingest", "segmentation", "meshing", "electrophysiology", "mechanics", "hemodynamics", "report"]

ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", OMP_NUM_THREADS="1",
                   OPENBLAS_NUM_THREADS="1")


def command(*words, ranks=1):
    start = ["mpirun", "--oversubscribe", "-n", str(ranks)] if ranks > 1 else []
    return [*start, str(PROGRAM), *map(str, words)]


def cardiotwin(*words, ranks=1, timeout=900, **more):
    """The finished process, with stdout and stderr as text."""
    return subprocess.run(command(*words, ranks=ranks), capture_output=True, text=True, env=ENVIRONMENT,
                          timeout=timeout, **more)


def start(*words, ranks=1, log=None):
    """A running process in a group of its own."""
    return subprocess.Popen(command(*words, ranks=ranks), stdout=log or subprocess.DEVNULL, stderr=subprocess.STDOUT,
                            env=ENVIRONMENT, start_new_session=True)


def kill_group(process):
    """kill -9 to mpirun and every rank: what a lost node looks like."""
    # mpirun gives every rank a process group of its own, but they share its session.
    subprocess.run(["pkill", "-9", "-s", str(process.pid)], check=False)
    process.wait()


def run_words(folder, *more, case=None):
    return ["run", case or CASE, "--output", folder, "--set", f"ingest.dicom_folder={phantom()}", *more]


def phantom(seed=2):
    """The folder of a phantom's DICOM files, made once for all tests of this build."""
    home = PROGRAM.parent / "test_data" / f"phantom-{seed}"
    if not (home / "done").exists():
        shutil.rmtree(home, ignore_errors=True)
        cardiotwin("phantom", "--modality", "cine-mr", "--seed", seed, "--output", home).check_returncode()
        (home / "done").touch()
    return home / "dicom"


def finished_run():
    """A complete run of the minimal case, made once for all tests of this build; copy it before touching it."""
    home = PROGRAM.parent / "test_data" / f"finished-{CASE.stem}"
    if any(file.stat().st_mtime < PROGRAM.stat().st_mtime for file in home.glob("*.h5")):
        shutil.rmtree(home)  # another program's: not stale to this one, but what it computed may differ
    done = cardiotwin(*run_words(home), ranks=2)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    return home


def copy_of(folder):
    copy = pathlib.Path(tempfile.mkdtemp(prefix="cardiotwin-")) / "run"
    shutil.copytree(folder, copy)
    return copy


def quantities(folder):
    """Figures of a run, without those that measure time or memory."""
    with open(pathlib.Path(folder) / "summary.json") as file:
        summary = json.load(file)
    return {name: q["value"] for name, q in summary["quantities"].items()
            if q["unit"] not in ("s", "MiB", "1/s") and "_per_" not in name.split(".")[-1]}


def run_case_folder(test, name, stage, ranks=1, **settings):
    """Run folder of configs/verification/NAME.json with these settings of a stage; those with a dot name their own."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"cardiotwin-{name}-"))
    test.addCleanup(shutil.rmtree, folder, ignore_errors=True)
    keys = {key if "." in key else f"{stage}.{key}": value for key, value in settings.items()}
    words = [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]
    case = SOURCE / f"configs/verification/{name}.json"
    done = cardiotwin("run", case, "--output", folder / "run", *words, ranks=ranks, timeout=3600)
    test.assertEqual(done.returncode, 0, done.stdout + done.stderr)
    return folder / "run"


def figures_of(folder, stage):
    """Figures of one stage of a run, without the stage's name."""
    start = f"{stage}."
    return {key.removeprefix(start): value for key, value in quantities(folder).items() if key.startswith(start)}


def run_case(test, name, stage, ranks=1, **settings):
    """Figures of configs/verification/NAME.json with these settings of a stage, without the stage's name."""
    return figures_of(run_case_folder(test, name, stage, ranks, **settings), stage)


def differing(a, b, relative=0.0):
    """Names whose values differ by more than `relative`."""
    bad = sorted(set(a) ^ set(b))
    for name in sorted(set(a) & set(b)):
        if abs(a[name] - b[name]) > relative * max(abs(a[name]), abs(b[name]), 1e-12):
            bad.append(f"{name}: {a[name]!r} against {b[name]!r}")
    return bad


def wait_for(condition, process, seconds=300):
    """Waits until `condition()` or the end of the process or of patience."""
    deadline = time.time() + seconds
    while time.time() < deadline and process.poll() is None:
        if condition():
            return True
        time.sleep(0.05)
    return False
