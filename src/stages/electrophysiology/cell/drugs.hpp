#pragma once
/// Drugs that block ionic currents: the remaining part of a conductance at free concentration c is
///
///   1 / (1 + (c / IC50)^h)      IC50 half-blocking concentration [uM], h Hill coefficient
///
/// The table holds the twelve training compounds of the CiPA initiative: best fits published with Li et al. 2017 (doi
/// 10.1161/CIRCEP.116.004628) in github.com/FDA/CiPA (Hill_fitting/results), to the patch clamp data of Crumb et al.
/// 2016 (doi 10.1016/j.vascn.2016.03.009) and, for I_Kr, of the FDA at body temperature; maximal free therapeutic
/// plasma concentrations from AP_simulation/data there. Currents that the fits leave out are not blocked. Half-blocking
/// concentrations far above 1000 uM are extrapolations of weak block. The block is the same at every potential and
/// instant; binding kinetics of I_Kr, which Li et al. add, are not modelled.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ionic_model.hpp"

namespace cardiotwin::electrophysiology {

struct Block {
  std::string current;  ///< "I_Kr"
  double ic50_uM, hill;
};

struct Drug {
  std::string name;
  double free_cmax_uM;  ///< maximal free therapeutic plasma concentration
  std::vector<Block> blocks;
};

std::span<const Drug> drugs();
/// Throws core::Error (configuration) that lists the known ones.
const Drug& drug(std::string_view name);

/// What is left of a conductance, 0 to 1.
double remaining(const Block& b, double concentration_uM);

/// Multiplies the scaling of a model's currents (one factor each) by what the blocks leave of them. Throws core::Error
/// (configuration) for a current that the model does not have.
void scale(const IonicModel& model, std::span<const Block> blocks, double concentration_uM, std::span<double> scaling);
/// The same for a drug of the table. The model must have the current that the drug blocks most at its therapeutic
/// concentration; the others that it does not have are returned, so that the reader can be told.
std::vector<std::string> scale(const IonicModel& model, const Drug& drug, double concentration_uM,
                               std::span<double> scaling);

}  // namespace cardiotwin::electrophysiology
