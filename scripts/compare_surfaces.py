#!/usr/bin/python3
"""Distances between a run's end-diastolic left ventricle and surfaces that somebody else fitted to the same heart.

  scripts/compare_surfaces.py RUN --endocardium LV.vtk [--epicardium EPI.vtk [--right-endocardium RV.vtk]] [--json]

RUN is a run folder (its segmentation.h5). Surfaces are VTK legacy or VTP triangles in patient coordinates (LPS, mm), open
at the valves. Ours are marching-cubes surfaces of the anatomy on the apex's side of its basal plane, lid left out. An
epicardium that encloses both ventricles needs the right endocardium too: the outside of our wall is then compared with the
epicardium and the septal side of the right endocardium together, and of theirs counts what lies nearer to the left
cavity than to the right one, and within 15 mm of it. Every point counts by its share of area. Told are mean and 95 %
distance each way, the mean of both ways, and the cavities' volumes [ml], theirs closed by flat triangles over its openings.
"""
import argparse
import json
import pathlib

import h5py
import numpy as np
import vtk
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

LV_CAVITY, LV_WALL = 1, 2


def read_surface(path):
    reader = vtk.vtkXMLPolyDataReader() if path.suffix == ".vtp" else vtk.vtkPolyDataReader()
    reader.SetFileName(str(path))
    triangles = vtk.vtkTriangleFilter()
    triangles.SetInputConnection(reader.GetOutputPort())
    triangles.Update()
    if not triangles.GetOutput().GetNumberOfCells():
        raise SystemExit(f"{path}: expected a surface of triangles")
    return triangles.GetOutput()


def read_anatomy(run):
    with h5py.File(run / "segmentation.h5") as file:
        state = file["state/anatomy"]
        geometry = {key: state["geometry"][key][:] for key in ("axes", "origin_mm", "spacing_mm")}
        return file["VTKHDF/PointData/label"][:], geometry, state["base"][:]


def points_of(surface):
    return vtk_to_numpy(surface.GetPoints().GetData()).astype(float)


def surface_of(mask, geometry):
    """Marching cubes on the mask, smoothed by less than a voxel, in patient coordinates."""
    grid = vtk.vtkImageData()
    grid.SetDimensions(*(mask.shape[::-1]))
    values = numpy_to_vtk(mask.ravel().astype(np.float32), deep=1)
    grid.GetPointData().SetScalars(values)
    contour = vtk.vtkMarchingCubes()
    contour.SetInputData(grid)
    contour.SetValue(0, 0.5)
    smooth = vtk.vtkWindowedSincPolyDataFilter()
    smooth.SetInputConnection(contour.GetOutputPort())
    smooth.SetNumberOfIterations(20)
    smooth.SetPassBand(0.1)
    smooth.Update()
    surface = smooth.GetOutput()
    points = geometry["origin_mm"] + (points_of(surface) * geometry["spacing_mm"]) @ geometry["axes"]
    surface.GetPoints().SetData(numpy_to_vtk(points, deep=1))
    return surface


def clip(surface, origin, normal):
    """The part on the far side of the normal."""
    plane = vtk.vtkPlane()
    plane.SetOrigin(*origin)
    plane.SetNormal(*(-np.asarray(normal)))
    clipper = vtk.vtkClipPolyData()
    clipper.SetClipFunction(plane)
    clipper.SetInputData(surface)
    triangles = vtk.vtkTriangleFilter()
    triangles.SetInputConnection(clipper.GetOutputPort())
    triangles.Update()
    return triangles.GetOutput()


def largest_part(surface):
    connect = vtk.vtkPolyDataConnectivityFilter()
    connect.SetInputData(surface)
    connect.SetExtractionModeToLargestRegion()
    clean = vtk.vtkCleanPolyData()
    clean.SetInputConnection(connect.GetOutputPort())
    clean.Update()
    return clean.GetOutput()


def samples(surface):
    """Middles of the triangles, cut small, and their areas."""
    cut = vtk.vtkLinearSubdivisionFilter()
    cut.SetInputData(surface)
    cut.SetNumberOfSubdivisions(1)
    cut.Update()
    p = points_of(cut.GetOutput())
    t = vtk_to_numpy(cut.GetOutput().GetPolys().GetConnectivityArray()).reshape(-1, 3)
    a, b, c = p[t[:, 0]], p[t[:, 1]], p[t[:, 2]]
    return (a + b + c) / 3, 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1)


def distances(points, surface):
    locator = vtk.vtkCellLocator()
    locator.SetDataSet(surface)
    locator.BuildLocator()
    nearest, cell, sub, squared = [0.0] * 3, vtk.reference(0), vtk.reference(0), vtk.reference(0.0)
    found = np.empty(len(points))
    for i, point in enumerate(points):
        locator.FindClosestPoint(point, nearest, cell, sub, squared)
        found[i] = squared.get() ** 0.5
    return found


def weighted(values, weights):
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / weights.sum()
    return {"mean": float(values @ weights / weights.sum()), "p95": float(values[order][np.searchsorted(share, 0.95)])}


def joined(*surfaces):
    append = vtk.vtkAppendPolyData()
    for surface in surfaces:
        append.AddInputData(surface)
    append.Update()
    return append.GetOutput()


def closed_volume_ml(surface):
    """Volume inside a surface whose openings are closed by flat triangles."""
    clean = vtk.vtkCleanPolyData()
    clean.SetInputData(surface)
    fill = vtk.vtkFillHolesFilter()
    fill.SetInputConnection(clean.GetOutputPort())
    fill.SetHoleSize(1e6)
    normals = vtk.vtkPolyDataNormals()
    normals.SetInputConnection(fill.GetOutputPort())
    normals.ConsistencyOn()
    normals.SplittingOff()
    mass = vtk.vtkMassProperties()
    mass.SetInputConnection(normals.GetOutputPort())
    mass.Update()
    return mass.GetVolume() / 1000


def compare(ours, theirs, theirs_counted=None, ours_against=None):
    """Both ways; `theirs_counted` limits the points of theirs that count, `ours_against` what ours is compared with."""
    points, areas = samples(ours)
    forth = weighted(distances(points, ours_against or theirs), areas)
    points, areas = samples(theirs)
    if theirs_counted is not None:
        keep = theirs_counted(points)
        points, areas = points[keep], areas[keep]
    back = weighted(distances(points, ours), areas)
    return {"ours_to_theirs": forth, "theirs_to_ours": back, "mean": (forth["mean"] + back["mean"]) / 2}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("--endocardium", type=pathlib.Path, required=True)
    parser.add_argument("--epicardium", type=pathlib.Path)
    parser.add_argument("--right-endocardium", type=pathlib.Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    labels, geometry, (base_point, base_normal) = read_anatomy(options.run)
    endocardium = read_surface(options.endocardium)
    cavity = clip(largest_part(surface_of(labels == LV_CAVITY, geometry)), base_point, base_normal)
    result = {"endocardium": compare(cavity, endocardium)}
    if options.epicardium:
        epicardium = read_surface(options.epicardium)
        outside = clip(largest_part(surface_of((labels == LV_CAVITY) | (labels == LV_WALL), geometry)), base_point, base_normal)
        if options.right_endocardium:
            right = read_surface(options.right_endocardium)

            def on_the_left(points):
                left = distances(points, endocardium)
                return (left < distances(points, right)) & (left < 15)
            result["epicardium"] = compare(outside, epicardium, on_the_left, joined(epicardium, right))
        else:
            result["epicardium"] = compare(outside, epicardium)
    voxel = float(np.prod(geometry["spacing_mm"])) / 1000
    k, j, i = np.nonzero(labels == LV_CAVITY)
    at = geometry["origin_mm"] + (np.stack([i, j, k], axis=1) * geometry["spacing_mm"]) @ geometry["axes"]
    ours, theirs = float(((at - base_point) @ base_normal < 0).sum()) * voxel, closed_volume_ml(endocardium)
    result["cavity_ml"] = {"ours": ours, "theirs": theirs, "difference_percent": 100 * (ours / theirs - 1)}
    if options.json:
        print(json.dumps(result, indent=1))
        return
    for name in [n for n in ("endocardium", "epicardium") if n in result]:
        r = result[name]
        print(f"{name}: mean {r['mean']:.2f} mm; ours to theirs {r['ours_to_theirs']['mean']:.2f} (95 % {r['ours_to_theirs']['p95']:.2f}), "
              f"theirs to ours {r['theirs_to_ours']['mean']:.2f} (95 % {r['theirs_to_ours']['p95']:.2f})")
    print(f"cavity: {ours:.1f} ml, theirs {theirs:.1f} ml ({result['cavity_ml']['difference_percent']:+.1f} %)")


if __name__ == "__main__":
    main()
