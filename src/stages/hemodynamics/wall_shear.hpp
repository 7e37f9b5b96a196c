#pragma once
/// Wall shear stress from the reaction of the no-slip condition: the residual of the momentum equation at a wall node
/// is the force of the fluid there, and divided by the node's share of the wall it is the traction (lumped L2
/// projection). Its tangential part is the wall shear stress. Source: Gresho, Sani, Incompressible Flow and the Finite
/// Element Method, vol. 2, section 3.13 (consistent boundary fluxes).

#include "scheme.hpp"
#include "surface_set.hpp"

namespace cardiotwin::hemodynamics {

/// Collective; after a step. `wall`: where it is wanted; `no_slip`: local triangles of all no-slip surfaces, whose
/// reaction the nodal force is. Owned nodes, zero off the wall [kPa].
Vectors wall_shear_stress(Scheme& solver, const SurfaceSet& wall, std::span<const std::int32_t> no_slip);

/// Force of the blood on a no-slip surface, pressure and friction, by the same residual: this rank's part [mN].
/// Collective; after a step.
Vec3 force_on(Scheme& scheme, const SurfaceSet& surface);

/// Share of each node in the area of the triangles [mm^2]; owned nodes. Collective.
Scalars nodal_area(Halo& halo, std::span<const Vec3> positions, std::span<const std::int32_t> triangles);

}  // namespace cardiotwin::hemodynamics
