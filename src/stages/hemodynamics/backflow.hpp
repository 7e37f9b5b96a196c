#pragma once
/// Backflow stabilisation of openings: the term beta rho (c.n)_- (u - U) v, lumped at the corners (Bazilevs et al.,
/// CMAME 198 (2009), there U = 0). U is the mean velocity of a flow that enters as a whole: such a flow is meant, so
/// damping begins at twice its speed only (the peak of a developed profile), and is towards it.

#include <span>

#include "flow_mesh.hpp"
#include "fluid.hpp"

namespace cardiotwin::hemodynamics {

struct Backflow {
  Scalars drag;   ///< added to the diagonal of u [mg/ms]; owned nodes
  Vectors force;  ///< added to the right [mN]; owned nodes
};
/// Collective. `convecting` is c, `velocity` the same seen from outside the mesh, of the iterate; `factor` is beta rho.
Backflow backflow(FlowMesh& mesh, std::span<const Opening> openings, const Vectors& convecting, const Vectors& velocity,
                  double factor);

}  // namespace cardiotwin::hemodynamics
