"""The contoured real studies as training samples. Their traps are told in each folder's SOURCE.txt."""
import collections
import csv
import pathlib
import re

import numpy as np
import pydicom
import scipy.ndimage as ndi

from .samples import ANYTHING, BACKGROUND, CAVITY, RIGHT, WALL, Sample, disk, polygon_mask, resample

TEST_PATIENTS = {"SCD0000301"}  # never trained on


def read_slice(path):
    """Pixels after rescale, and the DICOM header."""
    header = pydicom.dcmread(path)
    slope, intercept = float(getattr(header, "RescaleSlope", 1)), float(getattr(header, "RescaleIntercept", 0))
    return header.pixel_array.astype(np.float32) * slope + intercept, header


def read_contour(path):
    """Points (x, y) in pixels, 0-based; the files count from 1."""
    return np.loadtxt(path, ndmin=2)[:, :2] - 1


def contour_sets(shape, spacing, inner, outer):
    """Label sets of a slice with a cavity contour, and a wall contour where there is one (end diastole)."""
    cavity = polygon_mask(inner, shape)
    distance = ndi.distance_transform_edt(~cavity, sampling=spacing)
    sets = np.full(shape, BACKGROUND | RIGHT, np.uint8)
    if outer is not None:
        sets[polygon_mask(outer, shape)] = WALL
    else:
        sets[distance < 30] |= WALL     # somewhere within 3 cm ends the wall
        sets[(distance > 1) & (distance < 4)] = WALL  # and it is nowhere thinner than 4 mm at end systole
    sets[cavity] = CAVITY
    return sets


def sunnybrook(folder, patients=("SCD0000101", "SCD0000201"), weight=2.0):
    """Manual contours: cavity and wall at end diastole, cavity at end systole; the right ventricle is not contoured."""
    folder = pathlib.Path(folder)
    with open(folder / "link.csv") as file:
        link = {row["patient_id"]: row["original_id"] for row in csv.DictReader(file)}
    samples = []
    for patient in patients:
        if patient in TEST_PATIENTS:
            raise ValueError(f"{patient} is kept for testing")
        contours = folder / "contourfiles" / link[patient]
        for path in sorted((folder / "ed_es_only" / patient).glob("*.dcm"), key=lambda p: int(p.stem)):
            number = int(path.stem)
            image, header = read_slice(path)
            spacing = [float(s) for s in header.PixelSpacing]
            inner = contours / "i-contours" / f"IM-0001-{number:04d}-icontour-manual.txt"
            outer = contours / "o-contours" / f"IM-0001-{number:04d}-ocontour-manual.txt"
            sets = contour_sets(image.shape, spacing, read_contour(inner), read_contour(outer) if outer.exists() else None)
            samples.append(Sample(resample(image, spacing), resample(sets, spacing, order=0),
                                  f"sunnybrook {patient} slice {(number - 1) // 20} phase {(number - 1) % 20}", weight))
    return samples


def pig(folder, first_slice=6, last_slice=15, weight=0.3):
    """Automatic contours of moderate quality; only the slices where they follow the wall are used."""
    folder = pathlib.Path(folder)
    by_slice = collections.defaultdict(list)
    for path in sorted((folder / "E774S5-shortAxis").glob("*.dcm")):
        by_slice[(int(path.stem[1:]) - 1) // 20].append(path)
    samples = []
    for k, paths in sorted(by_slice.items()):
        for path in paths if first_slice <= k <= last_slice else []:
            number = int(path.stem[1:])
            inner = folder / "lvContours" / f"IM-0001-{number:04d}-icontour-auto.txt"
            outer = folder / "lvContours" / f"IM-0001-{number:04d}-ocontour-auto.txt"
            if not (inner.exists() and outer.exists()):
                continue
            image, header = read_slice(path)
            spacing = [float(s) for s in header.PixelSpacing]
            sets = contour_sets(image.shape, spacing, read_contour(inner), read_contour(outer))
            samples.append(Sample(resample(image, spacing), resample(sets, spacing, order=0), f"pig slice {k} file {number}", weight))
    return samples


# --- biv-me: surfaces of the same patient, cut by the image planes ------------------------------------------------------

BIVME_SERIES = {1: "Se1", 2: "Se2", 3: "Se3", 4: "Se4", 5: "Se5"}  # slice 0 (Se11) is unusable
BIVME_PHASES = range(0, 25, 3)


def bivme(folder, weight=1.0):
    """Fitted LV, RV and epicardial surfaces. They miss the images by 1 to 4 mm, so each cut is first shifted onto its image."""
    folder = pathlib.Path(folder)
    samples = []
    for k, series in BIVME_SERIES.items():
        slices = sorted(((read_slice(p)) for p in (folder / "dicoms" / series).iterdir()), key=lambda s: int(s[1].InstanceNumber))
        for (image, header), phase in zip(slices, BIVME_PHASES):
            surfaces = {name: cut(folder / "models_vtk" / f"patient1_{name}_{phase:03d}.vtk", header)
                        for name in ("LV_ENDOCARDIAL", "RV_ENDOCARDIAL", "EPICARDIAL")}
            sets = register(image, surfaces, [float(s) for s in header.PixelSpacing], right_known=k > 1)
            if sets is not None:
                spacing = [float(s) for s in header.PixelSpacing]
                samples.append(Sample(resample(image, spacing), resample(sets, spacing, order=0), f"biv-me slice {k} phase {phase}", weight))
    return samples


def cut(path, header):
    """Closed polygons (x, y) in pixels where the surface meets the image plane; an open one is closed by a straight line."""
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy
    reader = vtk.vtkPolyDataReader()
    reader.SetFileName(str(path))
    row, column = (np.array(header.ImageOrientationPatient[s], dtype=float) for s in (slice(0, 3), slice(3, 6)))
    origin = np.array(header.ImagePositionPatient, dtype=float)
    plane = vtk.vtkPlane()
    plane.SetOrigin(origin)
    plane.SetNormal(np.cross(row, column))
    cutter = vtk.vtkCutter()
    cutter.SetCutFunction(plane)
    cutter.SetInputConnection(reader.GetOutputPort())
    stripper = vtk.vtkStripper()
    stripper.SetInputConnection(cutter.GetOutputPort())
    stripper.SetMaximumLength(100000)
    stripper.JoinContiguousSegmentsOn()
    stripper.Update()
    lines = stripper.GetOutput()
    if not lines.GetNumberOfPoints():
        return []
    points = vtk_to_numpy(lines.GetPoints().GetData()) - origin
    pixels = np.stack([points @ row / float(header.PixelSpacing[1]), points @ column / float(header.PixelSpacing[0])], axis=1)
    polygons = []
    for c in range(lines.GetNumberOfCells()):
        ids = lines.GetCell(c).GetPointIds()
        polygon = pixels[[ids.GetId(i) for i in range(ids.GetNumberOfIds())]]
        if len(polygon) > 10:
            polygons.append(polygon)
    return polygons


def fill(polygons, shape, shift=(0, 0)):
    mask = np.zeros(shape, bool)
    for polygon in polygons:
        mask |= polygon_mask(polygon + np.asarray(shift), shape)
    return mask


def register(image, surfaces, spacing, right_known, reach_mm=6):
    """Label sets after the shift that separates blood from muscle best; None where the surfaces give no ventricle here."""
    shape = image.shape
    left, right, whole = (fill(surfaces[n], shape) for n in ("LV_ENDOCARDIAL", "RV_ENDOCARDIAL", "EPICARDIAL"))
    if left.sum() * spacing[0] * spacing[1] < 60:
        return None
    muscle = whole & ~left & ~right
    muscle &= ndi.distance_transform_edt(~left, sampling=spacing) < 12
    blood = left | right if right_known else left
    smooth = ndi.gaussian_filter(image, 0.7)

    def contrast(dx, dy):
        inside, wall = ndi.shift(blood, (dy, dx), order=0), ndi.shift(muscle, (dy, dx), order=0)
        a, b = smooth[inside], smooth[wall]
        return (a.mean() - b.mean()) / np.sqrt(a.var() + b.var() + 1e-6)

    reach = int(round(reach_mm / spacing[0]))
    shifts = [(dx, dy) for dx in range(-reach, reach + 1) for dy in range(-reach, reach + 1) if np.hypot(dx, dy) <= reach]
    dx, dy = max(shifts, key=lambda s: contrast(*s))
    left, right, whole = (fill(surfaces[n], shape, (dx, dy)) for n in ("LV_ENDOCARDIAL", "RV_ENDOCARDIAL", "EPICARDIAL"))
    return bivme_sets(left, right, whole, spacing, right_known)


def bivme_sets(left, right, whole, spacing, right_known):
    """The epicardium encloses both ventricles: its shell is LV wall where the line to the LV's centre does not cross the RV."""
    shell = whole & ~left & ~right
    distance = ndi.distance_transform_edt(~left, sampling=spacing)
    thickness = np.median(distance[shell & (distance < 15) & (ndi.distance_transform_edt(~right, sampling=spacing) > 10)] if shell.any() else [8])
    centre = np.array(ndi.center_of_mass(left))
    ys, xs = np.nonzero(shell)
    steps = np.linspace(0, 1, 60)[:, None]
    crossed = ndi.map_coordinates(right.astype(np.uint8), [ys + steps * (centre[0] - ys), xs + steps * (centre[1] - xs)], order=0).any(axis=0)
    sets = np.full(left.shape, BACKGROUND, np.uint8)
    sets[ys, xs] = np.where(crossed, BACKGROUND | RIGHT, WALL)
    far = shell & (sets == WALL) & (distance > max(12.0, 2.6 * thickness))  # the corners at the RV insertions
    sets[far] = BACKGROUND | WALL
    rim = ndi.binary_dilation(whole, disk(2)) & ~whole
    sets[rim] = ANYTHING & ~CAVITY
    sets[right] = RIGHT
    if not right_known:  # the surface is open at the valves here
        sets[~(left | (sets == WALL)) & ndi.binary_dilation(whole, disk(20))] = BACKGROUND | RIGHT
        sets[right] = BACKGROUND | RIGHT
    sets[left] = CAVITY
    return sets
