#pragma once
/// Land's model of 2017 at the quadrature points of the wall, beat after beat.

#include "land.hpp"
#include "tension_model.hpp"

namespace cardiotwin::mechanics {

class LandModel : public TensionModel {
 public:
  LandModel(const LandParameters& parameters, const CalciumTransient& calcium, double cycle, TensionSites sites)
      : parameters_(parameters),
        curve_(calcium, cycle),
        sites_(std::move(sites)),
        now_(limit_cycle(parameters_, curve_, sites_.activation, beats_before)) {}

  void propose(double time, double step, TensionField& field) override {
    std::vector<double> calcium(sites_.activation.size());
    curve_.at(beats_before * curve_.cycle() + time, sites_.activation, calcium);
    mechanics::propose(parameters_, now_, step, calcium, proposal_, field.amplitude, field.slope);
    for (std::size_t k = 0; k < calcium.size(); ++k)
      field.amplitude[k] *= sites_.factor[k], field.slope[k] *= sites_.factor[k];
  }
  void accept(std::span<const double> stretch) override { mechanics::accept(parameters_, stretch, proposal_, now_); }
  bool has_states() const override { return true; }
  /// The wall at the start of the first beat is not at the stretch of the isometric beats before.
  void start(std::span<const double> stretch) override { now_.stretch.assign(stretch.begin(), stretch.end()); }
  std::vector<double> save() const override { return flat(now_); }
  void load(std::span<const double> values) override { now_ = land_states(values); }

 private:
  static constexpr int beats_before = 5;
  LandParameters parameters_;
  CalciumCurve curve_;
  TensionSites sites_;
  LandStates now_;
  LandProposal proposal_;
};

}  // namespace cardiotwin::mechanics
