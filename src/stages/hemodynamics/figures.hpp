#pragma once
/// Where blood rests and where the wall feels too little of it: figures of the recorded cycle.
///   TAWSS = mean |tau|,  OSI = (1 - |mean tau| / TAWSS) / 2,  RRT = 1 / ((1 - 2 OSI) TAWSS),  ECAP = OSI / TAWSS
/// tau wall shear stress [Pa]. Sources: He, Ku, J. Biomech. Eng. 118 (1996) 74-82 (OSI); Himburg et al., Am. J.
/// Physiol. Heart 286 (2004) H1916-H1922 (RRT); Di Achille et al., Proc. R. Soc. A 470 (2014) 20140163 (ECAP).

#include "flow_problem.hpp"

namespace cardiotwin::hemodynamics {

/// Beyond these a place counts. Low shear: Malek, Alper, Izumo, JAMA 282 (1999) 2035-2042; ECAP: Di Achille et al.; the
/// speed and RRT are conventions.
struct RiskThresholds {
  double stasis_speed = 0.05;  ///< mean speed below [m/s]
  double low_tawss = 0.4;      ///< [Pa]
  double high_rrt = 10;        ///< [1/Pa]
  double high_ecap = 1.4;      ///< [1/Pa]
};

/// Of a node of the wall.
struct WallLoad {
  double tawss = 0, osi = 0;
  double rrt() const;   ///< bounded by 1e6, where nothing moves
  double ecap() const;  ///< likewise
};
WallLoad wall_load(const TimeSums& sums, std::size_t n);

struct WallFigures {
  double area = 0;                                    ///< [mm^2]
  double tawss = 0, osi = 0;                          ///< means by area
  double low_tawss = 0, high_rrt = 0, high_ecap = 0;  ///< parts of the area [1]
};
/// Collective.
WallFigures wall_figures(FlowProblem& problem, const RiskThresholds& limits);

/// Of the nodes that `part` names (all where it is empty).
struct BloodFigures {
  double volume = 0, stasis = 0;    ///< mean volume, and of its nodes with a slow mean speed [mm^3]
  double residence = 0, first = 0;  ///< mean residence time [ms] and share of the first blood left [1], at the end
};
/// Collective.
BloodFigures blood_figures(FlowProblem& problem, const RiskThresholds& limits, std::span<const std::uint8_t> part = {});

/// Thirds of a ventricle from apex to base, by node: 0 apical, 1 mid, 2 basal. Collective; reference positions.
struct Thirds {
  std::vector<std::uint8_t> of;
  Vec3 apex{}, base{};  ///< the point of the mesh farthest from the lid, and that nearest to the lid's middle
};
Thirds thirds_of(FlowProblem& problem, const mesh::TetMesh& mesh, const std::vector<mesh::Triangle>& lid);

}  // namespace cardiotwin::hemodynamics
