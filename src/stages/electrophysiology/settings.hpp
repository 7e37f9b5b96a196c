#pragma once
/// The case file's words for electrophysiology, and what they mean on a wall mesh.

#include "cardiotwin/config/config.hpp"
#include "monodomain.hpp"
#include "wall.hpp"

namespace cardiotwin::electrophysiology {

config::Spec parameter_spec();

Options options_of(const config::Section& config);
/// Throws core::Error (configuration) for a stimulus that finds no tissue.
std::vector<Stimulus> stimuli_of(const config::Section& config, const Wall& wall);

}  // namespace cardiotwin::electrophysiology
