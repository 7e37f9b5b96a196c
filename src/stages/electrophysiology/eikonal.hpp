#pragma once
/// First arrival of the wave by the anisotropic eikonal equation on P1 tetrahedra:
///
///   grad T . V grad T = 1,   V = v_t^2 I + (v_l^2 - v_t^2) f f^T,   T given at the sources
///
/// T arrival [ms], v_l and v_t speed along and across the fibre f [m/s = mm/ms].
///
/// Discretised as in Bornemann and Rasch 2006 (doi 10.1007/s00791-006-0016-y): T at a point is the least of T(x) +
/// (time from x to the point within the cell) over all x of the opposite faces of its cells. On one cell this is the
/// equation itself, with K_ij = grad N_i . V grad N_j [1/ms^2],
///
///   sum_ij K_ij T_i T_j = 1,   solved for the latest point,   with sum_j K_ij T_j <= 0 at each point i of the face:
///
/// the wave comes from within the face. If it does not, it comes from an edge or a corner of it: K of a part of a cell
/// is what is left of K when the other points are eliminated.
///
/// This holds for cells of any shape and any anisotropy, but then a point may be reached later than one that it passes
/// the wave on to. So points are taken in the order of time, as in fast marching, and again whenever they improve.
///
/// First order in the edge length h, plane waves exact; around a source that is a single point the error falls as
/// h log(1/h) only. Times come out too late rather than too early.

#include <cstdint>
#include <span>
#include <vector>

#include "cardiotwin/mesh/tet_mesh.hpp"
#include "stimulus.hpp"

namespace cardiotwin::electrophysiology {

/// Of the wave [m/s]. Cells where either is not above zero, scar, are not crossed.
struct Speed {
  double along = 0.6, across = 0.22;
};

/// A point that is active from a time on.
struct Source {
  std::int32_t point = 0;
  double time_ms = 0;
};
/// What the first pulses of the stimuli make active, each `latency_ms` (one a stimulus; none: zero) after
/// it begins.
std::vector<Source> sources_of(std::span<const Stimulus> stimuli, std::span<const double> latency_ms = {});

/// `fibres` one a point, as in Tissue; `speed` one a cell. Times [ms] one a point, -1 where the wave never comes.
/// Deterministic; local.
std::vector<double> first_arrival(const mesh::TetMesh& mesh, std::span<const Vec3> fibres, std::span<const Speed> speed,
                                  std::span<const Source> sources);

}  // namespace cardiotwin::electrophysiology
