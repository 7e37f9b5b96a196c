#pragma once
/// The case file's words for the tissue: cells, layers, regions (scar, border zone, fast layer) and drugs.

#include "cardiotwin/stage/context.hpp"
#include "monodomain.hpp"
#include "wall.hpp"

namespace cardiotwin::electrophysiology {

config::Spec tissue_spec();

/// Takes cells of regions that do not conduct out of the wall. Throws core::Error (configuration) for a region without
/// a cell.
void cut_scar(const config::Section& config, Wall& wall);

/// Conductivities along and across the fibre: the given ones, or with `calibrate` those that give the wanted speeds on
/// elements of this wall's size. Collective; rank 0 works, and keeps what it finds in the run folder.
Conductivity conductivity_of(stage::Context& context, const Wall& wall);

/// Factor of both conductivities in each cell of the wall, from the regions.
std::vector<double> conductivity_factors(const config::Section& config, const Wall& wall);

/// What the case file makes of the wall, which must outlive it. Local. Warns of currents that a drug blocks and the
/// model does not have; logs what is left of each current.
Tissue tissue_of(stage::Context& context, const Wall& wall, const Conductivity& sigma);

/// With `pacing_beats`: every kind of cell starts where pacing leaves it. Collective; rank 0 works, and keeps what it
/// finds in the run folder.
void pace_kinds(stage::Context& context, Tissue& tissue);

}  // namespace cardiotwin::electrophysiology
